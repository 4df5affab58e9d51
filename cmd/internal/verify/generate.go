package verify

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"sigmatic/ast"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/evaluator"
)

// Event is what engines load.
type Event = engine.Event

// How much Generate makes.
const (
	// DefaultEvents is how many events beside those that each leaf gets: enough
	// for the traps of a dozen leaves.
	DefaultEvents = 240
	// MinEvents is the least that a query gets.
	MinEvents = 60

	maxLeaves     = 14  // over one field, that are looked at closely
	maxBranches   = 12  // of the condition that get an event of their own
	maxLeafEvents = 600 // for leaves that get events of their own
)

// Fields of ours: keywords are put into the first two, and no event is empty.
const (
	keywordField   = "note"
	keywordBeside  = "details.text"
	unrelatedField = "unrelated"
)

// Generate makes events around the borders of a query: for every leaf hits and
// near misses, combined so that each leaf and each branch of the condition
// decides some event. The same query, seed and size give the same events; size
// bounds those that are made beside two for each leaf. Dotted fields become
// nested objects. An event that a schema rules out for the fields is not made.
func Generate(q *ast.Query, seed uint64, size int) []Event {
	g := newGenerator(q, seed)
	g.limit = maxLeafEvents
	g.leafEvents(q.Expr)
	g.limit = len(g.bodies) + size
	g.branches(q.Expr)
	g.belowLists()
	g.variations()
	g.combinations(len(g.bodies) + max(MinEvents, size/2))
	events := make([]Event, len(g.bodies))
	for i, body := range g.bodies {
		events[i] = Event{
			ID:   fmt.Sprintf("e%04d", i),
			Time: time.Date(2024, 1, 15, 12, 0, i, 0, time.UTC),
			Body: body,
		}
	}
	return events
}

// generator gathers events. An event in the making is a map of field to raw
// JSON; fields that are not in it are missing.
type generator struct {
	rng    *rand.Rand
	fields []string                            // that the query looks at, in its order
	leaves map[string][]*ast.Match             // by field
	refs   map[*ast.Match]*evaluator.Reference // of leaves alone
	probes map[string][]string                 // by field
	bases  []map[string]string
	bodies [][]byte
	seen   map[string]bool
	limit  int // of bodies
	traits traits
}

func newGenerator(q *ast.Query, seed uint64) *generator {
	g := &generator{
		rng: rand.New(rand.NewPCG(seed, 0x5167)), leaves: map[string][]*ast.Match{}, refs: map[*ast.Match]*evaluator.Reference{}, probes: map[string][]string{}, seen: map[string]bool{},
		traits: traitsOf(q.Expr),
	}
	ast.Leaves(q.Expr, func(m *ast.Match, _ bool) { g.leaf(m) })
	for _, f := range g.fields {
		g.probe(f)
	}
	return g
}

func (g *generator) field(name string) {
	if !slices.Contains(g.fields, name) {
		g.fields = append(g.fields, name)
	}
}

func (g *generator) leaf(m *ast.Match) {
	name := fieldOf(m)
	g.field(name)
	if ref, ok := m.Value.(*ast.FieldRef); ok {
		g.field(ref.Field.Name)
		g.leaves[ref.Field.Name] = append(g.leaves[ref.Field.Name], m)
	}
	// A leaf without a reference of its own satisfies every demand.
	g.refs[m], _ = evaluator.New(&ast.Query{Expr: m})
	g.leaves[name] = append(g.leaves[name], m)
}

// fieldOf is the field of a leaf; that of keywords is one of our own.
func fieldOf(m *ast.Match) string {
	if _, ok := m.Value.(*ast.Keyword); ok {
		return keywordField
	}
	return m.Field.Name
}

// probe gathers the values to try on a field. Of many leaves it takes the
// first, the last, and some between.
func (g *generator) probe(f string) {
	leaves := g.leaves[f]
	for len(leaves) > maxLeaves {
		i := 1 + g.rng.IntN(len(leaves)-2)
		leaves = slices.Delete(slices.Clone(leaves), i, i+1)
	}
	var all []string
	for _, l := range leaves {
		all = append(all, hits(l.Value, g.rng)...)
	}
	for i, l := range leaves {
		near := nearMisses(l.Value, g.rng)
		if i > 2 { // the traps are the same for each; a few will do
			g.rng.Shuffle(len(near), func(i, j int) { near[i], near[j] = near[j], near[i] })
			near = near[:min(len(near), 10)]
		}
		all = append(all, near...)
	}
	all = append(all, anything...)
	for _, v := range all {
		if !slices.Contains(g.probes[f], v) {
			g.probes[f] = append(g.probes[f], v)
		}
	}
}

// add keeps an event if it is new and there is room.
func (g *generator) add(e map[string]string) {
	g.addBody(assemble(e))
}

// assemble makes an event of the values of its fields.
func assemble(e map[string]string) object {
	body := object{unrelatedField: `"zq"`}
	for _, f := range slices.Sorted(maps.Keys(e)) {
		body.set(f, e[f])
	}
	return body
}

func (g *generator) addBody(body object) {
	if len(g.bodies) >= g.limit {
		return
	}
	raw := body.encode()
	if !g.seen[string(raw)] && len(g.traits.broken(body)) == 0 {
		g.seen[string(raw)] = true
		g.bodies = append(g.bodies, raw)
	}
}

// leafEvents makes for each leaf an event that it alone makes true, and one that
// it alone makes false, as far as the condition lets it. Of very many leaves it
// takes some at equal distances.
func (g *generator) leafEvents(e ast.Expr) {
	var all []*ast.Match
	ast.Leaves(e, func(m *ast.Match, _ bool) { all = append(all, m) })
	step := 1 + 2*len(all)/maxLeafEvents
	for i := 0; i < len(all); i += step {
		for _, want := range []bool{true, false} {
			d := demands{fields: map[string]*demand{}, choose: toward(all[i])}
			d.branch(e, want)
			g.add(g.realise(d))
		}
	}
}

// toward chooses the term in which a leaf stands.
func toward(leaf *ast.Match) func([]ast.Expr) int {
	return func(terms []ast.Expr) int {
		return max(0, slices.IndexFunc(terms, func(t ast.Expr) bool {
			found := false
			ast.Leaves(t, func(m *ast.Match, _ bool) { found = found || m == leaf })
			return found
		}))
	}
}

// branches makes base events: for each alternative of the condition one that
// takes it, and one that takes none.
func (g *generator) branches(e ast.Expr) {
	for pick := range maxBranches {
		for _, want := range []bool{true, false} {
			d := demands{fields: map[string]*demand{}, choose: digits(pick)}
			d.branch(e, want)
			base := g.realise(d)
			if before := len(g.bodies); before < g.limit {
				g.add(base)
				if len(g.bodies) > before || len(g.bases) == 0 && len(g.traits.broken(assemble(base))) == 0 {
					g.bases = append(g.bases, base)
				}
			}
		}
	}
	g.add(map[string]string{})
}

// digits chooses terms by a number, from group to group, as its digits.
func digits(pick int) func([]ast.Expr) int {
	return func(terms []ast.Expr) int {
		chosen := pick % len(terms)
		pick /= len(terms)
		return chosen
	}
}

// demands are what an event's fields must and must not satisfy.
type demands struct {
	fields map[string]*demand
	choose func(terms []ast.Expr) int // of alternatives, the one that decides
}

type demand struct{ yes, no []*ast.Match }

// branch collects what makes e true, or false. Of alternatives, the chosen one
// decides, and the others are asked to stay out of its way.
func (d demands) branch(e ast.Expr, want bool) {
	switch e := e.(type) {
	case *ast.And:
		d.terms(e.Terms, want, want)
	case *ast.Or:
		d.terms(e.Terms, want, !want)
	case *ast.Not:
		d.branch(e.Term, !want)
	case *ast.Match:
		f := fieldOf(e)
		if d.fields[f] == nil {
			d.fields[f] = &demand{}
		}
		if want {
			d.fields[f].yes = append(d.fields[f].yes, e)
		} else {
			d.fields[f].no = append(d.fields[f].no, e)
		}
	}
}

func (d demands) terms(terms []ast.Expr, want, all bool) {
	if len(terms) == 0 {
		return
	}
	chosen := -1
	if !all {
		chosen = d.choose(terms)
	}
	for i, t := range terms {
		d.branch(t, want == (all || i == chosen))
	}
}

// realise finds values for demands.
func (g *generator) realise(d demands) map[string]string {
	e := map[string]string{}
	for _, f := range g.fields {
		if need := d.fields[f]; need != nil {
			if v := g.value(f, need); v != "" {
				e[f] = v
			}
		}
	}
	for _, f := range g.fields {
		for _, m := range need(d, f) {
			g.refer(e, m)
		}
	}
	return e
}

func need(d demands, f string) []*ast.Match {
	if d.fields[f] == nil {
		return nil
	}
	return d.fields[f].yes
}

// refer makes two fields fit a reference that shall hold.
func (g *generator) refer(e map[string]string, m *ast.Match) {
	ref, ok := m.Value.(*ast.FieldRef)
	if !ok {
		return
	}
	pair := map[ast.RefMode][2]string{
		ast.RefEqual: {`"ref x"`, `"REF x"`}, ast.RefStartsWith: {`"ref x"`, `"Ref"`}, ast.RefEndsWith: {`"ref x"`, `"X"`}, ast.RefContains: {`"ref x"`, `"f X"`},
	}[ref.Mode]
	e[m.Field.Name] = pair[0]
	if ref.Field.Name != m.Field.Name {
		e[ref.Field.Name] = pair[1]
	}
}

// value looks for one that satisfies all that is asked of a field; failing
// that, it takes one that satisfies something of it.
func (g *generator) value(f string, need *demand) string {
	var candidates []string
	var whole, members []string
	for _, m := range need.yes {
		h := hits(m.Value, g.rng)
		if len(h) == 0 {
			continue
		}
		candidates = append(candidates, h...)
		if s, ok := isText(h[0]); ok {
			whole = append(whole, s)
		}
		members = append(members, h[0])
	}
	if len(need.yes) > 1 {
		candidates = append([]string{quoteJSON(strings.Join(whole, "")), quoteJSON(strings.Join(whole, " ")), list(members...)}, candidates...)
	}
	if len(need.yes) == 0 {
		candidates = append(candidates, "", `"zz"`, "null")
	}
	offset := 0
	if len(need.yes) < 2 && len(candidates) > 0 {
		offset = g.rng.IntN(len(candidates))
	}
	for i := range candidates {
		c := candidates[(i+offset)%len(candidates)]
		if g.satisfies(f, c, need) {
			return c
		}
	}
	for _, c := range candidates {
		if g.satisfies(f, c, &demand{}) { // it is at least what the schema says
			return c
		}
	}
	return ""
}

// satisfies asks the reference about each leaf by itself, and whether the schema
// lets the value be.
func (g *generator) satisfies(f, raw string, need *demand) bool {
	body := object{}
	body.set(f, raw)
	ev, err := evaluator.ParseEvent(body.encode())
	if err != nil || len(g.traits.broken(body)) > 0 {
		return false
	}
	agree := func(list []*ast.Match, want bool) bool {
		for _, m := range list {
			leaf := g.refs[m]
			if _, isRef := m.Value.(*ast.FieldRef); leaf != nil && !isRef && leaf.Match(ev) != want {
				return false
			}
		}
		return true
	}
	return agree(need.yes, true) && agree(need.no, false)
}

// belowLists makes, of each field that lies in an object, events in which that
// object stands in a list: alone, and beside another.
func (g *generator) belowLists() {
	for _, f := range g.fields {
		dot := strings.LastIndexByte(f, '.')
		if strings.HasSuffix(f[:max(dot, 0)], "{}") {
			continue // the name says that it is in a list
		}
		if dot <= 0 || len(g.bases) == 0 || len(g.probes[f]) == 0 {
			continue
		}
		e := maps.Clone(g.bases[0])
		setOrDelete(e, f, g.probes[f][0])
		body := assemble(e)
		inner, ok := body.at(f[:dot])
		parent, isObject := inner.(object)
		if !ok || !isObject {
			continue
		}
		whole := string(parent.encode())
		for _, raw := range []string{list(whole), list(`{"zz":"zz"}`, whole)} {
			body.set(f[:dot], raw)
			g.addBody(body)
		}
	}
}

// variations puts every probe of every field into base events, the fields in
// turns, so that none is left out when the room ends.
func (g *generator) variations() {
	longest := 0
	for _, f := range g.fields {
		longest = max(longest, len(g.probes[f]))
	}
	for i := range longest {
		for j, f := range g.fields {
			if i >= len(g.probes[f]) || len(g.bases) == 0 {
				continue
			}
			e := maps.Clone(g.bases[0])
			if (i+j)%3 == 2 {
				e = maps.Clone(g.bases[g.rng.IntN(len(g.bases))])
			}
			setOrDelete(e, f, g.probes[f][i])
			g.add(e)
		}
	}
}

func setOrDelete(e map[string]string, f, raw string) {
	if raw == "" {
		delete(e, f)
		return
	}
	e[f] = raw
}

// combinations fills up with events of random probes, and of texts that are
// made by chance from the probes.
func (g *generator) combinations(enough int) {
	if len(g.fields) == 0 {
		return
	}
	for range 2000 {
		if len(g.bodies) >= min(enough, g.limit) {
			return
		}
		e := map[string]string{}
		for _, f := range g.fields {
			setOrDelete(e, f, g.chance(f))
		}
		if slices.Contains(g.fields, keywordField) && g.rng.IntN(3) == 0 {
			setOrDelete(e, keywordBeside, g.chance(keywordField))
		}
		g.add(e)
	}
}

// chance is a probe of the field, or one that was damaged.
func (g *generator) chance(f string) string {
	p := g.probes[f]
	raw := p[g.rng.IntN(len(p))]
	text, ok := isText(raw)
	if !ok || g.rng.IntN(2) == 0 {
		return raw
	}
	runes := []rune(text)
	for range 1 + g.rng.IntN(2) {
		at := g.rng.IntN(len(runes) + 1)
		with := damage[g.rng.IntN(len(damage))]
		switch to := at + g.rng.IntN(2); {
		case to > len(runes):
			runes = append(runes, with)
		default:
			runes = slices.Replace(runes, at, to, with)
		}
	}
	return quoteJSON(string(runes))
}

// damage are characters that stores and languages treat in their own ways.
var damage = []rune("aAzZ09 *?\\\"'/.,:;-_[](){}|&~#@\n\täÄßİıſK\u03c3\u03c2😀\u2013")
