package summary

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Abused knows the API calls that attackers are known to make.
type Abused struct {
	calls  map[string][]abusedCall // by eventName, in the order of the list
	common map[string]abusedCall   // the first of each name that is commonly listed
}

type abusedCall struct {
	source      string // "" for any
	technique   string
	description string
}

// ReadAbused reads a list in CSV. Its header names the columns: EventName and
// Description; EventSource (the calls of one service only), Technique (of ATT&CK)
// and Common (no: left out by Options.Compat) may be there too.
func ReadAbused(r io.Reader) (*Abused, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the list is empty, expected a header with EventName and Description")
	}
	if err != nil {
		return nil, err
	}
	column := map[string]int{}
	for i, name := range header {
		column[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, name := range []string{"EventName", "Description"} {
		if _, ok := column[strings.ToLower(name)]; !ok {
			return nil, fmt.Errorf("line 1: no column %q, found %q", name, strings.Join(header, ","))
		}
	}
	a := &Abused{calls: map[string][]abusedCall{}, common: map[string]abusedCall{}}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err != nil {
			return nil, err
		}
		cell := func(name string) string {
			if i, ok := column[name]; ok {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		a.add(cell("eventname"), abusedCall{cell("eventsource"), cell("technique"), cell("description")}, cell("common") != "no")
	}
}

func (a *Abused) add(name string, call abusedCall, common bool) {
	if name == "" {
		return
	}
	a.calls[name] = append(a.calls[name], call)
	if _, ok := a.common[name]; !ok && common {
		a.common[name] = call
	}
}

// find returns the entry for a call. Lambda and CloudFront put the version of
// their API behind the name (CreateFunction20150331), which lists leave out.
func (a *Abused) find(name, source string) (abusedCall, bool) {
	for _, n := range [...]string{name, withoutVersion(name)} {
		for _, c := range a.calls[n] {
			if c.source == "" || c.source == source {
				return c, true
			}
		}
	}
	return abusedCall{}, false
}

// withoutVersion cuts a date, and what may stand behind it, off a name.
func withoutVersion(name string) string {
	cut := strings.TrimRight(name, "0123456789_")
	if v, ok := strings.CutSuffix(cut, "v"); ok && cut != name && strings.TrimRight(v, "0123456789_") != v {
		cut = strings.TrimRight(v, "0123456789_")
	}
	if len(name)-len(cut) < len("20150331") {
		return name
	}
	return cut
}

func (c abusedCall) text() string {
	if c.technique == "" {
		return c.description
	}
	return fmt.Sprintf("%s (%s)", c.description, c.technique)
}
