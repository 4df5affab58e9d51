package parser

import (
	"fmt"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/parser/yamldoc"
)

// Modifier documents one modifier, for lists and help.
type Modifier struct {
	Name    string
	Aliases []string
	Summary string
}

// modifier is a row of the table: what it takes and what it does.
type modifier struct {
	Modifier
	// first: it reads the value as written, so nothing may stand before it that
	// changes values.
	first bool
	// value changes one value; nil for modifiers of the whole list.
	value func(v operand) (ast.Alternatives, *fault)
	// item changes the whole item; nil for modifiers of values.
	item func(*ast.Item)
}

// operand is a value on its way through a chain.
type operand struct {
	value ast.Value
	raw   string // the text as written; only for modifiers that are first
	node  *yamldoc.Node
}

// fault is why a modifier cannot take a value.
type fault struct {
	code          diag.Code
	summary, help string
	replacement   string // of the whole scalar, where the mend is certain
}

func faultf(code diag.Code, help, format string, args ...any) *fault {
	return &fault{code: code, help: help, summary: fmt.Sprintf(format, args...)}
}

// wrongType is the fault of a value that a modifier cannot work on.
func wrongType(name, wants string, v ast.Value) *fault {
	return faultf(diag.ModifierType, "", "%s takes %s, not %s", name, wants, describe(v))
}

func describe(v ast.Value) string {
	switch v := v.(type) {
	case *ast.Pattern:
		if _, literal := v.Literal(); !literal {
			return "a string with wildcards"
		}
		return "a string"
	case *ast.Number:
		return "the number " + v.Lexeme
	case *ast.Bool:
		return "a boolean"
	case *ast.Null:
		return "null"
	case *ast.Regex:
		return "a regular expression"
	case *ast.CIDR:
		return "a network"
	case *ast.Comparison:
		return "a comparison"
	case *ast.TimePart:
		return "a time part"
	case *ast.Exists:
		return "an existence test"
	case *ast.FieldRef:
		return "a field reference"
	case *ast.Members:
		return "members of an array"
	case *ast.Keyword:
		return "a keyword"
	}
	return fmt.Sprintf("%T", v)
}

// modifiers is the table (Sigma specification 2.1, "Value modifiers"). Adding
// one is adding a row.
var modifiers = []modifier{
	{Modifier: Modifier{"contains", nil, "the value stands anywhere in the field"}, value: affix("contains", true, true)},
	{Modifier: Modifier{"startswith", nil, "the field begins with the value"}, value: affix("startswith", false, true)},
	{Modifier: Modifier{"endswith", nil, "the field ends with the value"}, value: affix("endswith", true, false)},
	{Modifier: Modifier{"all", nil, "every value of the list must match, instead of one"}, item: func(i *ast.Item) { i.All = true }},
	{Modifier: Modifier{"neq", nil, "the item must not match"}, item: func(i *ast.Item) { i.Negated = true }},
	{Modifier: Modifier{"cased", nil, "letter case counts"}, value: cased},
	{Modifier: Modifier{"exists", nil, "the field is there (true) or not (false)"}, first: true, value: exists},
	{Modifier: Modifier{"re", nil, "the value is a regular expression, searched anywhere in the field"}, first: true, value: regex},
	{Modifier: Modifier{"i", []string{"ignorecase"}, "re: letter case does not count"}, value: regexFlag("i", func(r *ast.Regex) { r.IgnoreCase = true })},
	{Modifier: Modifier{"m", []string{"multiline"}, "re: ^ and $ match at line breaks"}, value: regexFlag("m", func(r *ast.Regex) { r.Multiline = true })},
	{Modifier: Modifier{"s", []string{"dotall"}, "re: . matches line breaks"}, value: regexFlag("s", func(r *ast.Regex) { r.DotAll = true })},
	{Modifier: Modifier{"base64", nil, "the Base64 form of the value"}, value: base64Whole},
	{Modifier: Modifier{"base64offset", nil, "the three Base64 forms of the value inside a longer text"}, value: base64Offset},
	{Modifier: Modifier{"utf16le", []string{"wide"}, "the value in UTF-16, little-endian"}, value: utf16Encode("utf16le", false, false)},
	{Modifier: Modifier{"utf16be", nil, "the value in UTF-16, big-endian"}, value: utf16Encode("utf16be", true, false)},
	{Modifier: Modifier{"utf16", nil, "the value in UTF-16, little-endian behind a byte order mark"}, value: utf16Encode("utf16", false, true)},
	{Modifier: Modifier{"windash", nil, "a dash or slash before a command-line option may be any of - / – — ―"}, value: windash},
	{Modifier: Modifier{"cidr", nil, "the field is an address of the network"}, first: true, value: cidr},
	{Modifier: Modifier{"expand", nil, "%name% in the value is a placeholder"}, value: expand},
	{Modifier: Modifier{"fieldref", nil, "the value is the name of another field to compare with"}, value: fieldRef},
	{Modifier: Modifier{"lt", nil, "less than"}, value: compare("lt", ast.Less)},
	{Modifier: Modifier{"lte", nil, "less than or equal to"}, value: compare("lte", ast.LessOrEqual)},
	{Modifier: Modifier{"gt", nil, "greater than"}, value: compare("gt", ast.Greater)},
	{Modifier: Modifier{"gte", nil, "greater than or equal to"}, value: compare("gte", ast.GreaterOrEqual)},
	{Modifier: Modifier{"minute", nil, "the minute of a time, 0 to 59"}, value: timePart(ast.Minute)},
	{Modifier: Modifier{"hour", nil, "the hour of a time, 0 to 23"}, value: timePart(ast.Hour)},
	{Modifier: Modifier{"day", nil, "the day of the month, 1 to 31"}, value: timePart(ast.Day)},
	{Modifier: Modifier{"week", nil, "the ISO week, 1 to 53"}, value: timePart(ast.Week)},
	{Modifier: Modifier{"month", nil, "the month, 1 to 12"}, value: timePart(ast.Month)},
	{Modifier: Modifier{"year", nil, "the year"}, value: timePart(ast.Year)},
}

// Modifiers lists all modifiers in the order of the table.
func Modifiers() []Modifier {
	out := make([]Modifier, len(modifiers))
	for i, m := range modifiers {
		out[i] = m.Modifier
	}
	return out
}

func findModifier(name string) *modifier {
	for i := range modifiers {
		if modifiers[i].Name == name {
			return &modifiers[i]
		}
		for _, alias := range modifiers[i].Aliases {
			if alias == name {
				return &modifiers[i]
			}
		}
	}
	return nil
}

// chain is an item's modifiers, ready to be applied to its values.
type chain struct {
	item  *ast.Item
	steps []*modifier
}

// chain reads the modifiers of a key. nil means that an error was reported. A nil
// key is that of bare values.
func (p *docParser) chain(key *yamldoc.Node, field ast.Field, values *yamldoc.Node) *chain {
	c := &chain{item: &ast.Item{}}
	if key == nil {
		c.item.IsKeyword = true
		return c
	}
	if key.Kind == yamldoc.Bool || key.Kind == yamldoc.Null && key.Text != "" {
		p.errorf(diag.YAMLKey, key.Span, "quote it", "the key %s is read as %s, expected a field name", key.Text, key.Kind)
		return nil
	}
	names := strings.Split(key.Text, "|")
	c.item.Key = ast.Text{Value: key.Text, Span: key.Span}
	c.item.Field = field
	c.item.IsKeyword = names[0] == ""
	at := len(names[0]) + 1
	ok := true
	for _, name := range names[1:] {
		text := ast.Text{Value: name, Span: key.Sub(at, at+len(name))}
		c.item.Modifiers = append(c.item.Modifiers, text)
		ok = p.step(c, text) && ok
		at += len(name) + 1
	}
	if !ok {
		return nil
	}
	p.lintAll(c.item, values)
	return c
}

// synonyms are names that other languages have for a modifier.
var synonyms = map[string]string{
	"beginswith": "startswith", "begins": "startswith", "starts": "startswith", "prefix": "startswith",
	"ends": "endswith", "suffix": "endswith", "like": "contains", "substring": "contains", "regex": "re", "regexp": "re",
	"subnet": "cidr", "and": "all", "base64_offset": "base64offset", "case": "cased", "ge": "gte", "le": "lte",
}

// step adds one modifier to the chain.
func (p *docParser) step(c *chain, name ast.Text) bool {
	m := findModifier(name.Value)
	if m == nil {
		help := "the modifiers are listed by: sigmatic list modifiers"
		near := synonyms[strings.ToLower(name.Value)]
		if near == "" {
			near = diag.Nearest(name.Value, modifierNames())
		}
		if near != "" {
			help = fmt.Sprintf("did you mean %q?", near)
		}
		if name.Value == "not" {
			help = `negate in the condition, or use "neq"`
		}
		p.errorf(diag.UnknownModifier, name.Span, help, "unknown modifier %q", name.Value)
		if near != "" && name.Value != "not" {
			p.withFix(name.Span, near)
		}
		return false
	}
	if m.first {
		if earlier := c.changed(); earlier != "" {
			p.errorf(diag.ModifierOrder, name.Span, fmt.Sprintf("write %q directly after the field", m.Name),
				"%s reads the value as it is written and cannot follow %s", m.Name, earlier)
			return false
		}
		if m.Name == "exists" && c.item.IsKeyword {
			p.errorf(diag.BadKeyword, name.Span, "put a field's name before it", "exists needs a field")
			return false
		}
	}
	c.steps = append(c.steps, m)
	if m.item != nil {
		m.item(c.item)
	}
	return true
}

// changed names the modifier that already stands in the chain and keeps one
// that reads the value as written from doing so.
func (c *chain) changed() string {
	for _, s := range c.steps {
		if s.value != nil || s.Name == "neq" {
			return s.Name
		}
	}
	return ""
}

func modifierNames() []string {
	var names []string
	for _, m := range modifiers {
		if len(m.Name) > 1 { // the one-letter flags are near to everything
			names = append(names, m.Name)
		}
		names = append(names, m.Aliases...)
	}
	return names
}

// lintAll warns of an all that has nothing to join.
func (p *docParser) lintAll(item *ast.Item, values *yamldoc.Node) {
	if !item.All || values.Kind == yamldoc.List && len(values.Items) > 1 {
		return
	}
	for _, m := range item.Modifiers {
		if m.Value == "all" {
			p.warnf(diag.AllOnSingleValue, m.Span, "remove it", "all has no effect on a single value")
		}
	}
}

// apply runs a written value through the chain. No alternatives means that an
// error was reported.
func (c *chain) apply(p *docParser, n *yamldoc.Node) ast.Alternatives {
	v, f := initial(n, len(c.steps) > 0 && c.readsText())
	current := ast.Alternatives{v}
	for _, step := range c.steps {
		if f != nil {
			break
		}
		if step.value == nil {
			continue
		}
		var next ast.Alternatives
		for _, v := range current {
			out, bad := step.value(operand{value: v, raw: n.Text, node: n})
			if bad != nil {
				f = bad
				break
			}
			next = append(next, out...)
		}
		current = next
	}
	if f == nil && c.item.IsKeyword {
		current, f = keywords(current, n)
	}
	if f != nil {
		p.errorf(f.code, n.Span, f.help, "%s", f.summary)
		if f.replacement != "" {
			p.withFix(n.Span, f.replacement)
		}
		return nil
	}
	p.lintValue(c, current, n)
	return current
}

// readsText reports whether the chain begins with a modifier that wants text,
// so that a number written without quotes is taken by its spelling.
func (c *chain) readsText() bool {
	for _, s := range c.steps {
		if s.value != nil {
			return s.Name == "re" || s.Name == "cidr"
		}
	}
	return false
}

// lintValue warns of values that can hardly be meant.
func (p *docParser) lintValue(c *chain, alternatives ast.Alternatives, n *yamldoc.Node) {
	for _, v := range alternatives {
		switch v := v.(type) {
		case *ast.Pattern:
			if hasNUL(v) {
				p.warnf(diag.UTF16Unencoded, n.Span, "put base64 or base64offset behind it", "the value is UTF-16 bytes, which stand in no text; it will hardly match")
				return
			}
		case *ast.FieldRef:
			if p.arrays && strings.ContainsAny(v.Field.Name, "[]") {
				p.errorf(diag.BadSelector, n.Span, "", "a field reference names one field, without array selectors")
			}
		case *ast.TimePart:
			if lo, hi := unitRange(v.Unit); v.N < lo || v.N > hi {
				p.warnf(diag.TimePartRange, n.Span, "", "%s must be between %d and %d, found %d", v.Unit, lo, hi, v.N)
			}
		}
	}
}

func hasNUL(v *ast.Pattern) bool {
	for _, part := range v.Parts {
		if lit, ok := part.(ast.Literal); ok && strings.Contains(string(lit), "\x00") {
			return true
		}
	}
	return false
}

func unitRange(u ast.TimeUnit) (lo, hi int) {
	switch u {
	case ast.Minute:
		return 0, 59
	case ast.Hour:
		return 0, 23
	case ast.Day:
		return 1, 31
	case ast.Week:
		return 1, 53
	case ast.Month:
		return 1, 12
	}
	return 1, 9999
}

// initial types a written value by its YAML kind.
func initial(n *yamldoc.Node, asText bool) (ast.Value, *fault) {
	if asText && n.Kind != yamldoc.Null {
		return &ast.Pattern{Parts: ast.ParsePattern(n.Text), Span: n.Span}, nil
	}
	switch n.Kind {
	case yamldoc.Null:
		return &ast.Null{Span: n.Span}, nil
	case yamldoc.Bool:
		return &ast.Bool{Value: n.TruthOf(), Span: n.Span}, nil
	case yamldoc.Int, yamldoc.Float:
		d, ok := numberOf(n.Text)
		if !ok {
			return nil, faultf(diag.BadValue, "quote it if it is text", "%q is not a number", n.Text)
		}
		return &ast.Number{Decimal: d, Lexeme: n.Text, Span: n.Span}, nil
	}
	return &ast.Pattern{Parts: ast.ParsePattern(n.Text), Span: n.Span}, nil
}

// keywords wraps the values of an item without a field.
func keywords(list ast.Alternatives, n *yamldoc.Node) (ast.Alternatives, *fault) {
	out := make(ast.Alternatives, len(list))
	for i, v := range list {
		switch v := v.(type) {
		case *ast.Pattern:
			out[i] = &ast.Keyword{Value: v.Contains(), Span: n.Span}
		case *ast.Number:
			// A keyword is looked for in text, so the number counts as it is spelled.
			text := &ast.Pattern{Parts: ast.ParsePattern(n.Text), Span: n.Span}
			out[i] = &ast.Keyword{Value: text.Contains(), Span: n.Span}
		case *ast.Regex:
			out[i] = &ast.Keyword{Value: v, Span: n.Span}
		default:
			return nil, faultf(diag.BadKeyword, "put a field's name before the value", "%s needs a field to be compared with", describe(v))
		}
	}
	return out, nil
}
