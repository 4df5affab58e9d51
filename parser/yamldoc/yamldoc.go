// Package yamldoc reads YAML with the place of every node, and types its
// scalars by one table of our own. It is the only reader of YAML in the
// program: the YAML library's own idea of what yes, 017 or 1e3 mean differs
// between libraries and versions, and in a detection rule that difference is a
// missed event.
//
// Nearly all rules are in a part of YAML that plain.go reads by itself. The rest,
// and all that is wrong, is read by the library, whose nodes plain.go's are equal
// to: tests hold one to the other on every file they find.
//
// Invariants: a Node tree holds no alias (they are expanded, within a budget)
// and no cycle; mappings keep their order; a mapping with a duplicate key is an
// error; documents of one file are read apart, so that a broken one does not
// take the others with it.
package yamldoc

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// Kind is the type of a node by our table (scalar.go).
type Kind uint8

// The kinds of nodes.
const (
	Null Kind = iota
	Bool
	Int
	Float
	String
	List
	Map
)

var kindNames = [...]string{"null", "a boolean", "a number", "a number", "a string", "a list", "a map"}

// String names the kind with its article, for messages.
func (k Kind) String() string { return kindNames[k] }

// Node is a piece of a YAML document.
type Node struct {
	Kind  Kind
	Plain bool  // a scalar without quotes or block indicator
	Doubt Doubt // why the type of a plain scalar may surprise its author
	// Faulty is a document of ParseAll that lacks what diagnostics speak of.
	Faulty bool
	Text   string // scalars: the text after unquoting; of plain ones the lexeme
	Items  []*Node
	Pairs  []Pair
	Span   source.Span
}

// Pair is one entry of a mapping. The key is always a scalar.
type Pair struct {
	Key, Value *Node
}

// IsScalar reports whether the node is neither list nor map.
func (n *Node) IsScalar() bool { return n.Kind < List }

// Get returns the value of a key, or nil.
func (n *Node) Get(key string) *Node {
	if p := n.Pair(key); p != nil {
		return p.Value
	}
	return nil
}

// Pair returns the entry of a key, or nil.
func (n *Node) Pair(key string) *Pair {
	for i := range n.Pairs {
		if n.Pairs[i].Key.Text == key {
			return &n.Pairs[i]
		}
	}
	return nil
}

// Limits on what a document may do to us. No rule comes near them.
const (
	maxDepth      = 100
	maxAliasNodes = 10_000
)

// Parse reads all documents of a file. Empty documents are left out; a broken
// one gives diagnostics instead of a node.
func Parse(f *source.File) ([]*Node, []diag.Diagnostic) {
	docs, diags := ParseAll(f)
	return slices.DeleteFunc(docs, func(n *Node) bool { return n.Faulty }), diags
}

// ParseAll is Parse for those who also want to judge documents in which a key
// stands twice. Their nodes are Faulty and have the first entry of the key.
func ParseAll(f *source.File) ([]*Node, []diag.Diagnostic) {
	if d := checkText(f); d != nil {
		return nil, []diag.Diagnostic{*d}
	}
	var docs []*Node
	var diags []diag.Diagnostic
	if plain, d := plainBlanks(f); d != nil {
		f, diags = plain, append(diags, *d)
	}
	for _, c := range split(f.Data) {
		node, errs := parseChunk(f, c)
		diags = append(diags, errs...)
		if node == nil || node.Kind == Null || slices.ContainsFunc(errs, severe) {
			continue
		}
		node.Faulty = len(errs) > 0
		docs = append(docs, node)
	}
	return docs, diags
}

// severe reports whether a fault leaves nothing to judge. All that yamldoc says of
// one document are errors.
func severe(d diag.Diagnostic) bool { return d.Code != diag.YAMLDuplicateKey }

func parseChunk(f *source.File, c chunk) (*Node, []diag.Diagnostic) {
	if root := readPlain(f, c); root != nil {
		return root, nil
	}
	return readLibrary(f, c)
}

// readLibrary reads a document by the YAML library.
func readLibrary(f *source.File, c chunk) (*Node, []diag.Diagnostic) {
	root, err := unmarshal(f.Data[c.start:c.end])
	if err != nil {
		return nil, []diag.Diagnostic{syntaxError(f, c, err)}
	}
	if root.Kind != yaml.DocumentNode || len(root.Content) == 0 {
		return nil, nil
	}
	b := builder{file: f, lines: newLineIndex(f.Data, c)}
	return b.node(root.Content[0], 0), b.diags
}

// unmarshal keeps a fault of the YAML library from ending the program: it has
// had panics on malformed input, and rules come from strangers.
func unmarshal(data []byte) (root yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	err = yaml.Unmarshal(data, &root)
	return root, err
}

// builder turns the library's nodes into ours.
type builder struct {
	file     *source.File
	lines    lineIndex
	active   map[*yaml.Node]bool // aliases being expanded, to see cycles
	aliased  int                 // depth of alias expansion
	expanded int                 // nodes that came from aliases
	diags    []diag.Diagnostic
	spare    []Node // to be handed out
}

// alloc gives a node. They are made by the dozen, as each lives as long as the
// document.
func (b *builder) alloc() *Node {
	if len(b.spare) == 0 {
		b.spare = make([]Node, 16)
	}
	n := &b.spare[0]
	b.spare = b.spare[1:]
	return n
}

func (b *builder) errorf(code diag.Code, span source.Span, help, format string, args ...any) {
	b.diags = append(b.diags, diag.Diagnostic{
		Code: code, Severity: diag.Error, Span: span, Help: help, Summary: fmt.Sprintf(format, args...),
	})
}

func (b *builder) node(y *yaml.Node, depth int) *Node {
	if depth > maxDepth {
		if !diag.HasErrors(b.diags) {
			b.errorf(diag.YAMLNesting, b.spanOf(y), "", "the document is nested more than %d levels deep", maxDepth)
		}
		return &Node{}
	}
	if b.aliased > 0 {
		if b.expanded++; b.expanded > maxAliasNodes {
			if b.expanded == maxAliasNodes+1 {
				b.errorf(diag.YAMLAliasBomb, b.spanOf(y), "write the values out", "the document's aliases expand to more than %d nodes", maxAliasNodes)
			}
			return &Node{}
		}
	}
	switch y.Kind {
	case yaml.MappingNode:
		return b.mapping(y, depth)
	case yaml.SequenceNode:
		n := b.alloc()
		n.Kind, n.Span, n.Items = List, b.spanOf(y), make([]*Node, len(y.Content))
		for i, c := range y.Content {
			n.Items[i] = b.node(c, depth+1)
			n.Span = source.Join(n.Span, n.Items[i].Span)
		}
		return n
	case yaml.AliasNode:
		return b.alias(y, depth)
	case yaml.ScalarNode:
		return b.scalar(y)
	}
	return &Node{Span: b.spanOf(y)}
}

func (b *builder) alias(y *yaml.Node, depth int) *Node {
	if b.active[y.Alias] {
		b.errorf(diag.YAMLCycle, b.spanOf(y), "", "the alias *%s stands inside the node that it names", y.Value)
		return &Node{}
	}
	if b.active == nil {
		b.active = map[*yaml.Node]bool{}
	}
	b.active[y.Alias] = true
	b.aliased++
	n := *b.node(y.Alias, depth+1)
	b.aliased--
	delete(b.active, y.Alias)
	n.Span = b.spanOf(y)
	return &n
}

func (b *builder) scalar(y *yaml.Node) *Node {
	n := b.alloc()
	n.Text, n.Span, n.Plain = y.Value, b.spanOf(y), y.Style&^yaml.TaggedStyle == 0
	switch {
	case y.Style&yaml.TaggedStyle != 0:
		n.Kind = taggedKind(y.Tag)
	case n.Plain:
		n.Kind, n.Doubt = plainKind(y.Value)
	default:
		n.Kind = String
	}
	return n
}

func (b *builder) mapping(y *yaml.Node, depth int) *Node {
	n := b.alloc()
	n.Kind, n.Span = Map, b.spanOf(y)
	n.Pairs = make([]Pair, 0, len(y.Content)/2)
	seen := newKeys(len(y.Content) / 2)
	var merged []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		if y.Content[i].Tag == "!!merge" {
			merged = append(merged, y.Content[i+1])
			continue
		}
		key := b.node(y.Content[i], depth+1)
		if !key.IsScalar() {
			b.errorf(diag.YAMLKey, key.Span, "a line that ends in a colon too many, or a missing quote, often does this",
				"a key must be a plain name, not %s", key.Kind)
			continue
		}
		value := b.node(y.Content[i+1], depth+1)
		if first := seen.find(n, key.Text); first != nil {
			b.diags = append(b.diags, diag.Diagnostic{
				Code: diag.YAMLDuplicateKey, Severity: diag.Error, Span: key.Span,
				Summary: fmt.Sprintf("the key %q stands twice in one map", key.Text),
				Help:    duplicateHelp(depth),
				Related: []diag.Related{{Span: first.Span, Text: "first here"}},
			})
			continue
		}
		seen.add(key)
		n.Pairs = append(n.Pairs, Pair{key, value})
		n.Span = source.Join(n.Span, source.Join(key.Span, value.Span))
	}
	for _, m := range merged {
		b.merge(n, m, seen, depth)
	}
	return n
}

// duplicateHelp tells what to do about a key that stands twice. Below the top
// level it is mostly a field of a detection.
func duplicateHelp(depth int) string {
	if depth == 0 {
		return "YAML keeps only one of them; remove the other"
	}
	return "YAML keeps only one of them; where either value may match, put both into one list; where both must, put one of them under a second search identifier and join the two with and"
}

// keys finds those of a map. Most maps are small, and are searched through; a
// large one would take time that grows with its square.
type keys map[string]*Node

const smallMap = 16

func newKeys(size int) keys {
	if size <= smallMap {
		return nil
	}
	return make(keys, size)
}

func (k keys) find(n *Node, name string) *Node {
	if k != nil {
		return k[name]
	}
	if p := n.Pair(name); p != nil {
		return p.Key
	}
	return nil
}

func (k keys) add(key *Node) {
	if k != nil {
		k[key.Text] = key
	}
}

// merge adds the entries of a merge key (<<) that the map does not have itself.
func (b *builder) merge(n *Node, y *yaml.Node, seen keys, depth int) {
	from := b.node(y, depth+1)
	maps := []*Node{from}
	if from.Kind == List {
		maps = from.Items
	}
	for _, m := range maps {
		if m.Kind != Map {
			b.errorf(diag.YAMLKey, m.Span, "", "the merge key << takes a map, not %s", m.Kind)
			continue
		}
		for _, p := range m.Pairs {
			if seen.find(n, p.Key.Text) == nil {
				seen.add(p.Key)
				n.Pairs = append(n.Pairs, p)
			}
		}
	}
}
