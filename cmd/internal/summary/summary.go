package summary

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sigmatic/cmd/internal/geoip"
)

// Summary is the answer: a row for each identity, by falling number of events.
type Summary struct {
	By     By
	Compat bool
	// Located tells that Options.Locate was asked for the places of addresses.
	Located bool
	Rows    []*Row
	Accounting
	// Keys are the access keys that were used from several addresses.
	Keys []Key
	// Steps say who became whom.
	Steps []Step
	// Travels are moves that nobody can have made.
	Travels []Travel
	// NewSince is Options.NewSince.
	NewSince time.Time
}

// Row is what is known of an identity.
type Row struct {
	Identity    string
	Events      int64
	First, Last time.Time // zero if no event tells its time
	Success, Denied, Throttled,
	OtherErrors int64
	AbusedSuccess, AbusedFailed, OtherSuccess, OtherFailed APIs
	Regions, Addresses, Types, Keys, Agents,
	Members, Accounts, ErrorCodes, Countries Values
	Hours                           [24]int64 // events by the hour of the day, UTC
	MFA, NoMFA, TemporaryKeys, Root int64     // events
	// IsNew tells that the identity was not seen before NewSince.
	IsNew    bool
	lastType string
}

// Failed is the number of events that failed.
func (r *Row) Failed() int64 { return r.Denied + r.Throttled + r.OtherErrors }

// ErrorRatio is the part of events that failed, from 0 to 1.
func (r *Row) ErrorRatio() float64 {
	if r.Events == 0 {
		return 0
	}
	return float64(r.Failed()) / float64(r.Events)
}

// APIs are the calls of a cell, by falling count.
type APIs struct {
	List     []API
	Unlisted int64 // events with calls beyond the limit of values
}

// Total is the number of events.
func (a APIs) Total() int64 {
	n := a.Unlisted
	for _, api := range a.List {
		n += api.Count
	}
	return n
}

// API is a call that was made.
type API struct {
	Name, Source, Description    string
	Count                        int64
	Denied, Throttled, OtherFail int64 // of Count
	First, Last                  time.Time
	New                          bool // the identity had not called it before, in whatever outcome
	id                           symbol
}

// Values are the values of a cell, by falling count.
type Values struct {
	List     []Value
	Unlisted int64 // events with values beyond the limit
}

// Total is the number of events that have a value.
func (v Values) Total() int64 {
	n := v.Unlisted
	for _, value := range v.List {
		n += value.Count
	}
	return n
}

// Value is a value that was seen.
type Value struct {
	Value       string
	Count       int64
	First, Last time.Time
	New         bool
	Place       geoip.Place // of an address
}

// Key is an access key with the addresses from which it was used.
type Key struct {
	Key       string
	Addresses Values
	Countries []string
}

// Step tells that an identity became a role.
type Step struct {
	From, To    string
	Count       int64
	First, Last time.Time
}

// Summary returns the answer for what was added. The error is Options.Locate's.
func (a *Aggregator) Summary() (*Summary, error) {
	places := places{locate: a.opts.Locate, known: map[string]geoip.Place{}}
	s := &Summary{By: a.opts.By, Compat: a.opts.Compat, Accounting: a.acc, NewSince: a.opts.NewSince, Located: a.opts.Locate != nil}
	for _, r := range a.rows {
		s.Rows = append(s.Rows, a.result(r))
	}
	slices.SortFunc(s.Rows, func(x, y *Row) int {
		return cmp.Or(cmp.Compare(y.Events, x.Events), strings.Compare(x.Identity, y.Identity))
	})
	if a.further != nil {
		s.Rows = append(s.Rows, a.result(a.further))
	}
	s.Keys, s.Steps, s.Travels = a.sharedKeys(), a.steps(), a.travels(&places)
	for _, r := range s.Rows {
		r.Countries = places.put(&r.Addresses)
	}
	for i := range s.Keys {
		for _, country := range places.put(&s.Keys[i].Addresses).List {
			s.Keys[i].Countries = append(s.Keys[i].Countries, country.Value)
		}
	}
	return s, places.err
}

func (a *Aggregator) result(r *row) *Row {
	out := &Row{
		Identity: r.name, Events: r.count, First: toTime(r.first), Last: toTime(r.last),
		Success: r.outcomes[succeeded], Denied: r.outcomes[denied], Throttled: r.outcomes[throttled], OtherErrors: r.outcomes[failedOtherwise],
		Hours: r.hours, MFA: r.mfa, NoMFA: r.noMFA, TemporaryKeys: r.sts, Root: r.root, lastType: r.lastType,
	}
	out.IsNew = a.isNew(r.first)
	fresh := func(first int64) bool { return !out.IsNew && a.isNew(first) }
	for c, to := range [columnCount]*Values{
		regions: &out.Regions, addresses: &out.Addresses, types: &out.Types, keys: &out.Keys, agents: &out.Agents,
		members: &out.Members, accounts: &out.Accounts, errorCodes: &out.ErrorCodes,
	} {
		*to = a.valuesOf(&r.columns[c], fresh)
	}
	a.splitAPIs(out, r, fresh)
	return out
}

// isNew reports whether a first time is in the part of the log that is looked at
// for news.
func (a *Aggregator) isNew(first int64) bool {
	return !a.opts.NewSince.IsZero() && first != untold && first >= a.opts.NewSince.UnixNano()
}

func (a *Aggregator) valuesOf(t *table, fresh func(int64) bool) Values {
	v := Values{Unlisted: t.rest.count, List: make([]Value, 0, len(t.entries))}
	for _, e := range t.entries {
		v.List = append(v.List, Value{Value: a.symbols.texts[e.value], Count: e.count, First: toTime(e.first), Last: toTime(e.last), New: fresh(e.first)})
	}
	slices.SortFunc(v.List, func(x, y Value) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), y.Last.Compare(x.Last), y.First.Compare(x.First), strings.Compare(x.Value, y.Value))
	})
	return v
}

// splitAPIs divides the calls by what is known of them, and puts those that
// failed in one way or another together.
func (a *Aggregator) splitAPIs(out *Row, r *row, fresh func(int64) bool) {
	out.AbusedSuccess, out.OtherSuccess = a.apis(&r.apis[succeeded])
	firsts := r.firstCalls()
	// Of a call that is unlisted it is not known whether it is on the list of the
	// abused ones; it stands among the others.
	failed := map[symbol]*API{}
	var order []symbol
	for o := denied; int(o) < outcomes; o++ {
		out.OtherFailed.Unlisted += r.apis[o].rest.count
		for _, e := range r.apis[o].entries {
			api := failed[e.value]
			if api == nil {
				api = a.api(e.value)
				failed[e.value] = api
				order = append(order, e.value)
			}
			api.include(e.tally, o)
		}
	}
	for _, id := range order {
		to := &out.OtherFailed
		if failed[id].Description != "" {
			to = &out.AbusedFailed
		}
		to.List = append(to.List, *failed[id])
	}
	for _, cell := range []*APIs{&out.AbusedSuccess, &out.AbusedFailed, &out.OtherSuccess, &out.OtherFailed} {
		for i := range cell.List {
			cell.List[i].New = fresh(firsts[cell.List[i].id])
		}
		slices.SortFunc(cell.List, func(x, y API) int {
			return cmp.Or(cmp.Compare(y.Count, x.Count), y.Last.Compare(x.Last), y.First.Compare(x.First),
				strings.Compare(x.Name, y.Name), strings.Compare(x.Source, y.Source))
		})
	}
}

// firstCalls are the times of the first call of each API, however it ended.
func (r *row) firstCalls() map[symbol]int64 {
	all := map[symbol]tally{}
	for o := range r.apis {
		for _, e := range r.apis[o].entries {
			t := all[e.value]
			t.add(e.tally)
			all[e.value] = t
		}
	}
	firsts := map[symbol]int64{}
	for id, t := range all {
		firsts[id] = t.first
	}
	return firsts
}

func (a *Aggregator) apis(t *table) (abused, other APIs) {
	other.Unlisted = t.rest.count
	for _, e := range t.entries {
		api := a.api(e.value)
		api.include(e.tally, succeeded)
		if api.Description != "" {
			abused.List = append(abused.List, *api)
		} else {
			other.List = append(other.List, *api)
		}
	}
	return abused, other
}

// api looks a call up.
func (a *Aggregator) api(id symbol) *API {
	name, source, _ := strings.Cut(a.symbols.texts[id], apiSeparator)
	api := &API{Name: name, Source: source, id: id}
	if a.opts.Abused == nil {
		return api
	}
	if a.opts.Compat {
		if c, ok := a.opts.Abused.common[name]; ok {
			api.Description = c.text()
		}
	} else if c, ok := a.opts.Abused.find(name, source); ok {
		api.Description = c.text()
	}
	return api
}

// include adds the events of an outcome.
func (api *API) include(t tally, o outcome) {
	api.Count += t.count
	switch o {
	case succeeded:
	case denied:
		api.Denied += t.count
	case throttled:
		api.Throttled += t.count
	case failedOtherwise:
		api.OtherFail += t.count
	}
	first, last := toTime(t.first), toTime(t.last)
	if api.First.IsZero() || !first.IsZero() && first.Before(api.First) {
		api.First = first
	}
	if last.After(api.Last) {
		api.Last = last
	}
}

// sharedKeys are the keys with more than one address, the most spread first.
func (a *Aggregator) sharedKeys() []Key {
	var out []Key
	for id, t := range a.keys {
		if len(t.entries) > 1 {
			out = append(out, Key{Key: a.symbols.texts[id], Addresses: a.valuesOf(t, func(int64) bool { return false })})
		}
	}
	slices.SortFunc(out, func(x, y Key) int {
		return cmp.Or(cmp.Compare(len(y.Addresses.List), len(x.Addresses.List)), strings.Compare(x.Key, y.Key))
	})
	return out
}

// steps are in the order of their first time.
func (a *Aggregator) steps() []Step {
	var out []Step
	for e, t := range a.assumed {
		out = append(out, Step{a.symbols.texts[e.from], a.symbols.texts[e.to], t.count, toTime(t.first), toTime(t.last)})
	}
	slices.SortFunc(out, func(x, y Step) int {
		return cmp.Or(x.First.Compare(y.First), strings.Compare(x.From, y.From), strings.Compare(x.To, y.To))
	})
	return out
}
