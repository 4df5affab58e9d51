package format

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigmatic/ast"
	"sigmatic/parser"
	"sigmatic/parser/yamldoc"
)

// Documents gives the documents of one file as canonical Sigma, parted by ---. A
// correlation that was written as an aggregation of Sigma 1 stays that rule.
func Documents(docs []ast.Document) string {
	var parts []string
	for _, d := range docs {
		if r, ok := d.(*ast.Rule); ok && r.Silent {
			continue // it stands in the document of its correlation
		}
		parts = append(parts, Document(d))
	}
	return strings.Join(parts, "---\n")
}

// Document gives one document as canonical Sigma.
func Document(d ast.Document) string {
	root := node{kind: mapping}
	switch d := d.(type) {
	case *ast.Rule:
		rule(&root, d)
	case *ast.Correlation:
		if d.Legacy != nil {
			return Document(d.Legacy)
		}
		head(&root, &d.Metadata)
		root.add("correlation", correlation(d))
		tail(&root, &d.Metadata)
	case *ast.Filter:
		head(&root, &d.Metadata)
		root.add("logsource", logSource(d.LogSource))
		root.add("filter", filter(d))
		tail(&root, &d.Metadata)
	default:
		panic(fmt.Sprintf("format: unknown document %T", d))
	}
	var w writer
	w.mapping(root.pairs, 0, false)
	return w.String()
}

func str(s string) node { return node{kind: text, text: s} }

func optional(t ast.Text) node {
	if !t.IsSet() {
		return node{}
	}
	return str(t.Value)
}

func word(s string) node {
	if s == "" {
		return node{}
	}
	return str(s)
}

func texts(values []ast.Text) node {
	var n node
	for _, t := range values {
		n.kind = list
		n.items = append(n.items, str(t.Value))
	}
	return n
}

// date stands without quotes, which the specification's examples do not have.
func date(t ast.Text) node {
	if !t.IsSet() {
		return node{}
	}
	return node{kind: bare, text: t.Value}
}

// head writes what the specification puts before the sections of a document.
func head(root *node, m *ast.Metadata) {
	root.add("title", str(m.Title.Value))
	root.add("id", optional(m.ID))
	root.add("name", optional(m.Name))
	var relations node
	for _, r := range m.Related {
		relation := node{kind: mapping}
		relation.add("id", str(r.ID.Value))
		relation.add("type", str(r.Type.Value))
		relations.kind = list
		relations.items = append(relations.items, relation)
	}
	root.add("related", relations)
	root.add("taxonomy", optional(m.Taxonomy))
	root.add("status", word(m.Status.String()))
	root.add("description", optional(m.Description))
	root.add("license", optional(m.License))
	root.add("references", texts(m.References))
	root.add("author", optional(m.Author))
	root.add("date", date(m.Date))
	root.add("modified", date(m.Modified))
}

// tail writes what the specification puts behind the sections.
func tail(root *node, m *ast.Metadata) {
	root.add("fields", texts(m.Fields))
	root.add("falsepositives", texts(m.FalsePositives))
	root.add("level", word(m.Level.String()))
	var tags node
	for _, t := range m.Tags {
		tags.kind = list
		tags.items = append(tags.items, str(t.String()))
	}
	root.add("tags", tags)
	root.add("scope", texts(m.Scope))
	if m.SpecMajor != 2 {
		root.add("sigma-version", node{kind: bare, text: strconv.Itoa(m.SpecMajor)})
	}
	for _, a := range m.Custom {
		root.add(a.Name.Value, dataNode(a.Value))
	}
}

func rule(root *node, r *ast.Rule) {
	head(root, &r.Metadata)
	root.add("logsource", logSource(r.LogSource))
	detection := node{kind: mapping}
	identifiers(&detection, r.Detections)
	detection.add("timeframe", optional(r.Timeframe))
	var conditions node
	for _, c := range r.Conditions {
		conditions.kind = list
		conditions.items = append(conditions.items, str(c.Text.Value))
	}
	detection.add("condition", alone(conditions))
	root.add("detection", detection)
	tail(root, &r.Metadata)
}

func logSource(l ast.LogSource) node {
	n := node{kind: mapping}
	n.add("category", word(l.Category.Value))
	n.add("product", word(l.Product.Value))
	n.add("service", word(l.Service.Value))
	n.add("definition", word(l.Definition.Value))
	for _, a := range l.Custom {
		n.add(a.Name.Value, dataNode(a.Value))
	}
	return n
}

// alone writes a list of one as what is in it, where the two mean the same.
func alone(n node) node {
	if n.kind == list && len(n.items) == 1 {
		return n.items[0]
	}
	return n
}

func identifiers(section *node, detections []*ast.NamedDetection) {
	for _, d := range detections {
		section.add(d.Name.Value, body(d.Body))
	}
}

// body writes what stands under a search identifier. A list of plain values is
// one item, so that items without a key, where nothing else stands beside them,
// keep their own lists.
func body(d ast.Detection) node {
	switch d := d.(type) {
	case *ast.AllOf:
		n := node{kind: mapping}
		for _, m := range d.Members {
			key, value := entry(m)
			n.add(key, value)
		}
		return n
	case *ast.AnyOf:
		n := node{kind: list}
		keyless := !slices.ContainsFunc(d.Members, func(m ast.Detection) bool { _, item := m.(*ast.Item); return !item })
		for _, m := range d.Members {
			if item, ok := m.(*ast.Item); ok && keyless {
				n.items = append(n.items, written(item))
				continue
			}
			n.items = append(n.items, body(m))
		}
		return n
	case *ast.Item:
		return alone(written(d))
	}
	panic(fmt.Sprintf("format: unknown detection %T", d))
}

// entry gives a member of a map: an item with its key.
func entry(d ast.Detection) (key string, value node) {
	switch d := d.(type) {
	case *ast.Item:
		return d.Key.Value, alone(written(d))
	case *ast.ArrayItem:
		if d.Condition == nil {
			if item, ok := d.Body.(*ast.Item); ok {
				return d.Key.Value, alone(written(item))
			}
			return d.Key.Value, body(d.Body)
		}
		n := node{kind: mapping}
		identifiers(&n, d.Detections)
		n.add("condition", str(d.Condition.Text.Value))
		return d.Key.Value, n
	}
	panic(fmt.Sprintf("format: %T in a map", d))
}

// written gives the values of an item as its author wrote them.
func written(i *ast.Item) node {
	n := node{kind: list}
	for _, d := range i.Written {
		value := dataNode(d)
		if value.kind == text {
			value.kind = pattern
		}
		n.items = append(n.items, value)
	}
	return n
}

func references(refs []ast.Reference) node {
	var names []ast.Text
	for _, r := range refs {
		names = append(names, r.Text)
	}
	return texts(names)
}

func correlation(c *ast.Correlation) node {
	n := node{kind: mapping}
	n.add("type", str(parser.CorrelationTypeName(c.Type)))
	n.add("rules", references(c.Rules))
	n.add("group-by", texts(c.GroupBy))
	n.add("timespan", str(c.Window.Text.Value))
	if c.Window.Tumbling {
		n.add("window", str("tumbling"))
	}
	if c.MissingKey == ast.GroupMissing {
		n.add("missing-key", str("group"))
	}
	aliases := node{}
	for _, a := range c.Aliases {
		fields := node{kind: mapping}
		for _, f := range a.Fields {
			fields.add(f.Rule.Text.Value, str(f.Field.Value))
		}
		aliases.kind = mapping
		aliases.add(a.Name.Value, fields)
	}
	n.add("aliases", aliases)
	switch {
	case c.Extended != nil:
		n.add("condition", str(c.Extended.Text.Value))
	case len(c.Aggregates) == 1 && c.Aggregates[0].Type == c.Type && !c.Aggregates[0].Span.IsZero(): // else it is what a temporal one has by itself
		n.add("condition", thresholds(c.Aggregates[0], c.Type))
	case len(c.Aggregates) > 0 && !c.Aggregates[0].Span.IsZero():
		measures := node{kind: list}
		for _, a := range c.Aggregates {
			measures.items = append(measures.items, thresholds(a, c.Type))
		}
		n.add("condition", measures)
	}
	if c.Generate {
		n.add("generate", node{kind: bare, text: "true"})
	}
	return n
}

// thresholds writes one measure, with its type where that is not the correlation's.
func thresholds(a ast.Aggregate, of ast.CorrelationType) node {
	n := node{kind: mapping}
	if a.Type != of {
		n.add("type", str(parser.CorrelationTypeName(a.Type)))
	}
	for _, t := range a.Thresholds {
		n.add(parser.ThresholdKey(t), typed(t.Number.Lexeme, "!!float", yamldoc.Int, yamldoc.Float))
	}
	n.add("field", alone(texts(a.Fields)))
	if a.Percentile >= 0 {
		n.add("percentile", node{kind: bare, text: strconv.Itoa(a.Percentile)})
	}
	return n
}

func filter(f *ast.Filter) node {
	n := node{kind: mapping}
	if f.AnyRule {
		n.add("rules", str("any"))
	}
	n.add("rules", references(f.Rules))
	identifiers(&n, f.Detections)
	n.add("condition", str(f.Condition.Text.Value))
	return n
}
