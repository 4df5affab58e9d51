package evaluator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sigmatic/ast"
)

// This file reads the detect lines of testdata/semantics on its own, so that the
// cases judge the evaluator even where the parser is at fault. It knows only the
// small YAML that the README there allows.

// lowerDetect gives the expression of the lines under one search identifier.
func lowerDetect(lines []string) (ast.Expr, error) {
	var items []ast.Expr
	for _, line := range lines {
		key, rest := "", line
		if !strings.HasPrefix(line, "[") {
			var err error
			if key, rest, err = cutKey(line); err != nil {
				return nil, err
			}
		}
		values, err := readValues(rest)
		if err != nil {
			return nil, err
		}
		item, err := lowerItem(key, values)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		items = append(items, item)
	}
	if len(items) == 1 {
		return items[0], nil
	}
	return &ast.And{Terms: items}, nil
}

func cutKey(line string) (key, rest string, err error) {
	if strings.HasPrefix(line, "'") {
		if key, rest, err = readScalarText(line); err != nil {
			return "", "", err
		}
		rest, ok := strings.CutPrefix(rest, ": ")
		if !ok {
			return "", "", fmt.Errorf("%s: expected a colon", line)
		}
		return key, rest, nil
	}
	key, rest, ok := strings.Cut(line, ": ")
	if !ok {
		return "", "", fmt.Errorf("%s: expected a key", line)
	}
	return key, rest, nil
}

// yamlScalar is a scalar and whether it was in quotes.
type yamlScalar struct {
	text   string
	quoted bool
}

func readValues(s string) ([]yamlScalar, error) {
	list := strings.HasPrefix(s, "[")
	s = strings.TrimPrefix(s, "[")
	var values []yamlScalar
	for {
		quoted := strings.HasPrefix(s, "'") || strings.HasPrefix(s, `"`)
		text, rest, err := readScalarText(s)
		if err != nil {
			return nil, err
		}
		values = append(values, yamlScalar{text, quoted})
		s = rest
		if !list && s == "" || list && s == "]" {
			return values, nil
		}
		var more bool
		if s, more = strings.CutPrefix(s, ", "); !list || !more {
			return nil, fmt.Errorf("cannot read the rest of the value: %s", s)
		}
	}
}

func readScalarText(s string) (text, rest string, err error) {
	switch {
	case strings.HasPrefix(s, "'"):
		var b strings.Builder
		for s = s[1:]; ; {
			before, after, ok := strings.Cut(s, "'")
			if !ok {
				return "", "", errors.New("unclosed quote")
			}
			b.WriteString(before)
			if s, ok = strings.CutPrefix(after, "'"); !ok {
				return b.String(), after, nil
			}
			b.WriteByte('\'')
		}
	case strings.HasPrefix(s, `"`):
		d := json.NewDecoder(strings.NewReader(s))
		err = d.Decode(&text)
		return text, s[d.InputOffset():], err
	}
	if i := strings.IndexAny(s, ",]"); i >= 0 {
		return s[:i], s[i:], nil
	}
	return s, "", nil
}

func lowerItem(key string, scalars []yamlScalar) (ast.Expr, error) {
	mods := strings.Split(key, "|")
	field := ast.Field{Name: mods[0]}
	mods = mods[1:]
	terms := make([]ast.Expr, len(scalars))
	for i, s := range scalars {
		v, err := lowerValue(s, mods)
		if err != nil {
			return nil, err
		}
		if field.Name == "" {
			if p, ok := v.(*ast.Pattern); ok {
				v = p.Contains()
			}
			v = &ast.Keyword{Value: v}
		}
		terms[i] = &ast.Match{Field: field, Value: v}
	}
	var e ast.Expr = &ast.Or{Terms: terms}
	if slices.Contains(mods, "all") {
		e = &ast.And{Terms: terms}
	}
	if slices.Contains(mods, "neq") {
		e = &ast.Not{Term: e}
	}
	return e, nil
}

func lowerValue(s yamlScalar, mods []string) (ast.Value, error) {
	v := baseValue(s)
	for _, mod := range mods {
		var err error
		if v, err = applyModifier(v, s.text, mod); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func baseValue(s yamlScalar) ast.Value {
	if !s.quoted {
		if d, ok := ast.ParseDecimal(s.text); ok {
			return &ast.Number{Decimal: d, Lexeme: s.text}
		}
		switch s.text {
		case "null":
			return &ast.Null{}
		case "true", "false":
			return &ast.Bool{Value: s.text == "true"}
		}
	}
	return &ast.Pattern{Parts: ast.ParsePattern(s.text)}
}

var (
	testOps   = map[string]ast.CompareOp{"lt": ast.Less, "lte": ast.LessOrEqual, "gt": ast.Greater, "gte": ast.GreaterOrEqual}
	testModes = map[string]ast.RefMode{"startswith": ast.RefStartsWith, "endswith": ast.RefEndsWith, "contains": ast.RefContains}
	testUnits = map[string]ast.TimeUnit{
		"minute": ast.Minute, "hour": ast.Hour, "day": ast.Day, "week": ast.Week, "month": ast.Month, "year": ast.Year,
	}
)

func applyModifier(v ast.Value, raw, mod string) (ast.Value, error) {
	if unit, ok := testUnits[mod]; ok {
		n, err := strconv.Atoi(raw)
		return &ast.TimePart{Unit: unit, N: n}, err
	}
	switch mod {
	case "all", "neq":
		return v, nil
	case "exists":
		return &ast.Exists{Want: raw == "true"}, nil
	case "re":
		return &ast.Regex{Source: raw}, nil
	case "cidr":
		prefix, err := netip.ParsePrefix(raw)
		return &ast.CIDR{Prefix: prefix}, err
	case "fieldref":
		return &ast.FieldRef{Field: ast.Field{Name: raw}}, nil
	}
	switch v := v.(type) {
	case *ast.Regex:
		v.IgnoreCase = v.IgnoreCase || mod == "i"
		v.Multiline = v.Multiline || mod == "m"
		v.DotAll = v.DotAll || mod == "s"
		return v, nil
	case *ast.FieldRef:
		v.Mode = testModes[mod]
		return v, nil
	case *ast.Number:
		return &ast.Comparison{Op: testOps[mod], Number: v}, nil
	case *ast.TimePart:
		v.Op = testOps[mod]
		return v, nil
	case *ast.Pattern:
		return modifyPattern(v, mod)
	}
	return nil, fmt.Errorf("modifier %q does not apply", mod)
}

func modifyPattern(p *ast.Pattern, mod string) (ast.Value, error) {
	switch mod {
	case "contains":
		return p.Contains(), nil
	case "startswith":
		p.Parts = ast.JoinParts(append(p.Parts, ast.AnyRun{}))
	case "endswith":
		p.Parts = ast.JoinParts(append([]ast.Part{ast.AnyRun{}}, p.Parts...))
	case "cased":
		p.Cased = true
	case "windash":
		p.Parts = windash(p.Parts)
	default:
		return nil, fmt.Errorf("modifier %q does not apply", mod)
	}
	return p, nil
}

// windash makes a dash class of every dash that has no word character before it
// and one after it (§4.5).
func windash(parts []ast.Part) []ast.Part {
	var out []ast.Part
	for _, part := range parts {
		lit, ok := part.(ast.Literal)
		if !ok {
			out = append(out, part)
			continue
		}
		s := string(lit)
		for i, r := range s {
			prev, _ := utf8.DecodeLastRuneInString(s[:i])
			next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			if strings.ContainsRune(ast.DashRunes, r) && !wordChar(prev) && wordChar(next) {
				out = append(out, ast.Dash{})
			} else {
				out = append(out, ast.Literal(string(r)))
			}
		}
	}
	return ast.JoinParts(out)
}

func wordChar(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
