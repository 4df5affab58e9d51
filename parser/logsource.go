package parser

import (
	_ "embed" // for the alias table
	"fmt"
	"strings"
	"sync"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// logSource reads the section of that name.
func (p *docParser) logSource() ast.LogSource {
	n := p.root.Get("logsource")
	if n == nil {
		p.errorf(diag.BadLogSource, p.titleSpan(), "add a logsource with at least one of category, product and service", "the rule has no logsource")
		return ast.LogSource{}
	}
	if n.Kind != yamldoc.Map {
		help := ""
		if n.Kind == yamldoc.List {
			help = "remove the dash before category, product or service"
		}
		p.errorf(diag.BadLogSource, p.root.Pair("logsource").Key.Span, help, "logsource must be a map, found %s", n.Kind)
		return ast.LogSource{}
	}
	l := ast.LogSource{Span: n.Span}
	for _, pair := range n.Pairs {
		text := ast.Text{Value: pair.Value.Text, Span: pair.Value.Span}
		var dest *ast.Text
		switch pair.Key.Text {
		case "category":
			dest = &l.Category
		case "product":
			dest = &l.Product
		case "service":
			dest = &l.Service
		case "definition":
			dest = &l.Definition
		default:
			p.logSourceKey(n, pair.Key)
			l.Custom = append(l.Custom, ast.Attribute{Name: ast.Text{Value: pair.Key.Text, Span: pair.Key.Span}, Value: pair.Value.Data()})
			continue
		}
		switch pair.Value.Kind {
		case yamldoc.Null:
		case yamldoc.String:
			*dest = text
		default:
			help := "quote it"
			if !pair.Value.IsScalar() {
				help = "write one rule for each, or leave the key out"
			}
			only := onlyItem(pair.Value)
			if only != nil {
				help = "remove the dash"
			}
			p.errorf(diag.BadLogSource, pair.Value.Span, help, "%s must be a string, found %s", pair.Key.Text, pair.Value.Kind)
			if only != nil {
				p.withFix(pair.Value.Span, only.Span.Text())
			}
		}
	}
	if l.Category.Value == "" && l.Product.Value == "" && l.Service.Value == "" && !diag.HasErrors(p.diags) {
		p.errorf(diag.BadLogSource, p.root.Pair("logsource").Key.Span, "set at least one of category, product and service", "the logsource is empty")
	}
	p.logSourceAlias(&l)
	return l
}

// onlyItem is the one string behind the one dash of a list, or nil.
func onlyItem(n *yamldoc.Node) *yamldoc.Node {
	if n.Kind != yamldoc.List || len(n.Items) != 1 || n.Items[0].Kind != yamldoc.String || !strings.HasPrefix(n.Span.Text(), "-") {
		return nil
	}
	return n.Items[0]
}

// logSourceKey warns of a key that is probably a misspelled dimension, without
// which the rule would be for more logs than its author means.
func (p *docParser) logSourceKey(n, key *yamldoc.Node) {
	near := diag.Nearest(key.Text, []string{"category", "product", "service", "definition"})
	if near == "" || n.Get(near) != nil {
		return
	}
	p.warnf(diag.LogSourceKey, key.Span, fmt.Sprintf("did you mean %q?", near), "%q is no key of a logsource; it is kept and has no effect", key.Text)
	p.withFix(key.Span, near)
}

// logSourceAliases is the table of log sources that rules in the wild spell
// differently. It is data: adding one adds an entry there.
//
//go:embed logsource_aliases.yml
var logSourceAliases []byte

type logSourceAlias struct{ written, read ast.LogSource }

var aliasTable = sync.OnceValue(func() []logSourceAlias {
	f := source.NewFile("logsource_aliases.yml", logSourceAliases)
	nodes, diags := yamldoc.Parse(f)
	if len(nodes) != 1 || len(diags) > 0 {
		panic(fmt.Sprintf("parser: %s: %v", f.Name, diags))
	}
	var out []logSourceAlias
	for _, n := range nodes[0].Items {
		out = append(out, logSourceAlias{dimensions(n.Get("written")), dimensions(n.Get("read"))})
	}
	return out
})

func dimensions(n *yamldoc.Node) ast.LogSource {
	get := func(key string) ast.Text {
		if v := n.Get(key); v != nil {
			return ast.Text{Value: v.Text, Span: v.Span}
		}
		return ast.Text{}
	}
	return ast.LogSource{Category: get("category"), Product: get("product"), Service: get("service")}
}

// logSourceAlias replaces a known misspelling, with a warning.
func (p *docParser) logSourceAlias(l *ast.LogSource) {
	same := func(a, b ast.Text) bool { return strings.EqualFold(a.Value, b.Value) }
	for _, alias := range aliasTable() {
		w, r := alias.written, alias.read
		if !same(w.Category, l.Category) || !same(w.Product, l.Product) || !same(w.Service, l.Service) {
			continue
		}
		if r.Category.Value == l.Category.Value && r.Product.Value == l.Product.Value && r.Service.Value == l.Service.Value {
			return
		}
		written := describeLogSource(*l)
		keep := func(dst *ast.Text, value string) {
			if value == "" {
				*dst = ast.Text{}
				return
			}
			dst.Value = value
			if dst.Span.IsZero() {
				dst.Span = l.Span
			}
		}
		keep(&l.Category, r.Category.Value)
		keep(&l.Product, r.Product.Value)
		keep(&l.Service, r.Service.Value)
		want := describeLogSource(*l)
		p.warnf(diag.LogSourceAlias, l.Span, "write "+want, "the logsource %s is read as %s", written, want)
		if len(l.Custom) == 0 && l.Definition.Value == "" {
			indent := strings.Repeat(" ", l.Span.Position().Column-1)
			p.withFix(l.Span, strings.ReplaceAll(want, ", ", "\n"+indent))
		}
		return
	}
}

func describeLogSource(l ast.LogSource) string {
	var parts []string
	for _, d := range []struct{ key, value string }{{"category", l.Category.Value}, {"product", l.Product.Value}, {"service", l.Service.Value}} {
		if d.value != "" {
			parts = append(parts, d.key+": "+d.value)
		}
	}
	return strings.Join(parts, ", ")
}
