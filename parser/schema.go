package parser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sigmatic/ast"
)

// SchemaKinds are the documents that JSONSchema describes; "all" is any of them.
func SchemaKinds() []string { return []string{"rule", "correlation", "filter", "all"} }

// JSONSchema gives the JSON Schema (draft 2020-12) of a kind of document, made
// from the tables that the parser works with, for editors. A document that the
// parser reads without a finding satisfies it, if its words are lower-case. What only the parser can judge is
// left to it: conditions, expressions, and which modifiers go together.
func JSONSchema(kind string) ([]byte, bool) {
	shared := properties{
		{"identifier", searchIdentifier()},
		{"value", &schema{AnyOf: []*schema{{Ref: "#/$defs/scalar"}, {Type: types{"array"}, Items: &schema{Ref: "#/$defs/scalar"}, MinItems: 1}}}},
		{"members", membersSchema()},
		{"scalar", &schema{Type: types{"string", "number", "boolean", "null"}}},
		{"names", &schema{AnyOf: []*schema{{Type: types{"string"}}, {Type: types{"array"}, Items: &schema{Type: types{"string"}}, MinItems: 1}}}},
	}
	var root *schema
	switch kind {
	case "rule":
		root = ruleSchema()
	case "correlation":
		root = correlationSchema()
	case "filter":
		root = filterSchema()
	case "all":
		root = &schema{Title: "Sigma document", Description: "A Sigma rule, correlation or filter.",
			If: &schema{Required: []string{"correlation"}}, Then: &schema{Ref: "#/$defs/correlation"},
			Else: &schema{If: &schema{Required: []string{"filter"}, Not: &schema{Required: []string{"detection"}}},
				Then: &schema{Ref: "#/$defs/filter"}, Else: &schema{Ref: "#/$defs/rule"}}}
		shared = append(shared, property{"rule", ruleSchema()}, property{"correlation", correlationSchema()}, property{"filter", filterSchema()})
	default:
		return nil, false
	}
	root.Schema, root.Defs = "https://json-schema.org/draft/2020-12/schema", shared
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic(fmt.Sprintf("parser: the schema cannot be written: %v", err)) // it holds nothing that could fail
	}
	return b.Bytes(), true
}

// schema is the part of JSON Schema that we use.
type schema struct {
	Schema            string     `json:"$schema,omitempty"`
	Ref               string     `json:"$ref,omitempty"`
	Title             string     `json:"title,omitempty"`
	Description       string     `json:"description,omitempty"`
	Deprecated        bool       `json:"deprecated,omitempty"`
	Type              types      `json:"type,omitempty"`
	Enum              []string   `json:"enum,omitempty"`
	Format            string     `json:"format,omitempty"`
	Pattern           string     `json:"pattern,omitempty"`
	MinLength         int        `json:"minLength,omitempty"`
	MaxLength         int        `json:"maxLength,omitempty"`
	Minimum           *int       `json:"minimum,omitempty"`
	Maximum           *int       `json:"maximum,omitempty"`
	MinItems          int        `json:"minItems,omitempty"`
	Items             *schema    `json:"items,omitempty"`
	Required          []string   `json:"required,omitempty"`
	MinProperties     int        `json:"minProperties,omitempty"`
	Properties        properties `json:"properties,omitempty"`
	PatternProperties properties `json:"patternProperties,omitempty"`
	// Additional is what other properties must be; nothing allows none of them.
	Additional *schema    `json:"additionalProperties,omitempty"`
	AnyOf      []*schema  `json:"anyOf,omitempty"`
	If         *schema    `json:"if,omitempty"`
	Then       *schema    `json:"then,omitempty"`
	Else       *schema    `json:"else,omitempty"`
	Not        *schema    `json:"not,omitempty"`
	Defs       properties `json:"$defs,omitempty"`
}

// nothing is the schema that no value satisfies.
var nothing = &schema{Not: &schema{}}

// types writes one type as a string and several as a list.
type types []string

// MarshalJSON implements json.Marshaler.
func (t types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// properties keep their order, in which editors offer them.
type properties []property

type property struct {
	name   string
	schema *schema
}

// MarshalJSON implements json.Marshaler.
func (p properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, entry := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(entry.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(entry.schema)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func str(description string, most int) *schema {
	return &schema{Type: types{"string"}, Description: description, MaxLength: most}
}

func oneOf(description string, words []string) *schema {
	return &schema{Type: types{"string"}, Description: description, Enum: words}
}

func listOf(description string, item *schema) *schema {
	return &schema{Type: types{"array", "null"}, Description: description, Items: item}
}

func dateOf(description string) *schema {
	return &schema{Type: types{"string"}, Description: description, Format: "date", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`}
}

const uuidPattern = `^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`

// attributes describes commonKeys, in their order.
func attributes() properties {
	text := &schema{Type: types{"string"}}
	relation := &schema{Type: types{"object"}, Required: []string{"id", "type"}, Properties: properties{
		{"id", &schema{Type: types{"string"}, Description: "the id of the other rule", Pattern: uuidPattern}},
		{"type", oneOf("what the other rule is to this one", relationTypes)},
	}}
	title := str("what is found, in a few words", maxTitle)
	name := str("a short name by which other documents refer to this one", maxName)
	title.MinLength, name.MinLength = 1, 1
	return properties{
		{"title", title},
		{"id", &schema{Type: types{"string"}, Description: "a UUID that stays the same for the life of the document", Format: "uuid", Pattern: uuidPattern}},
		{"name", name},
		{"related", listOf("other rules that this one has to do with", relation)},
		{"taxonomy", &schema{Type: types{"string"}, Description: "the set of field and logsource names in use", MinLength: 1, MaxLength: maxName}},
		{"status", oneOf("how far the document can be relied on", ast.StatusNames())},
		{"description", str("what happens, and why it matters", maxDescription)},
		{"license", str("the licence, as an SPDX identifier", maxName)},
		{"author", str("who wrote it; several are parted by commas", maxDescription)},
		{"references", listOf("where to read more", text)},
		{"date", dateOf("the day it was written")},
		{"modified", dateOf("the day it was last changed in substance")},
		{"fields", listOf("fields that an analyst wants to see with a match", text)},
		{"falsepositives", listOf("what else can cause a match", text)},
		{"level", oneOf("how serious a match is", ast.LevelNames())},
		{"tags", listOf("classification, as namespace.name", &schema{Type: types{"string"}, Pattern: `^[^.A-Z]+\.[^A-Z]+$`})},
		{"scope", listOf("where the document is meant to be used", text)},
		{"sigma-version", &schema{Type: types{"string", "number"}, Description: "the version of Sigma that it is written in"}},
	}
}

func logSourceSchema() *schema {
	dimension := func(description string) *schema {
		return &schema{Type: types{"string", "null"}, Description: description}
	}
	return &schema{Type: types{"object"}, Description: "which logs it is about", Properties: properties{
		{"category", dimension("a kind of event, whichever product logs it")},
		{"product", dimension("the product that logs")},
		{"service", dimension("a part of the product")},
		{"definition", dimension("what has to be configured for the logs to be there")},
	}, AnyOf: []*schema{{Required: []string{"category"}}, {Required: []string{"product"}}, {Required: []string{"service"}}}}
}

// itemKeys is the pattern of a key in a detection: a field, which may be
// missing, and modifiers. A key that ends in an array selector is of arrayKeys.
func itemKeys() string {
	var names []string
	for _, m := range modifiers {
		for _, name := range append([]string{m.Name}, m.Aliases...) {
			names = append(names, regexp.QuoteMeta(name))
		}
	}
	return `^([^|]*[^]|])?$|^[^|]*(\|(` + strings.Join(names, "|") + `))+$`
}

// arrayKeys is the pattern of a key that may have a map under it.
const arrayKeys = `^[^|]*\]$`

func searchIdentifier() *schema {
	identifier := &schema{Ref: "#/$defs/identifier"}
	return &schema{
		Description: "a map of fields to values, all of which must match; or a list, of which one member must match; a value without a field is a keyword",
		AnyOf: []*schema{
			{Type: types{"string", "number"}},
			{Type: types{"array"}, Items: identifier, MinItems: 1},
			{Type: types{"object"}, MinProperties: 1, PatternProperties: properties{
				{itemKeys(), &schema{Ref: "#/$defs/value"}}, {arrayKeys, &schema{Ref: "#/$defs/members"}},
			}, Additional: nothing},
		},
	}
}

func membersSchema() *schema {
	return &schema{
		Description: "what members of an array are to match (sigma-version 3): values, a detection, or search identifiers and the condition that joins them",
		If:          &schema{Type: types{"object"}, Required: []string{"condition"}},
		Then: &schema{MinProperties: 2, Properties: properties{{"condition", &schema{Type: types{"string"}, MinLength: 1}}},
			Additional: &schema{Ref: "#/$defs/identifier"}},
		Else: &schema{AnyOf: []*schema{{Ref: "#/$defs/value"}, {Ref: "#/$defs/identifier"}}},
	}
}

func ruleSchema() *schema {
	text := &schema{Type: types{"string"}, MinLength: 1}
	return &schema{Title: "Sigma rule", Type: types{"object"}, Required: []string{"title", "logsource", "detection"},
		Properties: append(attributes(),
			property{"logsource", logSourceSchema()},
			property{"detection", &schema{Type: types{"object"}, Description: "search identifiers, and the condition that joins them",
				Required: []string{"condition"}, MinProperties: 2, Properties: properties{
					{"condition", &schema{Description: "search identifiers joined with and, or, not, 1 of and all of", AnyOf: []*schema{text, {Type: types{"array"}, Items: text, MinItems: 1}}}},
					{"timeframe", &schema{Type: types{"string"}, Description: "the time of an aggregation of Sigma 1; write a correlation", Deprecated: true, Pattern: timespanPattern()}},
				}, Additional: &schema{Ref: "#/$defs/identifier"}}})}
}

// measureSchema is a measure and its thresholds; kinds are the types that one in
// a list may name.
func measureSchema(kinds []string) *schema {
	var comparisons properties
	var one []*schema
	for _, key := range thresholdKeys {
		comparisons = append(comparisons, property{key, &schema{Type: types{"number"}}})
		one = append(one, &schema{Required: []string{key}})
	}
	zero, hundred := 0, 100
	comparisons = append(comparisons,
		property{"field", &schema{Ref: "#/$defs/names", Description: "what is counted or measured"}},
		property{"percentile", &schema{Type: types{"integer"}, Minimum: &zero, Maximum: &hundred}})
	if kinds != nil {
		comparisons = append(comparisons, property{"type", oneOf("the kind of measure, where it is not the correlation's", kinds)})
	}
	return &schema{Type: types{"object"}, Properties: comparisons, Additional: nothing, AnyOf: one}
}

func correlationSchema() *schema {
	var measuring []string
	for _, t := range correlationTypes {
		if !temporal(t.kind) && t.kind != ast.FirstSeen {
			measuring = append(measuring, t.name)
		}
	}
	measures := &schema{Type: types{"array"}, Items: measureSchema(measuring), MinItems: 1}
	body := &schema{Type: types{"object"}, Description: "what is counted, over which rules and in which time", Required: []string{"type", "timespan"},
		Properties: properties{
			{"type", oneOf("the kind of correlation", correlationTypeNames())},
			{"rules", &schema{Ref: "#/$defs/names", Description: "ids or names of rules or correlations"}},
			{"group-by", &schema{Ref: "#/$defs/names", Description: "fields whose values are kept apart"}},
			{"timespan", &schema{Type: types{"string"}, Description: "how far apart the events may be, such as 5m", Pattern: timespanPattern()}},
			{"aliases", &schema{Type: types{"object"}, Description: "one name for fields that are called differently from rule to rule",
				Additional: &schema{Type: types{"object"}, MinProperties: 1, Additional: &schema{Type: types{"string"}}}}},
			{"condition", &schema{Description: "the thresholds; of temporal correlations, rules joined with and, or, not", AnyOf: []*schema{measureSchema(nil), measures, {Type: types{"string"}, MinLength: 1}}}},
			{"window", oneOf("whether the window slides, or time is cut into buckets", []string{"sliding", "tumbling"})},
			{"missing-key", oneOf("what becomes of events that lack a field of group-by", []string{"drop", "group"})},
			{"generate", &schema{Type: types{"boolean"}, Description: "report the matches of the rules as well"}},
		},
		Additional: nothing,
		If:         &schema{Properties: properties{{"type", &schema{Enum: measuring}}}},
		Then:       &schema{Required: []string{"rules", "condition"}, Properties: properties{{"condition", &schema{Type: types{"object", "array"}}}}},
		Else: &schema{If: &schema{Properties: properties{{"type", &schema{Enum: []string{CorrelationTypeName(ast.FirstSeen)}}}}},
			Then: &schema{Required: []string{"rules", "group-by"}, Not: &schema{Required: []string{"condition"}}}},
	}
	return &schema{Title: "Sigma correlation", Type: types{"object"}, Required: []string{"title", "correlation"},
		Properties: append(attributes(), property{"correlation", body})}
}

func timespanPattern() string {
	var units []byte
	for unit := range timespanUnits {
		units = append(units, unit)
	}
	slices.Sort(units)
	return `^0*[1-9][0-9]*[` + string(units) + `]$`
}

func filterSchema() *schema {
	return &schema{Title: "Sigma filter", Type: types{"object"}, Required: []string{"title", "logsource", "filter"},
		Properties: append(attributes(),
			property{"logsource", logSourceSchema()},
			property{"filter", &schema{Type: types{"object"}, Description: "the rules it narrows, search identifiers, and the condition that joins them",
				Required: []string{"rules", "condition"}, MinProperties: 3, Properties: properties{
					{"rules", &schema{Ref: "#/$defs/names", Description: "ids or names of rules, or any"}},
					{"condition", &schema{Type: types{"string"}, Description: "what stays, as in: not selection", MinLength: 1}},
				}, Additional: &schema{Ref: "#/$defs/identifier"}}})}
}
