package verify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// How hard Shrink tries.
const (
	maxShrinkRounds = 400
	maxShrinkTries  = 300 // candidates of one round
)

// Shrink looks for the smallest event like this one that still fails: members
// and fields are left out, lists opened, texts and numbers cut, until nothing
// more can go. fails judges many candidates at once, so that an engine loads
// them together.
func Shrink(e Event, fails func([]Event) ([]bool, error)) (Event, error) {
	body, err := decodeObject(e.Body)
	if err != nil {
		return e, err
	}
	for range maxShrinkRounds {
		smaller := reductions(body)
		if len(smaller) == 0 {
			return e, nil
		}
		tries := make([]Event, len(smaller))
		for i, o := range smaller {
			tries[i] = Event{ID: fmt.Sprintf("s%04d", i), Time: e.Time, Body: o.encode()}
		}
		failed, err := fails(tries)
		if err != nil {
			return e, err
		}
		best := slices.Index(failed, true) // the smallest stand first
		if best < 0 {
			return e, nil
		}
		body = smaller[best]
		e.Body = tries[best].Body
	}
	return e, nil
}

// reductions gives objects that are smaller by one step, the smallest first.
func reductions(o object) []object {
	var out []object
	try := func(changes map[string]string) {
		smaller := o.clone()
		for path, raw := range changes {
			smaller.put(strings.Split(path, pathSeparator), raw)
		}
		out = append(out, smaller)
	}
	leaves := o.leaves(nil)
	paths := slices.Sorted(maps.Keys(leaves))
	for _, part := range pieces(len(paths)) {
		removed := map[string]string{}
		for _, p := range paths[part[0]:part[1]] {
			removed[p] = ""
		}
		try(removed)
	}
	for _, p := range paths {
		for _, raw := range smallerValues(leaves[p]) {
			try(map[string]string{p: raw})
		}
	}
	size := func(o object) int { return len(o.encode()) }
	slices.SortStableFunc(out, func(a, b object) int { return cmp.Compare(size(a), size(b)) })
	whole := size(o)
	out = slices.DeleteFunc(out, func(s object) bool { return size(s) >= whole })
	return out[:min(len(out), maxShrinkTries)]
}

// pathSeparator stands between the keys of a path; keys may hold dots.
const pathSeparator = "\x00"

// leaves gives the raw values of an object by their paths.
func (o object) leaves(above []string) map[string]string {
	out := map[string]string{}
	for k, v := range o {
		path := append(slices.Clone(above), k)
		switch v := v.(type) {
		case object:
			maps.Copy(out, v.leaves(path))
		case string:
			out[strings.Join(path, pathSeparator)] = v
		}
	}
	return out
}

// put sets a value by its path, or removes it and what it leaves empty.
func (o object) put(path []string, raw string) {
	if len(path) == 1 {
		if raw == "" {
			delete(o, path[0])
		} else {
			o[path[0]] = raw
		}
		return
	}
	inner, ok := o[path[0]].(object)
	if !ok {
		return
	}
	inner.put(path[1:], raw)
	if len(inner) == 0 {
		delete(o, path[0])
	}
}

// pieces cuts n things into runs to leave out: all, halves, quarters, …, single
// ones.
func pieces(n int) [][2]int {
	var out [][2]int
	for size := n; size > 0; size /= 2 {
		for start := 0; start < n; start += size {
			out = append(out, [2]int{start, min(start+size, n)})
		}
	}
	return out
}

// smallerValues gives values that are simpler than a raw one.
func smallerValues(raw string) []string {
	if items := topMembers(raw); items != nil {
		return smallerLists(items)
	}
	if text, ok := isText(raw); ok {
		var out []string
		runes := []rune(text)
		for _, p := range pieces(len(runes)) {
			out = append(out, quoteJSON(string(slices.Delete(slices.Clone(runes), p[0], p[1]))))
		}
		return out
	}
	if isNumber(raw) && len(raw) > 1 {
		return []string{"0", raw[:len(raw)/2+1]}
	}
	return nil
}

func smallerLists(items []string) []string {
	var out []string
	for _, p := range pieces(len(items)) {
		out = append(out, list(slices.Delete(slices.Clone(items), p[0], p[1])...))
	}
	for i, item := range items {
		out = append(out, item)
		for _, smaller := range smallerValues(item) {
			changed := slices.Clone(items)
			changed[i] = smaller
			out = append(out, list(changed...))
		}
	}
	return out
}
