package diag

// Code names a kind of finding for ever: S and four digits. A code is never
// given a second meaning; a retired one stays reserved.
type Code string

// The codes. The hundreds group them: S00 file and YAML, S01 attributes,
// S02 logsource, S03 detections and values, S04 modifiers, S05 conditions,
// S06 correlations and filters, S07 placeholders.
const (
	YAMLSyntax        Code = "S0001"
	YAMLDuplicateKey  Code = "S0002"
	YAMLAliasBomb     Code = "S0003"
	YAMLCycle         Code = "S0004"
	YAMLScalar        Code = "S0005"
	YAMLKey           Code = "S0006"
	YAMLNesting       Code = "S0007"
	NotUTF8           Code = "S0008"
	NoBreakSpaces     Code = "S0009"
	NotAMapping       Code = "S0010"
	LegacyAction      Code = "S0011"
	UnknownAction     Code = "S0012"
	RepeatWithoutRule Code = "S0013"

	BadTitle          Code = "S0101"
	BadID             Code = "S0102"
	BadName           Code = "S0103"
	BadRelated        Code = "S0104"
	BadStatus         Code = "S0105"
	BadLevel          Code = "S0106"
	BadDate           Code = "S0107"
	BadTag            Code = "S0108"
	BadText           Code = "S0109"
	BadList           Code = "S0110"
	MisspelledKey     Code = "S0111"
	TagCase           Code = "S0112"
	OldDate           Code = "S0113"
	BadTaxonomy       Code = "S0114"
	UnsupportedSchema Code = "S0115"

	BadLogSource   Code = "S0201"
	LogSourceAlias Code = "S0202"

	BadDetection      Code = "S0301"
	EmptyDetection    Code = "S0302"
	BadValue          Code = "S0303"
	EmptyValueList    Code = "S0304"
	NullInList        Code = "S0305"
	TimeframeReserved Code = "S0306"
	BadKeyword        Code = "S0307"

	UnknownModifier  Code = "S0401"
	ModifierType     Code = "S0402"
	ModifierOrder    Code = "S0403"
	ModifierValue    Code = "S0404"
	BadRegex         Code = "S0405"
	BadCIDR          Code = "S0406"
	AllOnSingleValue Code = "S0407"
	UTF16Unencoded   Code = "S0408"
	TimePartRange    Code = "S0409"

	BadCondition      Code = "S0501"
	UnknownIdentifier Code = "S0502"
	EmptySelector     Code = "S0503"
	AggregationPipe   Code = "S0504"
	TooDeep           Code = "S0505"

	CorrelationUnread Code = "S0601"
	FilterUnread      Code = "S0602"

	UnresolvedPlaceholder Code = "S0701"
)
