package correlate

import (
	"math"
	"time"

	"sigmatic/ast"
)

// Event is an event that rules matched.
type Event struct {
	// Time must lie between the years 1678 and 2262; others cannot be placed.
	Time  time.Time
	Ref   Ref
	Rules []int // the rules that matched it, by their place in Plan.Rules, ascending
	// Values are the texts of its fields, by their place in Plan.Fields: none for a field that is missing or null, several for an array.
	// Numbers are in canonical form.
	Values [][]string
	// History marks an event that is only there to have been seen: first-seen correlations know it, and no finding is made of it.
	History bool
	// Payload is kept with the finding that the event completes. The engine does not look at it.
	Payload any

	at    int64 // Time in nanoseconds since 1970
	parts []Ref // of the result of a correlation: the events behind it
}

// Ref names an event in findings.
type Ref struct {
	ID    string
	Order uint64 // the place of the event among all; events of one instant are named in this order
}

// Finding is a correlation that held.
type Finding struct {
	Correlation *ast.Correlation
	Time        time.Time // of the instant at which it was complete
	First, Last time.Time // of its events
	Group       []Term
	Count       int   // of its events; of results, where it is over correlations
	Events      []Ref // the first MaxRefs of them; the events behind them, where it is over correlations
	// Value is what was measured when the finding was complete; "" where the condition measures nothing.
	Value string
	// History is how much of the past was known, at most the span that the correlation asks for; for first-seen correlations only.
	History time.Duration
	Payload any // of the last event of the instant at which it was complete
}

// MaxRefs is how many events a finding names.
const MaxRefs = 100

// Term is a group-by field and its value.
type Term struct {
	Field, Value string
	Missing      bool // the field is absent, and that is a group of its own
}

// nanoseconds gives a time as the package counts it.
func nanoseconds(t time.Time) (int64, bool) {
	const first, last = math.MinInt64/int64(time.Second) + 1, math.MaxInt64/int64(time.Second) - 1
	if s := t.Unix(); s < first || s > last {
		return 0, false
	}
	return t.UnixNano(), true
}

func instant(at int64) time.Time { return time.Unix(0, at).UTC() }

// before is at-span, or the beginning of time.
func before(at int64, span time.Duration) int64 {
	if at < math.MinInt64+int64(span) {
		return math.MinInt64
	}
	return at - int64(span)
}
