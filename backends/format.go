package backends

import (
	"crypto/sha1"
	"fmt"
	"slices"
	"strings"
	"time"

	"sigmatic/ast"
)

// Format is a kind of file that a product imports. The same rules always give
// the same bytes.
type Format struct {
	Name      string // on the command line
	Summary   string
	Extension string // of its files, with the dot
	// OneLine asks for queries without line breaks, Alert for those that an alert
	// rule runs (Options).
	OneLine, Alert bool
	// Head stands once, before the first item, and Separator between two.
	Head, Separator string
	Settings        []Setting
	// Keys are the names of an item, none of which the product lets two have.
	Keys func(Item) []string
	// Print gives an item's text. The error is an *Unsupported.
	Print func(Item) (string, error)
}

// Setting is something that the user may say about a format's files.
type Setting struct {
	Name, Default, Summary string
	// Check says what is wrong with a value; nil where all are right.
	Check func(value string) error
}

// Settings are the values of a format's settings, the defaults filled in.
type Settings map[string]string

// Choose gives the format's settings with the user's values.
func (f Format) Choose(values map[string]string) (Settings, error) {
	out := Settings{}
	for _, s := range f.Settings {
		out[s.Name] = s.Default
	}
	for name, value := range values {
		i := slices.IndexFunc(f.Settings, func(s Setting) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("the format %s has no setting %q, its settings are: %s", f.Name, name, strings.Join(f.settingNames(), ", "))
		}
		if check := f.Settings[i].Check; check != nil {
			if err := check(value); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		out[name] = value
	}
	return out, nil
}

func (f Format) settingNames() []string {
	var names []string
	for _, s := range f.Settings {
		names = append(names, s.Name)
	}
	return names
}

// Minutes is the value of a setting that Interval describes.
func (s Settings) Minutes(name string) int {
	d, _ := time.ParseDuration(s[name])
	return int(d.Minutes())
}

// Interval is the setting that says how often a rule runs.
func Interval() Setting {
	return Setting{Name: "interval", Default: "5m", Summary: "how often a rule runs", Check: func(value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < time.Minute || d%time.Minute != 0 {
			return fmt.Errorf("expected whole minutes such as 5m or 1h, found %q", value)
		}
		return nil
	}}
}

// Flag is a setting that is true or false.
func Flag(name string, byDefault bool, summary string) Setting {
	return Setting{Name: name, Default: fmt.Sprint(byDefault), Summary: summary, Check: func(value string) error {
		if value != "true" && value != "false" {
			return fmt.Errorf("expected true or false, found %q", value)
		}
		return nil
	}}
}

// Item is one query on its way into a file.
type Item struct {
	Rule  *ast.Rule // as the user wrote it
	Index int       // of the query's condition in the rule, from 0
	Of    int       // the number of the rule's conditions
	// Fields are those that the rule wants to be shown, in the target's terms.
	Fields   []string
	Query    string
	Notes    []Note
	Source   Source
	Settings Settings
	// Correlation is what the query is of, nil for that of a rule.
	Correlation *Correlation
}

// namespace is the one in which rules without an id, and conditions behind the
// first, get theirs: a random UUID, never to be changed.
var namespace = [16]byte{0x5f, 0x1c, 0x0a, 0x9e, 0x3b, 0x7d, 0x4c, 0x52, 0x9a, 0x66, 0x2e, 0x81, 0xd4, 0x0f, 0x73, 0xb8}

// ID is a UUID that stays the same as long as the rule is the same: the rule's
// own for its first condition. A rule without one gets it from its title and
// log source.
func (i Item) ID() string {
	id := i.Rule.ID.Value
	if id == "" {
		l := i.Rule.LogSource
		id = nameUUID(strings.Join([]string{i.Rule.Title.Value, l.Category.Value, l.Product.Value, l.Service.Value}, "\x00"))
	}
	if i.Index > 0 {
		id = nameUUID(fmt.Sprintf("%s %d", id, i.Index))
	}
	return id
}

// nameUUID is the UUID of version 5 for a name (RFC 9562, 5.5).
func nameUUID(name string) string {
	sum := sha1.Sum(append(namespace[:], name...))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Title is the rule's title, with the condition's number where there are several.
func (i Item) Title() string {
	if i.Of > 1 {
		return fmt.Sprintf("%s (%d)", i.Rule.Title.Value, i.Index+1)
	}
	return i.Rule.Title.Value
}

// Description is the rule's, or its title: products want one.
func (i Item) Description() string {
	if d := strings.TrimSpace(i.Rule.Description.Value); d != "" {
		return d
	}
	return i.Rule.Title.Value
}

// Authors are the names in the rule's author attribute, which sets them apart
// with commas; a comma in parentheses is part of a name.
func (i Item) Authors() []string {
	var out []string
	depth, start := 0, 0
	text := i.Rule.Author.Value
	take := func(end int) {
		if name := strings.TrimSpace(text[start:end]); name != "" {
			out = append(out, name)
		}
		start = end + 1
	}
	for at, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				take(at)
			}
		}
	}
	take(len(text))
	return out
}

// Tags are the rule's tags as written.
func (i Item) Tags() []string {
	var out []string
	for _, t := range i.Rule.Tags {
		out = append(out, t.String())
	}
	return out
}

// LogSource says in words which logs the rule is about.
func (i Item) LogSource() string {
	var parts []string
	l := i.Rule.LogSource
	for _, p := range []struct{ key, value string }{{"category", l.Category.Value}, {"product", l.Product.Value}, {"service", l.Service.Value}} {
		if p.value != "" {
			parts = append(parts, p.key+": "+p.value)
		}
	}
	return strings.Join(parts, ", ")
}

// Values are the texts of a list of an attribute.
func Values(list []ast.Text) []string {
	out := make([]string, 0, len(list))
	for _, t := range list {
		out = append(out, t.Value)
	}
	return out
}

// severities is what products with four levels and a score make of the five of
// Sigma. Products have nothing below low, and the scores are those that Elastic
// gives its levels by default
// (https://www.elastic.co/docs/solutions/security/detect-and-alert/create-detection-rule).
var severities = map[ast.Level]struct {
	name  string
	score int
}{
	ast.LevelUnset: {"low", 21}, ast.Informational: {"low", 1}, ast.Low: {"low", 21},
	ast.Medium: {"medium", 47}, ast.High: {"high", 73}, ast.Critical: {"critical", 99},
}

// Severity is low, medium, high or critical. A rule that does not say its level
// is taken for low.
func (i Item) Severity() string { return severities[i.Rule.Level].name }

// RiskScore is from 0 to 100.
func (i Item) RiskScore() int { return severities[i.Rule.Level].score }

// OneLine is a text with its runs of blanks and line breaks made one blank each.
func OneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// unprintable reports whether a text holds a control character.
func unprintable(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// CheckTitle refuses a title that no product takes as a name.
func CheckTitle(backend string, i Item) error {
	if unprintable(i.Rule.Title.Value) {
		return &Unsupported{Backend: backend, Feature: FeatureTitle, Span: i.Rule.Title.Span, Detail: "a name is one line of printable text"}
	}
	return nil
}
