package verify

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"regexp/syntax"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sigmatic/ast"
)

// Probes are values, as raw JSON, that lie on both sides of a leaf's border.
// The empty string stands for a field that is missing.

// anything is worth trying on every field.
var anything = []string{
	"", "null", `""`, "[]", "[null]", `[""]`, `"x"`, `"*"`, `"?"`, `"\\"`, `"null"`, `" "`, "12", `"12"`, "true", `"true"`,
	`["y","z"]`, `"\n"`, `[null,"x"]`,
}

// hits gives values that a leaf should match, as far as this can tell: the
// reference has the last word.
func hits(v ast.Value, rng *rand.Rand) []string {
	switch v := v.(type) {
	case *ast.Pattern:
		return quoteAll(patternTexts(v))
	case *ast.Number:
		return []string{v.Decimal.String(), quoteJSON(v.Decimal.String())}
	case *ast.Bool:
		return []string{fmt.Sprint(v.Value), quoteJSON(fmt.Sprint(v.Value))}
	case *ast.Null:
		return []string{"", "null"}
	case *ast.Regex:
		return quoteAll(regexTexts(v, rng))
	case *ast.CIDR:
		return quoteAll(addresses(v.Prefix)[:1])
	case *ast.Comparison:
		return comparisonHits(v)
	case *ast.TimePart:
		return timeHits(v)
	case *ast.Exists:
		if v.Want {
			return []string{`"x"`}
		}
		return []string{""}
	case *ast.FieldRef:
		return []string{`"ref x"`}
	case *ast.Members:
		return []string{"[" + member(v.Expr, rng, false) + "]"}
	case *ast.Keyword:
		return hits(v.Value, rng)
	}
	panic(fmt.Sprintf("verify: unknown value %T", v))
}

// nearMisses gives values around a leaf's border, hits among them.
func nearMisses(v ast.Value, rng *rand.Rand) []string {
	switch v := v.(type) {
	case *ast.Pattern:
		return aroundTexts(patternTexts(v), v.SigmaText())
	case *ast.Number:
		return aroundNumber(v.Decimal)
	case *ast.Bool:
		return []string{"true", "false", `"true"`, `"false"`, `"TRUE"`, `"False"`, `"tRue"`, "1", "0", `"1"`, `"yes"`, `""`, `" true"`, `"truex"`,
			"[true,false]", `["true","x"]`, `["x"]`, "[false]", "[true]"}
	case *ast.Null, *ast.Exists:
		return []string{`[null,null]`, "[[]]", `["a",null]`, "0", "false"}
	case *ast.Regex:
		return append(aroundTexts(regexTexts(v, rng), v.Source), regexTraps(v, rng)...)
	case *ast.CIDR:
		return aroundNetwork(v.Prefix)
	case *ast.Comparison:
		return append(aroundNumber(v.Number.Decimal), `"abc"`, `"1e3"`, `"-1e3"`, "1e3", "-7", `".5"`, `"5."`, `"0x0c"`, `"1_2"`, `"12d"`, `"NaN"`, `"Infinity"`)
	case *ast.TimePart:
		return aroundTime(v)
	case *ast.FieldRef:
		return []string{`"ref x"`, `"REF X"`, `"ref"`, `" x"`, `"ef "`, `"ref x y"`, `"a ref x"`, `""`, "12", `"12"`, "12.0", `"É"`, `"é"`, `["ref x","y"]`, `"r*f x"`}
	case *ast.Members:
		whole, part := member(v.Expr, rng, false), member(v.Expr, rng, true)
		return []string{"[" + part + "," + whole + "]", "[" + part + "]", whole, "[{}]", "[[]]"}
	case *ast.Keyword:
		return nearMisses(v.Value, rng)
	}
	panic(fmt.Sprintf("verify: unknown value %T", v))
}

// member gives a member of an array that satisfies each leaf of an expression;
// or, in part, one of two.
func member(e ast.Expr, rng *rand.Rand, part bool) string {
	self, n := "", 0
	fields := object{}
	ast.Leaves(e, func(m *ast.Match, _ bool) {
		if n++; part && n%2 == 0 {
			return
		}
		switch hit := hits(m.Value, rng); {
		case len(hit) == 0 || hit[0] == "":
		case m.Field.Name == ast.Self:
			self = hit[0]
		default:
			fields[fieldOf(m)] = hit[0]
		}
	})
	if self != "" {
		return self
	}
	return string(fields.encode())
}

func quoteAll(texts []string) []string {
	var out []string
	for _, t := range texts {
		if utf8.ValidString(t) {
			out = append(out, quoteJSON(t))
		}
	}
	return out
}

// fillings put something into the place of each wildcard.
var fillings = []struct{ run, one, dash string }{
	{"", "x", "-"},
	{"xy z", "é", "/"},
	{"\n", "\n", "–"},
	{"*", "?", "—"},
	{`\`, "*", "―"},
	{`a.b/c"d`, "😀", "-"},
	{"[1,2]", `"`, "/"},
}

// patternTexts gives texts of a pattern.
func patternTexts(v *ast.Pattern) []string {
	var out []string
	for _, f := range fillings {
		var b strings.Builder
		for _, p := range v.Parts {
			switch p := p.(type) {
			case ast.Literal:
				b.WriteString(string(p))
			case ast.AnyRun:
				b.WriteString(f.run)
			case ast.AnyOne:
				b.WriteString(f.one)
			case ast.Dash:
				b.WriteString(f.dash)
			}
		}
		if !slices.Contains(out, b.String()) {
			out = append(out, b.String())
		}
	}
	return out
}

// aroundTexts gives texts that differ a little from those that match, and lists
// of them. source is the value in the rule's notation, wildcards as data.
func aroundTexts(texts []string, source string) []string {
	if len(texts) == 0 {
		return nil
	}
	w := texts[0]
	out := append([]string{}, texts...)
	out = append(out, source, strings.ToUpper(w), strings.ToLower(w), swapCase(w), otherCase(w), strings.ToTitle(w))
	out = append(out, "x"+w, w+"x", "x"+w+"x", " "+w, w+" ", "\n"+w, w+"\n", w+w)
	runes := []rune(w)
	if n := len(runes); n > 0 {
		out = append(out, string(runes[1:]), string(runes[:n-1]), string(runes[:n/2])+"x"+string(runes[n/2:]),
			string(runes[:n/2])+"\n"+string(runes[n/2:]), "q"+string(runes[1:]), string(runes[:n-1])+"q")
	}
	for _, c := range `.*?\+|()[]{}^$"'/#@&<>~-_%` {
		if strings.ContainsRune(w, c) {
			out = append(out, strings.ReplaceAll(w, string(c), "q"), strings.ReplaceAll(w, string(c), ""))
		}
	}
	if strings.Contains(w, `\`) {
		out = append(out, strings.ReplaceAll(w, `\`, `\\`), strings.ReplaceAll(w, `\`, "/"))
	}
	raw := quoteAll(out)
	q := quoteJSON(w)
	raw = append(raw, quoteJSON(strings.Trim(q, `"`)), quoteJSON(list(q)), list(q), list(q, `"y"`), list(`"y"`, q), list(q, "null"), list(`"y"`, "null"),
		list(list(q)), list(`""`, q), list("12", q), list(quoteJSON(swapCase(w)), `"y"`), list(quoteJSON("y,"+w)), list(quoteJSON("x"+w+"x"), `"y"`),
		list(quoteJSON(string(runes[:len(runes)/2])), quoteJSON(string(runes[len(runes)/2:]))))
	if _, ok := ast.ParseDecimal(w); ok {
		d, _ := ast.ParseDecimal(w)
		raw = append(raw, aroundNumber(d)...)
	}
	return raw
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// otherCase replaces each letter by the farthest of those that are the same to
// a comparison without case: K by the Kelvin sign, s by the long s.
func otherCase(s string) string {
	return strings.Map(func(r rune) rune {
		top := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			top = max(top, f)
		}
		return top
	}, s)
}

// aroundNumber gives spellings of a number and of its neighbours.
func aroundNumber(d ast.Decimal) []string {
	n := d.String()
	out := []string{n, quoteJSON(n)}
	for _, delta := range []string{"1", "-1", "0.5", "-0.5", "0.001"} {
		m := plus(n, delta)
		out = append(out, m, quoteJSON(m))
	}
	if !strings.Contains(n, "e") {
		if !strings.Contains(n, ".") {
			out = append(out, n+".0", n+".00", quoteJSON(n+".0"), quoteJSON(n+"."))
		} else {
			out = append(out, n+"0", quoteJSON(n+"0"))
		}
		out = append(out, n+"e0", quoteJSON(n+"e0"))
	}
	for _, text := range []string{"0" + n, "+" + n, " " + n, n + " ", n + "d", n + "x", "x" + n, n + "_0", "-" + n, n + "\n"} {
		out = append(out, quoteJSON(text))
	}
	return append(out, list(n, "7"), list(`"x"`, n), list(plus(n, "-1"), plus(n, "1")), list(quoteJSON(n)), list(n), list(plus(n, "0.25"), `"y"`), quoteJSON(list(n)))
}

// plus adds two decimal numbers exactly.
func plus(a, b string) string {
	x, okA := new(big.Rat).SetString(a)
	y, okB := new(big.Rat).SetString(b)
	if !okA || !okB {
		return "0"
	}
	d, _ := ast.ParseDecimal(x.Add(x, y).FloatString(20))
	return d.String()
}

func comparisonHits(v *ast.Comparison) []string {
	n := v.Number.Decimal.String()
	switch v.Op {
	case ast.Less:
		return []string{plus(n, "-1"), quoteJSON(plus(n, "-1"))}
	case ast.Greater:
		return []string{plus(n, "1"), quoteJSON(plus(n, "1"))}
	case ast.Equal, ast.LessOrEqual, ast.GreaterOrEqual:
	}
	return []string{n, quoteJSON(n)}
}

// addresses gives the first, the last and an inner address of a network, then
// those beside it.
func addresses(p netip.Prefix) []string {
	first, last := p.Masked().Addr(), lastOf(p)
	out := []string{first.String(), last.String()}
	if next := first.Next(); next.IsValid() && p.Contains(next) {
		out = append(out, next.String())
	}
	for _, a := range []netip.Addr{first.Prev(), last.Next()} {
		if a.IsValid() {
			out = append(out, a.String())
		}
	}
	return out
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// aroundNetwork gives addresses in and beside a network, and text that is
// nearly one.
func aroundNetwork(p netip.Prefix) []string {
	first := p.Masked().Addr()
	a := first.String()
	out := addresses(p)
	out = append(out, a+"/32", a+":80", " "+a, a+" ", a+"x", "x"+a, a+".", p.String(), a+"%eth0", "AWS Internal", "10.1.2", "10.1.2.256", "010.1.2.3",
		"10.1.2.3.4", "10.01.2.3", "::ffff:10.1.2.3", "127.0.0.1", "192.168.1.1", "8.8.8.8", "2001:db8::1", "fe80::1", "::1", "::", "255.255.255.255", "0.0.0.0")
	if first.Is4() {
		out = append(out, "::ffff:"+a, "::"+a)
	} else {
		out = append(out, first.StringExpanded(), strings.ToUpper(lastOf(p).String()), strings.ToUpper(first.StringExpanded()))
	}
	raw := quoteAll(out)
	return append(raw, "10", "true", list(quoteJSON(a), `"8.8.8.8"`), list(`"x"`, quoteJSON(a)), list(`"8.8.8.8"`, `"9.9.9.9"`), list(quoteJSON(a)))
}

// timeHits gives times that have the part, as far as the calendar lets them.
func timeHits(v *ast.TimePart) []string {
	n := v.N
	switch v.Op {
	case ast.Less:
		n--
	case ast.Greater:
		n++
	case ast.Equal, ast.LessOrEqual, ast.GreaterOrEqual:
	}
	at := time.Date(2024, 3, 13, 10, 20, 30, 0, time.UTC)
	switch v.Unit {
	case ast.Minute:
		at = time.Date(2024, 3, 13, 10, n, 30, 0, time.UTC)
	case ast.Hour:
		at = time.Date(2024, 3, 13, n, 20, 30, 0, time.UTC)
	case ast.Day:
		at = time.Date(2024, 3, n, 10, 20, 30, 0, time.UTC)
	case ast.Week:
		at = time.Date(2020, 1, 1, 10, 20, 30, 0, time.UTC).AddDate(0, 0, 7*(n-1))
	case ast.Month:
		at = time.Date(2024, time.Month(n), 13, 10, 20, 30, 0, time.UTC)
	case ast.Year:
		at = time.Date(n, 3, 13, 10, 20, 30, 0, time.UTC)
	}
	return []string{quoteJSON(at.Format(time.RFC3339))}
}

// aroundTime gives a time in every form, and others close by.
func aroundTime(v *ast.TimePart) []string {
	text, _ := isText(timeHits(v)[0])
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil
	}
	var out []string
	for _, t := range []time.Time{at, at.Add(time.Minute), at.Add(-time.Minute), at.Add(time.Hour), at.Add(-time.Hour), at.AddDate(0, 0, 1), at.AddDate(0, 0, -1),
		at.AddDate(0, 0, 7), at.AddDate(0, 1, 0), at.AddDate(1, 0, 0)} {
		out = append(out, t.Format(time.RFC3339))
	}
	out = append(out, at.Format("2006-01-02T15:04:05.000Z"), at.Format("2006-01-02T15:04:05"), at.Format("2006-01-02 15:04:05"), at.Format("2006-01-02T15:04:05")+"+02:00",
		at.Format("2006-01-02"), "yesterday", fmt.Sprint(at.Unix()), fmt.Sprint(at.UnixMilli()))
	raw := quoteAll(out)
	return append(raw, fmt.Sprint(at.Unix()), fmt.Sprint(at.UnixMilli()), list(quoteJSON(text), `"x"`))
}

// regexTexts gives texts that an expression finds, by walking its tree. Where
// assertions contradict each other they do not match; that does no harm.
func regexTexts(v *ast.Regex, rng *rand.Rand) []string {
	tree, err := v.Parse()
	if err != nil {
		return nil
	}
	var out []string
	for i := range 8 {
		var b strings.Builder
		writeSample(&b, tree, rng, i)
		if s := b.String(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// regexTraps put the match between line breaks, and letters beside it.
func regexTraps(v *ast.Regex, rng *rand.Rand) []string {
	texts := regexTexts(v, rng)
	if len(texts) == 0 {
		return nil
	}
	w := texts[0]
	return quoteAll([]string{"x\n" + w + "\ny", "x\n" + w, w + "\ny", "_" + w + "_", "é" + w + "é", "-" + w + "-", strings.ReplaceAll(w, "x", "\n")})
}

func writeSample(b *strings.Builder, re *syntax.Regexp, rng *rand.Rand, round int) {
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			i := rng.IntN(len(re.Rune)/2) * 2
			if round == 0 {
				i = 0
			}
			b.WriteRune(printable(re.Rune[i], re.Rune[i+1]))
		}
	case syntax.OpAnyCharNotNL, syntax.OpAnyChar:
		b.WriteString([]string{"x", "é", ".", "1", " "}[round%5])
	case syntax.OpCapture:
		writeSample(b, re.Sub[0], rng, round)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			writeSample(b, sub, rng, round)
		}
	case syntax.OpAlternate:
		writeSample(b, re.Sub[round%len(re.Sub)], rng, round)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		n := map[syntax.Op]int{syntax.OpPlus: 1, syntax.OpRepeat: re.Min}[re.Op]
		if round%3 == 1 && re.Max != n && n < 20 {
			n++
		}
		for range n {
			writeSample(b, re.Sub[0], rng, round)
		}
	}
}

// printable is a character of a range, in sight if the range has one.
func printable(lo, hi rune) rune {
	if lo < ' ' && hi >= '!' {
		return '!'
	}
	return lo
}
