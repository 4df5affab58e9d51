package parser

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/parser/yamldoc"
)

// commonKeys are the attributes of every kind of document; the keys of one kind
// add its own sections. All else is a custom attribute.
var (
	commonKeys = []string{
		"title", "id", "name", "related", "taxonomy", "status", "description", "license", "author",
		"references", "date", "modified", "fields", "falsepositives", "level", "tags", "scope", "sigma-version",
	}
	ruleKeys = slices.Concat(commonKeys, []string{"logsource", "detection", "correlation"})
)

// Limits of the specification's JSON schema, in code points.
const (
	maxTitle       = 256
	maxName        = 256
	maxDescription = 65535
)

func (p *docParser) metadata(known []string) ast.Metadata {
	m := ast.Metadata{SpecMajor: 2}
	p.title(&m)
	p.identity(&m)
	m.Name = p.text("name", diag.BadName, maxName)
	if m.Name.IsSet() && m.Name.Value == "" {
		p.errorf(diag.BadName, m.Name.Span, "remove the attribute, or give the rule a name", "name is empty")
	}
	m.Taxonomy = p.text("taxonomy", diag.BadTaxonomy, maxName)
	if m.Taxonomy.IsSet() && m.Taxonomy.Value == "" {
		p.errorf(diag.BadTaxonomy, m.Taxonomy.Span, "remove the attribute", "taxonomy is empty")
	}
	m.Description = p.text("description", diag.BadText, maxDescription)
	m.License = p.text("license", diag.BadText, maxName)
	m.Author = p.text("author", diag.BadText, maxDescription)
	m.Status, m.Level = p.status(), p.level()
	m.Date, m.Modified = p.date("date"), p.date("modified")
	m.References = p.texts("references")
	m.Fields = p.texts("fields")
	m.FalsePositives = p.texts("falsepositives")
	m.Scope = p.texts("scope")
	m.Tags = p.tags()
	m.Related = p.related()
	p.specVersion(&m)
	p.custom(&m, known)
	return m
}

func (p *docParser) title(m *ast.Metadata) {
	if p.root.Get("title") == nil {
		p.errorf(diag.BadTitle, p.titleSpan(), "say in a few words what the rule finds", "the document has no title")
		return
	}
	m.Title = p.text("title", diag.BadTitle, maxTitle)
	if m.Title.IsSet() && m.Title.Value == "" {
		p.warnf(diag.BadTitle, m.Title.Span, "say in a few words what the rule finds", "the title is empty")
	}
}

// identity reads id, and the attribute uuid that rules in the wild have instead.
func (p *docParser) identity(m *ast.Metadata) {
	if n := p.root.Get("id"); n != nil {
		if n.Kind == yamldoc.Null {
			p.warnf(diag.EmptyAttribute, p.root.Pair("id").Key.Span, "remove it, or give the document a fresh UUID, for example from uuidgen", "id is empty")
			return
		}
		id, ok := parseUUID(n.Text)
		if !n.IsScalar() || !ok {
			p.errorf(diag.BadID, n.Span, uuidHelp(n.Text), "id must be a UUID, found %s", shown(n))
			return
		}
		m.ID = ast.Text{Value: id, Span: n.Span}
		return
	}
	pair := p.root.Pair("uuid")
	if pair == nil {
		return
	}
	p.warnf(diag.MisspelledKey, pair.Key.Span, `write "id"`, `"uuid" is not a Sigma attribute; it is read as "id"`)
	p.withFix(pair.Key.Span, "id")
	id, ok := parseUUID(pair.Value.Text)
	if !ok || !pair.Value.IsScalar() {
		p.warnf(diag.BadID, pair.Value.Span, "make a fresh one, for example with uuidgen",
			"%s is not a UUID; the rule is read without an id", shown(pair.Value))
		return
	}
	m.ID = ast.Text{Value: id, Span: pair.Value.Span}
}

// parseUUID takes the spellings in use (upper case, braces, no dashes, urn:) and
// gives the canonical one. RFC 9562, section 4.
func parseUUID(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "urn:"), "uuid:")
	s = strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}")
	s = strings.ReplaceAll(s, "-", "")
	if len(s) != 32 || strings.Trim(s, "0123456789abcdef") != "" {
		return "", false
	}
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:], true
}

// uuidHelp tells what keeps a text from being a UUID, where it nearly is one.
func uuidHelp(s string) string {
	fresh := "make a fresh one, for example with uuidgen"
	parts := strings.Split(strings.Trim(s, "{}"), "-")
	lengths := []int{8, 4, 4, 4, 12}
	if len(parts) != len(lengths) {
		return fresh
	}
	for i, part := range parts {
		if at := strings.IndexFunc(part, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) }); at >= 0 {
			r, _ := utf8.DecodeRuneInString(part[at:])
			return fmt.Sprintf("%q is no hexadecimal digit; correct it, or %s", r, fresh)
		}
		if len(part) != lengths[i] {
			return fmt.Sprintf("%q has %d digits where a UUID has %d; correct it, or %s", part, len(part), lengths[i], fresh)
		}
	}
	return fresh
}

// shown quotes a scalar for a message, or names the kind of another node.
func shown(n *yamldoc.Node) string {
	if !n.IsScalar() || n.Kind == yamldoc.Null {
		return n.Kind.String()
	}
	text := n.Text
	if utf8.RuneCountInString(text) > 60 {
		text = string([]rune(text)[:60]) + "…"
	}
	return strconv.Quote(text)
}

// text reads an attribute that must be a string.
func (p *docParser) text(key string, code diag.Code, limit int) ast.Text {
	n := p.root.Get(key)
	if n == nil {
		return ast.Text{}
	}
	if n.Kind == yamldoc.Null && key != "title" {
		p.warnf(diag.EmptyAttribute, p.root.Pair(key).Key.Span, "remove it, or say something", "%s is empty", key)
		return ast.Text{}
	}
	if n.Kind != yamldoc.String {
		help := ""
		if n.IsScalar() && n.Kind != yamldoc.Null {
			help = "quote it"
		}
		p.errorf(code, n.Span, help, "%s must be a string, found %s", key, n.Kind)
		return ast.Text{}
	}
	if length := utf8.RuneCountInString(n.Text); length > limit {
		p.errorf(code, n.Span, "", "%s has %d characters, at most %d are allowed", key, length, limit)
	}
	return ast.Text{Value: n.Text, Span: n.Span}
}

// texts reads an attribute that must be a list of strings. A link alone under
// references, as it stands in rules in the wild, can only mean a list of one.
func (p *docParser) texts(key string) []ast.Text {
	n := p.root.Get(key)
	if n == nil || n.Kind == yamldoc.Null {
		return nil
	}
	if n.Kind != yamldoc.List {
		at := p.root.Pair(key).Key.Span
		help, report := "", p.errorf
		if n.IsScalar() {
			help = "write it as a list of one: - " + n.Text
		}
		alone := key == "references" && n.Kind == yamldoc.String
		if alone {
			report = p.warnf
		}
		report(diag.BadList, at, help, "%s must be a list, found %s", key, n.Kind)
		if source := n.Span.Text(); n.IsScalar() && strings.Contains(source, n.Text) && !strings.ContainsAny(source, "\n'") {
			p.withFix(n.Span, "['"+n.Text+"']")
		}
		if alone {
			return []ast.Text{{Value: n.Text, Span: n.Span}}
		}
		return nil
	}
	var out []ast.Text
	for _, item := range n.Items {
		if !item.IsScalar() {
			p.errorf(diag.BadList, item.Span, "a value that holds a colon and a blank must be quoted", "%s must be a list of strings, found %s in it", key, item.Kind)
			continue
		}
		if item.Kind == yamldoc.Null {
			p.warnf(diag.BadList, item.Span, "remove it", "%s holds an empty item", key)
			continue
		}
		out = append(out, ast.Text{Value: item.Text, Span: item.Span})
	}
	return out
}

func (p *docParser) status() ast.Status {
	t := p.text("status", diag.BadStatus, maxName)
	if !t.IsSet() {
		return ast.StatusUnset
	}
	s, ok := ast.ParseStatus(strings.ToLower(t.Value))
	if !ok {
		p.unknownWord(diag.BadStatus, "status", t, ast.StatusNames())
	}
	return s
}

func (p *docParser) level() ast.Level {
	t := p.text("level", diag.BadLevel, maxName)
	if !t.IsSet() {
		return ast.LevelUnset
	}
	l, ok := ast.ParseLevel(strings.ToLower(t.Value))
	if !ok {
		p.unknownWord(diag.BadLevel, "level", t, ast.LevelNames())
	}
	return l
}

func (p *docParser) unknownWord(code diag.Code, what string, t ast.Text, words []string) {
	help := what + " is one of " + strings.Join(words, ", ")
	near := diag.Nearest(t.Value, words)
	if near != "" {
		help = fmt.Sprintf("did you mean %q? ", near) + help
	}
	p.errorf(code, t.Span, help, "unknown %s %q", what, t.Value)
	if near != "" {
		p.withFix(t.Span, near)
	}
}

// date reads YYYY-MM-DD, and the YYYY/MM/DD of Sigma 1 with a warning.
func (p *docParser) date(key string) ast.Text {
	n := p.root.Get(key)
	if n == nil {
		return ast.Text{}
	}
	if n.Kind == yamldoc.String {
		if _, err := time.Parse("2006-01-02", n.Text); err == nil {
			return ast.Text{Value: n.Text, Span: n.Span}
		}
		if t, err := time.Parse("2006/1/2", n.Text); err == nil {
			iso := t.Format("2006-01-02")
			p.warnf(diag.OldDate, n.Span, "write "+iso, "%s is written with dashes since Sigma 2.0, found %q", key, n.Text)
			p.withFix(n.Span, iso)
			return ast.Text{Value: iso, Span: n.Span}
		}
	}
	p.errorf(diag.BadDate, n.Span, "write it as year-month-day, such as 2024-03-09", "%s must be a date, found %s", key, shown(n))
	return ast.Text{}
}

func (p *docParser) tags() []ast.Tag {
	var out []ast.Tag
	for _, t := range p.texts("tags") {
		namespace, name, ok := strings.Cut(t.Value, ".")
		if !ok || namespace == "" || name == "" {
			p.errorf(diag.BadTag, t.Span, "a tag is written namespace.name, such as attack.t1078", "%q is not a tag", t.Value)
			continue
		}
		// The names of D3FEND are mixed-case by its own convention.
		if lower := strings.ToLower(t.Value); lower != t.Value && namespace != "d3fend" {
			p.warnf(diag.TagCase, t.Span, "write "+lower, "tags are lower-case, found %q", t.Value)
			p.withFix(t.Span, lower)
			namespace, name, _ = strings.Cut(lower, ".")
		}
		out = append(out, ast.Tag{Namespace: namespace, Name: name, Span: t.Span})
	}
	return out
}

var relationTypes = []string{"derived", "obsolete", "merged", "renamed", "similar", "correlation"}

func (p *docParser) related() []ast.Related {
	n := p.root.Get("related")
	if n == nil {
		return nil
	}
	if n.Kind != yamldoc.List {
		p.errorf(diag.BadRelated, p.root.Pair("related").Key.Span, "", "related must be a list of maps with id and type, found %s", n.Kind)
		return nil
	}
	var out []ast.Related
	for _, item := range n.Items {
		id, kind := item.Get("id"), item.Get("type")
		if item.Kind != yamldoc.Map || id == nil || kind == nil {
			p.errorf(diag.BadRelated, item.Span, "write - id: …, and below it type: …", "an entry of related must be a map with id and type")
			continue
		}
		uuid, ok := parseUUID(id.Text)
		if !ok {
			p.errorf(diag.BadRelated, id.Span, "", "the id of a related rule must be a UUID, found %s", shown(id))
		}
		if !slices.Contains(relationTypes, kind.Text) {
			p.unknownWord(diag.BadRelated, "relation", ast.Text{Value: kind.Text, Span: kind.Span}, relationTypes)
		}
		out = append(out, ast.Related{ID: ast.Text{Value: uuid, Span: id.Span}, Type: ast.Text{Value: kind.Text, Span: kind.Span}})
	}
	return out
}

// specVersion reads sigma-version, of which the major number counts.
func (p *docParser) specVersion(m *ast.Metadata) {
	n := p.root.Get("sigma-version")
	if n == nil {
		return
	}
	major, _, _ := strings.Cut(n.Text, ".")
	v, err := strconv.Atoi(strings.TrimPrefix(major, "v"))
	if err != nil || !n.IsScalar() || v < 1 || v > 3 {
		p.errorf(diag.UnsupportedSchema, n.Span, "this program reads Sigma 1, 2 and 3", "sigma-version must be a version number, found %s", shown(n))
		return
	}
	m.SpecMajor = v
}

// misspelled are near-misses of attributes that are seen in the wild and too
// far from them for a guess by distance.
var misspelled = map[string]string{"reference": "references", "tag": "tags", "falsepositive": "falsepositives", "false_positives": "falsepositives", "severity": "level", "log_source": "logsource"}

func (p *docParser) custom(m *ast.Metadata, known []string) {
	for _, pair := range p.root.Pairs {
		key := pair.Key.Text
		if slices.Contains(known, key) {
			continue
		}
		if key != "uuid" || p.root.Get("id") != nil {
			p.nearMiss(pair.Key, known)
		}
		m.Custom = append(m.Custom, ast.Attribute{Name: ast.Text{Value: key, Span: pair.Key.Span}, Value: pair.Value.Data()})
	}
}

// nearMiss warns of a custom attribute that is probably a misspelled one of
// Sigma's, unless that one is there as well.
func (p *docParser) nearMiss(key *yamldoc.Node, known []string) {
	meant := misspelled[key.Text]
	if meant == "" && len(key.Text) >= 4 {
		meant = diag.Nearest(key.Text, known)
	}
	if meant == "" || p.root.Get(meant) != nil || !slices.Contains(known, meant) {
		return
	}
	p.warnf(diag.MisspelledKey, key.Span, fmt.Sprintf("did you mean %q?", meant), "%q is not a Sigma attribute; it is kept and has no effect", key.Text)
	p.withFix(key.Span, meant)
}
