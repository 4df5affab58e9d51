package summary

import "strings"

// tally counts the events that have a value, and knows the first and the last of
// their times: nanoseconds since 1970, untold for events without.
type tally struct {
	count       int64
	first, last int64
}

// untold is the time of an event that tells none.
const untold = -1 << 63

// once is the tally of one event.
func once(at int64) tally { return tally{1, at, at} }

func (t *tally) add(o tally) {
	if t.count == 0 {
		*t = o
		return
	}
	t.count += o.count
	if o.first != untold && (t.first == untold || o.first < t.first) {
		t.first = o.first
	}
	t.last = max(t.last, o.last)
}

// symbol stands for a text.
type symbol int32

// symbols gives each text a number.
type symbols struct {
	byText map[string]symbol
	texts  []string
}

func (s *symbols) find(text string) (symbol, bool) {
	id, ok := s.byText[text]
	return id, ok
}

func (s *symbols) add(text string) symbol {
	id := symbol(len(s.texts))
	text = strings.Clone(text) // the batch that it stands in shall not live on
	s.texts = append(s.texts, text)
	s.byText[text] = id
	return id
}

// table holds the tallies of a column of a row.
type table struct {
	entries []entry
	index   map[symbol]int32 // nil while there are few entries
	rest    tally            // of the values that are not listed
}

type entry struct {
	value symbol
	tally
}

// few entries are looked through; that is faster than an index, and smaller.
const few = 8

func (t *table) find(value symbol) *entry {
	if t.index != nil {
		if i, ok := t.index[value]; ok {
			return &t.entries[i]
		}
		return nil
	}
	for i := range t.entries {
		if t.entries[i].value == value {
			return &t.entries[i]
		}
	}
	return nil
}

func (t *table) insert(value symbol) *entry {
	if t.index == nil && len(t.entries) == few {
		t.index = make(map[symbol]int32, 4*few)
		for i, e := range t.entries {
			t.index[e.value] = int32(i)
		}
	}
	if t.index != nil {
		t.index[value] = int32(len(t.entries))
	}
	t.entries = append(t.entries, entry{value: value})
	return &t.entries[len(t.entries)-1]
}
