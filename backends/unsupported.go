package backends

import (
	"fmt"
	"strings"

	"sigmatic/ast/source"
)

// Feature names what a language cannot say. The list is closed, so that
// refusals can be counted; a refusal's particulars stand in its Detail.
type Feature string

// The features that a backend may refuse.
const (
	FeatureRegex       Feature = "regular expression"
	FeatureRegexSyntax Feature = "regular expression syntax" // this one, not every one
	FeatureAnyOne      Feature = "single-character wildcard"
	FeatureWildcard    Feature = "wildcard position"
	FeatureFieldRef    Feature = "field reference"
	FeatureTimePart    Feature = "time part"
	FeatureComparison  Feature = "numeric comparison"
	FeatureIPv6        Feature = "IPv6 network"
	FeatureCIDR        Feature = "IP network"
	FeatureFieldName   Feature = "field name"
	FeatureBytes       Feature = "bytes that are no text"
	FeatureCased       Feature = "letter case"
	FeatureKeyword     Feature = "keyword"
	FeatureArray       Feature = "array selector"
	FeaturePlaceholder Feature = "unresolved placeholder"
	FeatureSize        Feature = "size"
	FeatureCorrelation Feature = "correlation"
	FeatureProof       Feature = "query that passes verify" // only where the user demands one
	FeatureSchema      Feature = "refused by the schema"    // whose store does not keep what the rule asks for
	FeaturePipeline    Feature = "refused by a pipeline"
	FeatureLineBreak   Feature = "line break"
	FeatureTitle       Feature = "title" // that a format's files cannot hold
	FeatureSameKey     Feature = "name that is taken"
)

// Unsupported is a typed refusal: this language cannot say this.
type Unsupported struct {
	Backend      string
	Feature      Feature
	Span         source.Span // what was refused, in the rule
	Detail       string      // what exactly, and why; lower case
	Alternatives []string    // targets that can say the whole query; filled by Registry.Convert
}

// Error says what is refused, where, and what to use instead.
func (u *Unsupported) Error() string {
	var b strings.Builder
	if !u.Span.IsZero() {
		p := u.Span.Position()
		fmt.Fprintf(&b, "%s:%d:%d: ", u.Span.File.Name, p.Line, p.Column)
	}
	b.WriteString(u.Message())
	return b.String()
}

// Message is Error without the place.
func (u *Unsupported) Message() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s cannot express this: %s", u.Backend, u.Feature)
	if u.Detail != "" {
		fmt.Fprintf(&b, " (%s)", u.Detail)
	}
	if len(u.Alternatives) > 0 {
		fmt.Fprintf(&b, "; these targets can: %s", strings.Join(u.Alternatives, ", "))
	}
	return b.String()
}
