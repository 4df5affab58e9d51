package summary

import (
	"cmp"
	"strings"
	"sync"
	"time"
	"unsafe"

	"sigmatic/cmd/internal/geoip"
	"sigmatic/cmd/internal/spill"
)

// Options say what is counted and how.
type Options struct {
	By By
	// STSKeys lists temporary access keys (ASIA…) too.
	STSKeys bool
	// Compat follows Suzaku: identities without ARN are dropped, events with
	// temporary keys too unless STSKeys, and only AccessDenied is a failure.
	Compat bool
	// Start and End bound the time of the events, End being outside; zero for no
	// bound. Compat takes End in, and drops events without a time.
	Start, End time.Time
	// NewSince divides the events: what a row has not had before is new. Zero for
	// no such division.
	NewSince time.Time
	// NoDedup counts an event that was delivered twice twice.
	NoDedup bool
	// MaxValues bounds the distinct values that are held, of all rows together; 0
	// means DefaultMaxValues. Events with other values are counted all the same.
	MaxValues int
	// DedupMemory is how many bytes the ids of events may take; 0 means
	// DefaultDedupMemory.
	DedupMemory int
	Abused      *Abused
	// Locate tells where an address is; nil if nothing tells.
	Locate func(address string) (geoip.Place, error)
}

// DefaultDedupMemory is enough for more than ten million events.
const DefaultDedupMemory = 256 << 20

func (o Options) dedupMemory() int { return cmp.Or(o.DedupMemory, DefaultDedupMemory) }

// DefaultMaxValues keeps a summary below 150 MB.
const DefaultMaxValues = 200_000

// Accounting says where the events went that were given to an Aggregator.
type Accounting struct {
	Counted     int // in a row
	Duplicates  int // delivered before
	OutsideTime int // before Start or behind End
	Broken      int // not taken by the evaluator
	WithoutTime int // without a time that can be read, where there is a bound
	// Unremembered are events whose ids were not kept for want of memory: if they
	// come again they count again.
	Unremembered int
	NoARN, STS   int // dropped by Options.Compat

	// Beyond the limit of values, and so not looked into: events with an access
	// key whose addresses are not held, events that assume a role, and addresses of
	// which it is not looked whether one can travel between them.
	UnfollowedKeys, UnlistedSteps, UnfollowedAddresses int
}

// Aggregator counts events into rows.
type Aggregator struct {
	opts    Options
	batches sync.Pool // of *Batch, for the readers
	symbols symbols   // of all tables
	rows    map[string]*row
	further *row // for the names beyond the limit
	values  int  // entries in all tables
	perCell int
	name    []byte // of the call that is being counted
	seen    *spill.Set
	start   int64
	end     int64
	acc     Accounting
	keys    map[symbol]*table // the addresses of each access key
	assumed map[edge]*tally
	seenAt  map[sighting]*tally
}

// edge is a step from an identity to a role.
type edge struct{ from, to symbol }

// row is what is known of an identity.
type row struct {
	tally
	name     string
	lastType string // in the event that was read last
	outcomes [outcomes]int64
	apis     [outcomes]table
	columns  [columnCount]table
	hours    [24]int64
	mfa, noMFA,
	sts, root int64 // events
}

// column is a column of values.
type column int

const (
	regions column = iota
	addresses
	types
	keys
	agents
	members
	accounts
	errorCodes
	columnCount int = iota
)

// New returns an aggregator.
func New(opts Options) *Aggregator {
	if opts.MaxValues <= 0 {
		opts.MaxValues = DefaultMaxValues
	}
	if opts.Compat {
		opts.By, opts.NoDedup = ByARN, true
	}
	a := &Aggregator{
		opts: opts, symbols: symbols{byText: map[string]symbol{}}, rows: map[string]*row{},
		perCell: max(1, opts.MaxValues/4), seen: spill.NewSet(opts.dedupMemory()), start: untold, end: 1<<63 - 1,
		keys: map[symbol]*table{}, assumed: map[edge]*tally{}, seenAt: map[sighting]*tally{},
	}
	if !opts.Start.IsZero() {
		a.start = opts.Start.UnixNano()
	}
	if !opts.End.IsZero() {
		a.end = opts.End.UnixNano()
		if opts.Compat {
			a.end++
		}
	}
	return a
}

// Add counts the events of a batch, which is no longer valid then.
func (a *Aggregator) Add(b *Batch) {
	a.acc.Broken += b.broken
	for i := range b.ends {
		a.event(b.event(i))
	}
	b.text, b.ends, b.broken = b.text[:0], b.ends[:0], 0
	a.batches.Put(b)
}

// Accounting returns the account so far.
func (a *Aggregator) Accounting() Accounting { return a.acc }

func (a *Aggregator) event(e event) {
	at := parseTime(e.get(eventTime))
	if bounded := !a.opts.Start.IsZero() || !a.opts.End.IsZero(); bounded && at == untold {
		// It could be from any time.
		if a.acc.WithoutTime++; a.opts.Compat {
			return
		}
	} else if bounded && (at < a.start || at >= a.end) {
		a.acc.OutsideTime++
		return
	}
	if a.opts.Compat && a.dropped(e) {
		return
	}
	if !a.opts.NoDedup && a.twice(e.get(eventID)) {
		a.acc.Duplicates++
		return
	}
	a.acc.Counted++
	r := a.row(a.opts.By.name(e))
	r.add(once(at))
	a.describe(r, e, at)
	a.columns(r, e, at)
	if !a.opts.Compat {
		a.relate(e, at)
		a.sight(r, e.get(sourceIP), at)
	}
}

// dropped reports whether Suzaku would not count an event.
func (a *Aggregator) dropped(e event) bool {
	switch {
	case e.get(userARN) == "":
		a.acc.NoARN++
	case !a.opts.STSKeys && isTemporary(e.get(accessKeyID)):
		a.acc.STS++
	default:
		return false
	}
	return true
}

func isTemporary(key string) bool { return strings.HasPrefix(key, "ASIA") }

// twice reports whether an event with the id was counted before.
func (a *Aggregator) twice(id string) bool {
	if id == "" {
		return false
	}
	known, added := a.seen.Add(spill.IDOf(id))
	if !known && !added {
		a.acc.Unremembered++
	}
	return known
}

// rowValues is what a row counts for among the values.
const rowValues = 12

func (a *Aggregator) row(name string) *row {
	if r, ok := a.rows[name]; ok {
		return r
	}
	if a.values+rowValues > a.opts.MaxValues {
		if a.further == nil {
			a.further = &row{name: "(further, beyond the limit of values)"}
		}
		return a.further
	}
	a.values += rowValues
	r := &row{name: strings.Clone(name)}
	a.rows[r.name] = r
	return r
}

// describe counts what is no column of values.
func (a *Aggregator) describe(r *row, e event, at int64) {
	if at != untold {
		r.hours[hour(at)]++
	}
	if isTemporary(e.get(accessKeyID)) {
		r.sts++
	}
	if e.get(userType) == "Root" {
		r.root++
	}
	// Without a second factor says something of people only: a role has none.
	person := e.get(userType) == "IAMUser" || e.get(userType) == "Root"
	switch {
	case e.get(mfaAuthenticated) == "true", e.get(mfaUsed) == "Yes":
		r.mfa++
	case person && (e.get(mfaAuthenticated) == "false" || e.get(mfaUsed) == "No"):
		r.noMFA++
	}
}

func hour(at int64) int {
	const day, hour = int64(24 * time.Hour), int64(time.Hour)
	return int((at%day + day) % day / hour)
}

// columns counts the event's values.
func (a *Aggregator) columns(r *row, e event, at int64) {
	o := e.outcome()
	missing := ""
	if a.opts.Compat {
		o, missing = e.compatOutcome(), "-"
	}
	r.outcomes[o]++
	a.count(&r.apis[o], a.apiName(e), at)
	for c, text := range [columnCount]string{
		regions:    or(e.get(awsRegion), missing),
		addresses:  or(e.get(sourceIP), missing),
		types:      or(e.get(userType), missing),
		keys:       or(e.get(accessKeyID), missing),
		agents:     or(e.get(userAgent), missing),
		members:    a.opts.By.member(e),
		accounts:   e.account(),
		errorCodes: errorName(e, o),
	} {
		if text == "" || column(c) == keys && !a.opts.STSKeys && isTemporary(text) {
			continue
		}
		a.count(&r.columns[c], text, at)
	}
	if kind := or(e.get(userType), missing); kind != r.lastType {
		r.lastType = strings.Clone(kind)
	}
}

// errorName is an error's code, or what there is instead.
func errorName(e event, o outcome) string {
	if o == succeeded {
		return ""
	}
	return or(e.get(errorCode), e.get(errorMessage), "(failed response)")
}

// apiSeparator stands between the name of a call and its service.
const apiSeparator = "\x00"

// apiName is the name of a call with its service, valid until the next one.
func (a *Aggregator) apiName(e event) string {
	a.name = append(append(append(a.name[:0], e.get(eventName)...), apiSeparator...), e.get(eventSource)...)
	return unsafe.String(unsafe.SliceData(a.name), len(a.name))
}

// count counts a value in a table, or among the rest if there is no room for it.
func (a *Aggregator) count(t *table, text string, at int64) {
	value, known := a.symbols.find(text)
	if known {
		if entry := t.find(value); entry != nil {
			entry.add(once(at))
			return
		}
	}
	if a.values >= a.opts.MaxValues || len(t.entries) >= a.perCell {
		t.rest.add(once(at))
		return
	}
	a.values++
	if !known {
		value = a.symbols.add(text)
	}
	t.insert(value).add(once(at))
}

// relate follows keys to addresses, and identities to the roles they become.
func (a *Aggregator) relate(e event, at int64) {
	if key, ip := e.get(accessKeyID), e.get(sourceIP); key != "" && ip != "" {
		if t := a.keyTable(key); t != nil {
			a.count(t, ip, at)
		}
	}
	if !strings.HasPrefix(e.get(eventName), "AssumeRole") || e.outcome() != succeeded {
		return
	}
	to := or(e.get(roleARN), roleOfSession(e.get(assumedRole)))
	if to == "" {
		return
	}
	from, knownFrom := a.symbols.find(e.role())
	target, knownTo := a.symbols.find(to)
	if knownFrom && knownTo {
		if t := a.assumed[edge{from, target}]; t != nil {
			t.add(once(at))
			return
		}
	}
	if len(a.assumed) >= a.perCell/8 { // roles are few; this keeps values from crowding them out
		a.acc.UnlistedSteps++
		return
	}
	t := once(at)
	a.assumed[edge{a.symbol(e.role()), a.symbol(to)}] = &t
}

// symbol is the number of a text, known or new.
func (a *Aggregator) symbol(text string) symbol {
	if s, ok := a.symbols.find(text); ok {
		return s
	}
	return a.symbols.add(text)
}

// keyTable holds the addresses of an access key; nil if there is no room.
func (a *Aggregator) keyTable(key string) *table {
	s, known := a.symbols.find(key)
	if known && a.keys[s] != nil {
		return a.keys[s]
	}
	if a.values+2 > a.opts.MaxValues || len(a.keys) >= a.perCell/4 {
		a.acc.UnfollowedKeys++
		return nil
	}
	a.values += 2
	t := &table{}
	a.keys[a.symbol(key)] = t
	return t
}
