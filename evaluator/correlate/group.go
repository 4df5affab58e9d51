package correlate

import (
	"encoding/binary"
	"math/big"
	"slices"

	"sigmatic/ast"
)

// sample is what an event means to a group.
type sample struct {
	at       int64
	ref      Ref
	parts    []Ref
	history  bool
	inputs   []int // the references that matched, ascending
	measured []measured
}

// measured are the values that an aggregate finds in an event.
type measured struct {
	tuples  []string // distinct
	numbers []*big.Rat
}

// read gives what an aggregate finds in the event.
func (s *sample) read(aggregate int) measured {
	if s.measured == nil {
		return measured{}
	}
	return s.measured[aggregate]
}

// membership is a group that an event belongs to.
type membership struct {
	key    string
	values []string // of the group-by fields; missing where one has none
	sample *sample
}

// missing stands for an absent field in the values of a group.
const missing = "\x00missing"

// maxMemberships bounds in how many groups one event can be. Several fields that hold arrays make a group of each combination.
const maxMemberships = 1000

// memberships gives the groups of an event that matched some inputs, each once. cut counts those beyond the bound.
func (s *step) memberships(ev *Event, inputs []int) (groups []membership, cut int) {
	var last []membership
	for i, in := range inputs {
		if i == 0 || !slices.Equal(s.inputs[in].keys, s.inputs[inputs[i-1]].keys) {
			var over int
			last, over = s.keys(ev, s.inputs[in].keys)
			cut += over
		}
		for _, m := range last {
			at := slices.IndexFunc(groups, func(g membership) bool { return g.key == m.key })
			if at < 0 {
				at = len(groups)
				m.sample = &sample{at: ev.at, ref: ev.Ref, parts: ev.parts, history: ev.History}
				groups = append(groups, m)
			}
			groups[at].sample.inputs = append(groups[at].sample.inputs, in)
		}
	}
	for _, g := range groups {
		s.measure(ev, g.sample)
	}
	return groups, cut
}

// keys gives the combinations of the values of the group-by fields.
func (s *step) keys(ev *Event, fields []int) (out []membership, cut int) {
	if m, ok := onlyKey(ev, fields); ok {
		return []membership{m}, 0
	}
	out = []membership{{}}
	for _, f := range fields {
		values := distinct(ev.Values[f])
		if len(values) == 0 {
			if s.correlation.MissingKey == ast.DropMissing {
				return nil, 0
			}
			values = []string{missing}
		}
		var longer []membership
		for _, m := range out {
			for _, v := range values {
				if len(longer) == maxMemberships {
					cut++
					continue
				}
				longer = append(longer, membership{key: appendKey(m.key, v), values: append(slices.Clip(m.values), v)})
			}
		}
		out = longer
	}
	return out, cut
}

// onlyKey is the one combination of an event whose fields have one value each, as those of nearly all events.
func onlyKey(ev *Event, fields []int) (m membership, ok bool) {
	for _, f := range fields {
		if len(ev.Values[f]) != 1 {
			return m, false
		}
	}
	m.values = make([]string, len(fields))
	var b []byte
	for i, f := range fields {
		v := ev.Values[f][0]
		m.values[i] = v
		b = append(binary.AppendUvarint(b, uint64(len(v))), v...)
	}
	m.key = string(b)
	return m, true
}

// appendKey keeps texts apart whatever they hold.
func appendKey(key, text string) string {
	b := binary.AppendUvarint([]byte(key), uint64(len(text)))
	return string(append(b, text...))
}

func distinct(texts []string) []string {
	if len(texts) < 2 {
		return texts
	}
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return slices.Compact(texts)
}

// measure finds the values that the aggregates are about. Inputs that read the same fields find them once.
func (s *step) measure(ev *Event, to *sample) {
	if !slices.ContainsFunc(s.measures, func(m aggregate) bool { return len(m.Fields) > 0 }) {
		return
	}
	to.measured = make([]measured, len(s.measures))
	for a, m := range s.measures {
		out := &to.measured[a]
		for i, in := range to.inputs {
			fields := s.inputs[in].measured[a]
			if slices.ContainsFunc(to.inputs[:i], func(known int) bool { return slices.Equal(s.inputs[known].measured[a], fields) }) {
				continue
			}
			if m.Type == ast.ValueCount {
				out.tuples = append(out.tuples, tuples(ev, fields)...)
				continue
			}
			for _, f := range fields {
				for _, text := range ev.Values[f] {
					if n, ok := rational(text); ok {
						out.numbers = append(out.numbers, n)
					}
				}
			}
		}
		out.tuples = distinct(out.tuples)
	}
}

// tuples are the combinations of the values of fields that are counted together; none where one of them is missing.
func tuples(ev *Event, fields []int) []string {
	out := []string{""}
	for _, f := range fields {
		var longer []string
		for _, t := range out {
			for _, v := range ev.Values[f] {
				if len(longer) < maxMemberships {
					longer = append(longer, appendKey(t, v))
				}
			}
		}
		out = longer
	}
	return out
}

// terms gives a group's fields with their values.
func (s *step) terms(values []string) []Term {
	out := make([]Term, len(values))
	for i, v := range values {
		if out[i] = (Term{Field: s.group[i], Value: v}); v == missing {
			out[i] = Term{Field: s.group[i], Missing: true}
		}
	}
	return out
}

// references gives the events that samples name, each once, the first MaxRefs of them.
func (s *step) references(to []Ref, samples []*sample) []Ref {
	for _, from := range samples {
		if from.history {
			continue
		}
		refs := from.parts
		if refs == nil {
			refs = []Ref{from.ref}
		}
		for _, r := range refs {
			if len(to) == MaxRefs {
				return to
			}
			if !s.chained || !slices.Contains(to, r) {
				to = append(to, r)
			}
		}
	}
	return to
}
