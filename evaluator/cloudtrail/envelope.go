package cloudtrail

import (
	"bytes"
	"strings"
	"sync"

	"github.com/tidwall/gjson"
)

// An envelope is an object that some service puts around a record. It is told by the names of its members, taken off, and forgotten;
// envelopes around envelopes too, as EventBridge's events are often kept in a log group.

// maxEnvelopes bounds how many envelopes a record can have.
const maxEnvelopes = 8

// envelopeForm is one of the services' forms.
type envelopeForm struct {
	member string // holds the record: an object, or a string with the text of one
	// is tells the form from an object that has the member. Members that only other records have speak against it.
	is func(object gjson.Result) bool
	// text says that where the member is no record, the object stands for itself, because it may hold anything.
	text bool
}

var envelopeForms = sync.OnceValue(func() []envelopeForm {
	return []envelopeForm{
		// EventBridge. Its events of other services are no records of CloudTrail.
		// https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html
		{member: "detail", is: func(o gjson.Result) bool { return strings.HasSuffix(o.Get("detail-type").String(), "via CloudTrail") }, text: true},
		// LookupEvents. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Event.html
		{member: "CloudTrailEvent", is: func(o gjson.Result) bool { return o.Get("CloudTrailEvent").Type == gjson.String }},
		// CloudWatch Logs: the log events of a subscription, of FilterLogEvents and of GetLogEvents.
		// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilteredLogEvent.html
		{member: "message", is: isLogEvent, text: true},
		// CloudTrail Lake. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutAuditEvents.html and its event data stores
		{member: "eventData", is: func(o gjson.Result) bool { return !o.Get("eventName").Exists() }, text: true},
		// Elasticsearch: a hit of a search, a line of elasticdump.
		{member: "_source", is: func(o gjson.Result) bool { return o.Get("_index").Type == gjson.String }, text: true},
	}
})

// EnvelopeMembers are the names of the members in which an object can hold records.
func EnvelopeMembers() []string {
	var names []string
	for _, f := range envelopeForms() {
		names = append(names, f.member)
	}
	for _, l := range listNames[ofLookup:] {
		names = append(names, l.name)
	}
	return names
}

// MayHoldRecords reports whether an object may hold records instead of being one: whether it does, only the reader can say. Text gives the
// text of the first value in each of the EnvelopeMembers, "" if there is none.
func MayHoldRecords(raw []byte, text func(member int) string) bool {
	forms := len(envelopeForms())
	for i := range forms {
		if held := strings.TrimLeft(text(i), space); held != "" && (held[0] == '{' || !envelopeForms()[i].text) {
			return true
		}
	}
	for i, l := range listNames[ofLookup:] {
		if text(forms+i) != "" && bytes.Contains(raw, []byte(l.element)) {
			return true
		}
	}
	return false
}

// isLogEvent reports whether an object has the members of a log event and no others.
func isLogEvent(o gjson.Result) bool {
	all, stamped := true, false
	o.ForEach(func(key, _ gjson.Result) bool {
		switch key.String() {
		case "timestamp":
			stamped = true
		case "message", "id", "eventId", "ingestionTime", "logStreamName", "extractedFields":
		default:
			all = false
		}
		return all
	})
	return all && stamped
}

// unwrap takes the envelopes off a record. The result is a part of raw or a text of its own. A problem says that the envelope should hold a
// record and does not.
func (s *scanner) unwrap(raw []byte) ([]byte, *Problem) {
	if raw[0] == '[' {
		raw = rowOf(raw)
	}
	for range maxEnvelopes {
		if opens(raw) == eventVersion && !bytes.Contains(raw, []byte(`"eventData"`)) {
			return raw, nil
		}
		form, held := wrapped(raw)
		if form == nil {
			return raw, nil
		}
		inner := []byte(held.Raw)
		if held.Type == gjson.String {
			inner = []byte(held.Str)
		}
		inner = bytes.Trim(inner, space)
		check := machine{maxDepth: s.opts.MaxDepth}
		check.reset()
		if n, v := check.run(inner, 0); len(inner) == 0 || inner[0] != '{' || v != done || n != len(inner) {
			if form.text {
				return raw, nil
			}
			return nil, &Problem{Reason: InvalidJSON, Lost: true, Detail: "the text in " + form.member + " is no object in JSON"}
		}
		raw = inner
	}
	return raw, nil
}

// rowOf gives the record that a row of GetQueryResults holds: a list of objects, each with the name of a column and its text.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetQueryResults.html
func rowOf(raw []byte) []byte {
	var cells []cell
	gjson.ParseBytes(raw).ForEach(func(_, column gjson.Result) bool {
		column.ForEach(func(name, value gjson.Result) bool {
			if value.Type != gjson.Null && value.Raw != `""` && value.Raw != `"null"` {
				cells = append(cells, cell{name.String(), value.Raw})
			}
			return true
		})
		return true
	})
	return appendRow(nil, cells)
}

// wrapped finds the form of an envelope, and what it holds.
func wrapped(raw []byte) (*envelopeForm, gjson.Result) {
	for _, f := range envelopeForms() {
		if !bytes.Contains(raw, []byte(f.member)) {
			continue
		}
		o := gjson.ParseBytes(raw)
		held := o.Get(gjson.Escape(f.member))
		if (held.IsObject() || held.Type == gjson.String) && f.is(o) {
			return &f, held
		}
	}
	return nil, gjson.Result{}
}

// listName is the name of a member whose array holds records.
type listName uint8

const (
	noList     listName = iota
	ofDelivery          // Records, of a delivery file
	ofLookup            // Events, of LookupEvents
	ofLogs              // logEvents, of a subscription to CloudWatch Logs
	ofFilter            // events, of FilterLogEvents and GetLogEvents
	ofQuery             // QueryResultRows, of GetQueryResults: each is a list of objects with a column each
)

// listNames are their spellings, with a text that the elements of a list have; other arrays of that name belong to a record.
var listNames = [...]struct{ name, element string }{
	ofDelivery: {recordsKey, ""},
	ofLookup:   {"Events", `"CloudTrailEvent"`},
	ofLogs:     {"logEvents", `"message"`},
	ofFilter:   {"events", `"ingestionTime"`},
	ofQuery:    {"QueryResultRows", `{`},
}

func listNamed(name []byte) listName {
	for i := ofDelivery; int(i) < len(listNames); i++ {
		if string(name) == listNames[i].name {
			return i
		}
	}
	return noList
}

// firstElement is how much of a list is looked at to tell what it is.
const firstElement = 64 << 10

// holdsRecords tells whether the array that begins at index i of the window is a list of records.
func (s *scanner) holdsRecords(i int, name listName) bool {
	element := []byte(listNames[name].element)
	if len(element) == 0 {
		return true
	}
	end := min(i+firstElement, s.win.max)
	for n := i + 1; ; n = len(s.win.bytes()) + 1 {
		b := s.win.need(n)
		seen := b[min(i+1, len(b)):min(end, len(b))]
		switch trimmed := bytes.TrimLeft(seen, space); {
		case len(trimmed) > 0 && trimmed[0] != '{' && (name != ofQuery || trimmed[0] != '['):
			return false
		case bytes.Contains(seen, element):
			return true
		case len(b) < n || len(b) >= end:
			return false
		}
	}
}
