package splunk

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/backends"
)

// isTrue ends an atom that asks whether a condition holds. if() answers null
// with its last argument, which makes the atom true or false under every
// reading of null.
const isTrue = ",1,0)=1"

// orNothing begins a comparison in which a missing field counts as empty.
const orNothing = "coalesce("

func holds(condition string) backends.Clause { return backends.Atom("if(" + condition + isTrue) }

func refuse(m *ast.Match, feature backends.Feature, detail string) error {
	span := m.Value.Range()
	if span.IsZero() {
		span = m.Span
	}
	return &backends.Unsupported{Backend: name, Feature: feature, Span: span, Detail: detail}
}

func refuseName(m *ast.Match, field string) error {
	return refuse(m, backends.FeatureFieldName, "where cannot name the field "+strconv.Quote(field))
}

// refuseReserved refuses a field of the event whose name Splunk has for a field of
// its own (Knowledge Manager Manual, "Use default fields": internal fields).
func refuseReserved(e ast.Expr) error {
	var err error
	ast.Leaves(e, func(m *ast.Match, _ bool) {
		names := []string{m.Field.Name}
		if ref, ok := m.Value.(*ast.FieldRef); ok {
			names = append(names, ref.Field.Name)
		}
		for _, f := range names {
			switch f {
			case "_raw", "_time", "_indextime", "_cd", "_bkt":
				if err == nil {
					err = refuse(m, backends.FeatureFieldName, strconv.Quote(f)+" is not a field of the event: Splunk has one of its own with this name")
				}
			}
		}
	})
	return err
}

// where gives the clause of a leaf in the where stage: true or false for every
// event, never null. See doc.go, "The where stage".
func (t *translation) where(m *ast.Match, _ bool) (backends.Clause, error) {
	if k, ok := m.Value.(*ast.Keyword); ok {
		return t.whereKeyword(m, k)
	}
	f, ok := whereName(m.Field.Name)
	if !ok {
		return nil, refuseName(m, m.Field.Name)
	}
	if m.Field.Type == ast.TypeObject {
		if c, err := whereObject(m); c != nil || err != nil {
			return c, err
		}
	}
	switch v := m.Value.(type) {
	case *ast.Pattern:
		if shape, _ := v.Shape(); shape == ast.ShapeAny {
			return backends.Atom("isnotnull(" + f + ")"), nil
		}
		if text, ok := plainText(m.Field, v); ok {
			return backends.Atom(orNothing + f + `,"")="` + text + `"`), nil
		}
		x, err := patternMatcher(m, v)
		if err != nil {
			return nil, err
		}
		return anyMatches(f, []matcher{x}), nil
	case *ast.Number:
		return anyMatches(f, []matcher{numberMatcher(v)}), nil
	case *ast.Bool:
		return anyMatches(f, []matcher{boolMatcher(v)}), nil
	case *ast.Null:
		return backends.Atom("isnull(" + f + ")"), nil
	case *ast.Exists:
		if v.Want {
			return backends.Atom("isnotnull(" + f + ")"), nil
		}
		return backends.Atom("isnull(" + f + ")"), nil
	case *ast.Regex:
		return t.whereRegex(m, f, v)
	case *ast.CIDR:
		return filtered(cidrTest(f, v)), nil
	case *ast.Comparison:
		return whereComparison(m, f, v)
	case *ast.TimePart:
		return whereTimePart(m, f, v)
	case *ast.FieldRef:
		return whereFieldRef(m, f, v)
	}
	return nil, refuse(m, backends.FeatureKeyword, "a value of an unknown kind")
}

// plainText is the text of a pattern that = compares as the rule does: over a
// field of one value whose letter case is known or of no account. What looks
// like a number might be compared as one, and what has a backslash or a quote
// is written in more ways than one.
func plainText(f ast.Field, v *ast.Pattern) (string, bool) {
	text, exact := v.Literal()
	if !exact || f.Multi != ast.SingleValued || !v.Cased && f.Case != ast.CaseCanonical && backends.HasCase(text) {
		return "", false
	}
	letter := false
	for i := range len(text) {
		if !isSearchable(text[i]) || strings.IndexByte("\\$[]|'", text[i]) >= 0 {
			return "", false
		}
		letter = letter || strings.IndexByte(numberRunes, text[i]) < 0
	}
	return text, letter
}

// filtered holds when one value of the one field that test names passes it.
func filtered(test string) backends.Clause {
	return backends.Atom("isnotnull(mvfilter(" + test + "))")
}

func cidrTest(f string, v *ast.CIDR) string {
	return `cidrmatch("` + v.Prefix.String() + `",` + f + ")"
}

// matcher is a condition on one value that a regular expression says.
type matcher struct {
	body       string
	start, end bool // tied to the value's start and end
	cased      bool // letter case counts
	fold       bool // it does not, and there are letters for which that matters
	dot        bool // body has a . that stands for every character
}

func patternMatcher(m *ast.Match, v *ast.Pattern) (matcher, error) {
	parts := v.Parts
	x := matcher{start: true, end: true}
	for len(parts) > 0 && parts[0] == (ast.AnyRun{}) {
		parts, x.start = parts[1:], false
	}
	for len(parts) > 0 && parts[len(parts)-1] == (ast.AnyRun{}) {
		parts, x.end = parts[:len(parts)-1], false
	}
	letters := false
	var b strings.Builder
	for _, p := range parts {
		switch p := p.(type) {
		case ast.Literal:
			if !utf8.ValidString(string(p)) {
				return matcher{}, refuse(m, backends.FeatureBytes, "a regular expression of SPL is text in UTF-8")
			}
			letters = letters || backends.HasCase(string(p))
			quoteRegex(&b, string(p))
		case ast.AnyRun:
			b.WriteString(".*")
			x.dot = true
		case ast.AnyOne:
			b.WriteString(".")
			x.dot = true
		case ast.Dash:
			b.WriteString(dashAlternatives)
		}
	}
	x.body = b.String()
	x.cased, x.fold = letters && v.Cased, letters && !v.Cased
	return x, nil
}

// dashAlternatives is no class, which would need the expression to be read as UTF-8.
const dashAlternatives = "(?:-|/|\u2013|\u2014|\u2015)"

func numberMatcher(v *ast.Number) matcher {
	var b strings.Builder
	text := v.Decimal.String()
	quoteRegex(&b, text)
	return matcher{body: b.String(), start: true, end: true, cased: backends.HasCase(text)}
}

func boolMatcher(v *ast.Bool) matcher {
	return matcher{body: strconv.FormatBool(v.Value), start: true, end: true, fold: true}
}

// maxAlternatives bounds the alternatives of one regular expression.
const maxAlternatives = 200

// anyMatches holds when one value of f passes one of the matchers. Those of one
// form become one regular expression.
func anyMatches(f string, list []matcher) backends.Clause {
	return eachRegex(list, func(re string) backends.Clause {
		return backends.Atom("isnotnull(mvfind(" + f + `,"` + re + `"))`)
	})
}

func eachRegex(list []matcher, atom func(re string) backends.Clause) backends.Clause {
	type form struct{ start, end, cased bool }
	var order []form
	groups := map[form][]matcher{}
	for _, x := range list {
		k := form{x.start, x.end, x.cased}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], x)
	}
	var out backends.Any
	for _, k := range order {
		group := groups[k]
		for from := 0; from < len(group); from += maxAlternatives {
			out = append(out, atom(regexOf(group[from:min(from+maxAlternatives, len(group))])))
		}
	}
	return backends.Fold(out)
}

// regexOf joins matchers of one form.
func regexOf(list []matcher) string {
	first := list[0]
	fold, dot := false, false
	bodies := make([]string, 0, len(list))
	seen := map[string]bool{}
	for _, x := range list {
		fold, dot = fold || x.fold, dot || x.dot
		if !seen[x.body] {
			seen[x.body] = true
			bodies = append(bodies, x.body)
		}
	}
	var b strings.Builder
	b.WriteString(flagGroup(fold, dot))
	if first.start {
		b.WriteString(`\A`)
	}
	group := len(bodies) > 1 && (first.start || first.end)
	if group {
		b.WriteString("(?:")
	}
	b.WriteString(strings.Join(bodies, "|"))
	if group {
		b.WriteString(")")
	}
	if first.end {
		b.WriteString(`\z`)
	}
	return b.String()
}

func flagGroup(ignoreCase, dotAll bool) string {
	switch {
	case ignoreCase && dotAll:
		return "(?is)"
	case ignoreCase:
		return "(?i)"
	case dotAll:
		return "(?s)"
	}
	return ""
}

// whereList prints alternatives over one field together where it can.
func (t *translation) whereList(ms []*ast.Match, negated bool) (backends.Clause, error) {
	var matchers []matcher
	var networks []string
	var out backends.Any
	keywords := false
	f, named := whereName(ms[0].Field.Name)
	for _, m := range ms {
		x, ok, err := listMatcher(m)
		if err != nil {
			return nil, err
		}
		network, isNetwork := m.Value.(*ast.CIDR)
		_, isKeyword := m.Value.(*ast.Keyword)
		switch {
		case ok && (named || isKeyword):
			keywords = isKeyword
			matchers = append(matchers, x)
		case isNetwork && named:
			networks = append(networks, cidrTest(f, network))
		default:
			c, err := t.where(m, negated)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	var gathered backends.Any
	if keywords {
		gathered = append(gathered, rawMatches(matchers))
	} else if matchers != nil {
		gathered = append(gathered, anyMatches(f, matchers))
	}
	if networks != nil {
		gathered = append(gathered, filtered(strings.Join(networks, " OR ")))
	}
	return append(gathered, out...), nil
}

// listMatcher gives the matcher of a leaf that may share a regular expression
// with others.
func listMatcher(m *ast.Match) (matcher, bool, error) {
	if m.Field.Type == ast.TypeObject {
		return matcher{}, false, nil
	}
	switch v := m.Value.(type) {
	case *ast.Pattern:
		if shape, _ := v.Shape(); shape == ast.ShapeAny {
			return matcher{}, false, nil
		}
		x, err := patternMatcher(m, v)
		return x, true, err
	case *ast.Number:
		return numberMatcher(v), true, nil
	case *ast.Bool:
		return boolMatcher(v), true, nil
	case *ast.Keyword:
		if p, ok := v.Value.(*ast.Pattern); ok {
			if shape, _ := p.Shape(); shape != ast.ShapeAny && len(p.Parts) > 0 {
				x, err := jsonMatcher(m, p)
				return x, true, err
			}
		}
	}
	return matcher{}, false, nil
}

func (t *translation) whereRegex(m *ast.Match, f string, v *ast.Regex) (backends.Clause, error) {
	re, err := translateRegex(v, false)
	if err != nil {
		return nil, refuse(m, backends.FeatureRegexSyntax, err.Error())
	}
	if re.folds {
		t.noteFolding(m.Field, m.Field.Name)
	}
	return backends.Atom("isnotnull(mvfind(" + f + `,"` + re.text + `"))`), nil
}

// whereKeyword looks into the event's text.
func (t *translation) whereKeyword(m *ast.Match, k *ast.Keyword) (backends.Clause, error) {
	switch v := k.Value.(type) {
	case *ast.Pattern:
		if shape, _ := v.Contains().Shape(); shape == ast.ShapeAny {
			return backends.Atom("isnotnull(_raw)"), nil
		}
		x, err := jsonMatcher(m, v)
		if err != nil {
			return nil, err
		}
		return rawMatches([]matcher{x}), nil
	case *ast.Number:
		return rawMatches([]matcher{{body: numberMatcher(v).body}}), nil
	case *ast.Regex:
		re, err := translateRegex(v, true)
		if err != nil {
			return nil, refuse(m, backends.FeatureRegexSyntax, err.Error())
		}
		if re.folds {
			t.noteFolding(m.Field, "_raw")
		}
		return holds(`match(_raw,"` + re.text + `")`), nil
	}
	return nil, refuse(m, backends.FeatureKeyword, "a keyword must be a string, a number or a regular expression")
}

func rawMatches(list []matcher) backends.Clause {
	return eachRegex(list, func(re string) backends.Clause { return holds(`match(_raw,"` + re + `")`) })
}

// jsonMatcher finds v anywhere in text that may be JSON.
func jsonMatcher(m *ast.Match, v *ast.Pattern) (matcher, error) {
	x, err := patternMatcher(m, v)
	if err != nil {
		return x, err
	}
	x.start, x.end = false, false
	var b strings.Builder
	parts := v.Contains().Parts
	for _, p := range parts[1 : len(parts)-1] {
		switch p := p.(type) {
		case ast.Literal:
			quoteJSONRegex(&b, string(p))
		case ast.AnyRun:
			b.WriteString(".*")
		case ast.AnyOne:
			b.WriteString(".")
		case ast.Dash:
			b.WriteString(dashAlternatives)
		}
	}
	x.body = b.String()
	return x, nil
}

// whereObject prints what is asked of a field that is known to be an object.
// Such a field has no value of its own in Splunk, so that its text is taken out
// of the event. It gives nothing for a leaf that no object satisfies, which is
// printed as for other fields.
func whereObject(m *ast.Match) (backends.Clause, error) {
	path, ok := spathName(m.Field.Name)
	text := "spath(_raw," + path + ")"
	there, absent := backends.Atom("isnotnull("+text+")"), backends.Atom("isnull("+text+")")
	var c backends.Clause
	switch v := m.Value.(type) {
	case *ast.Pattern:
		switch shape, _ := v.Shape(); {
		case shape == ast.ShapeAny:
			c = there
		case shape == ast.ShapeContains || piecesOfText(v):
			x, err := jsonMatcher(m, v)
			if err != nil {
				return nil, err
			}
			c = anyMatches(text, []matcher{x})
		default:
			return nil, refuse(m, backends.FeatureWildcard, "of an object only a part of its text can be looked for")
		}
	case *ast.Null:
		c = absent
	case *ast.Exists:
		c = absent
		if v.Want {
			c = there
		}
	default:
		return nil, nil
	}
	if !ok {
		return nil, refuse(m, backends.FeatureFieldName, "spath cannot name the object "+strconv.Quote(m.Field.Name))
	}
	return c, nil
}

// piecesOfText reports whether a pattern looks for texts in their order, *a*b*,
// of which JSON changes nothing but that a backslash may stand before a
// character. Then the object's text has them exactly if it is found there: what
// one of its values holds stands in it, be it with backslashes.
func piecesOfText(v *ast.Pattern) bool {
	n := len(v.Parts)
	if n == 0 || v.Parts[0] != (ast.AnyRun{}) || v.Parts[n-1] != (ast.AnyRun{}) {
		return false
	}
	return !slices.ContainsFunc(v.Parts, func(p ast.Part) bool {
		lit, isText := p.(ast.Literal)
		_, isRun := p.(ast.AnyRun)
		return !isRun && !isText || strings.ContainsFunc(string(lit), func(r rune) bool { return r < ' ' || r > '~' })
	})
}

// decimalGuard keeps tonumber from reading what is no decimal number: it is not
// documented what it makes of blanks, hexadecimal digits, inf or nan.
const decimalGuard = `"\A[-+.0-9eE]+\z"`

func whereComparison(m *ast.Match, f string, v *ast.Comparison) (backends.Clause, error) {
	number, ok := evalNumber(v.Number)
	if !ok {
		return nil, refuse(m, backends.FeatureComparison, "eval computes in floating point, which cannot hold "+v.Number.Decimal.String()+" for sure")
	}
	op := v.Op.String()
	if v.Op == ast.Equal {
		op = "=="
	}
	test := "tonumber(" + f + ")" + op + number
	if !isNumeric(m.Field.Type) {
		test = "match(" + f + "," + decimalGuard + ") AND " + test
	}
	return filtered(test), nil
}

// maxDigits is the number of decimal digits that a double keeps.
const maxDigits = 15

// evalNumber is a number literal of eval.
func evalNumber(n *ast.Number) (string, bool) {
	text := n.Decimal.String()
	digits := 0
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			digits++
		} else if text[i] == 'e' {
			return "", false
		}
	}
	return text, digits <= maxDigits
}

// timeGuard is text that begins like 2006-01-02T15:04:05.
const timeGuard = `"\A\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d"`

// timePart says where a part stands in such text, as arguments of substr, and
// its letter for strftime.
func timePart(u ast.TimeUnit) (place, letter string, ok bool) {
	switch u {
	case ast.Year:
		return "1,4", "Y", true
	case ast.Month:
		return "6,2", "m", true
	case ast.Day:
		return "9,2", "d", true
	case ast.Hour:
		return "12,2", "H", true
	case ast.Minute:
		return "15,2", "M", true
	case ast.Week: // %V counts weeks from 1, but the manual does not say which
	}
	return "", "", false
}

func whereTimePart(m *ast.Match, f string, v *ast.TimePart) (backends.Clause, error) {
	place, letter, ok := timePart(v.Unit)
	if !ok {
		return nil, refuse(m, backends.FeatureTimePart, "Splunk documents no ISO "+v.Unit.String()+" of the year")
	}
	op := v.Op.String()
	if v.Op == ast.Equal {
		op = "=="
	}
	number := op + strconv.Itoa(v.N)
	if isNumeric(m.Field.Type) {
		return holds("tonumber(strftime(" + f + `,"%` + letter + `"))` + number), nil
	}
	return filtered("match(" + f + "," + timeGuard + ") AND tonumber(substr(" + f + "," + place + "))" + number), nil
}

func whereFieldRef(m *ast.Match, f string, v *ast.FieldRef) (backends.Clause, error) {
	g, ok := whereName(v.Field.Name)
	if !ok {
		return nil, refuseName(m, v.Field.Name)
	}
	for _, field := range []ast.Field{m.Field, v.Field} {
		if isMulti(field) {
			return nil, refuse(m, backends.FeatureFieldRef, strconv.Quote(field.Name)+" holds a list, and eval has no comparison of two lists")
		}
	}
	lf, lg, length := "lower("+f+")", "lower("+g+")", "len("+g+")"
	switch v.Mode {
	case ast.RefEqual:
		return holds(lf + "==" + lg), nil
	case ast.RefStartsWith:
		return holds(length + ">0 AND substr(" + lf + ",1," + length + ")==" + lg), nil
	case ast.RefEndsWith:
		return holds(length + ">0 AND len(" + f + ")>=" + length + " AND substr(" + lf + ",0-" + length + ")==" + lg), nil
	case ast.RefContains:
		return holds(length + ">0 AND mvcount(split(" + lf + "," + lg + "))>1"), nil
	}
	return nil, refuse(m, backends.FeatureFieldRef, "an unknown relation")
}

// isMulti reports whether a field is known to hold a list; Splunk names the
// members of a JSON array with braces.
func isMulti(f ast.Field) bool {
	return f.Multi == ast.MultiValued || f.Multi == ast.MultiUnknown && strings.Contains(f.Name, "{}")
}
