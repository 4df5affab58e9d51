package diag

// Code names a kind of finding for ever: S and four digits. A code is never
// given a second meaning; a retired one stays reserved.
type Code string

// The codes. The hundreds group them: S00 file and YAML, S01 attributes,
// S02 logsource, S03 detections and values, S04 modifiers, S05 conditions,
// S06 correlations and filters, S07 placeholders, S08 the checks of the command
// check, S09 schemas, S10 processing pipelines.
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
	EmptyAttribute    Code = "S0116"

	BadLogSource   Code = "S0201"
	LogSourceAlias Code = "S0202"
	LogSourceKey   Code = "S0203"

	BadDetection      Code = "S0301"
	EmptyDetection    Code = "S0302"
	BadValue          Code = "S0303"
	EmptyValueList    Code = "S0304"
	NullInList        Code = "S0305"
	TimeframeReserved Code = "S0306"
	BadKeyword        Code = "S0307"
	BadSelector       Code = "S0308"
	SelectorVersion   Code = "S0309"
	SelectorSiblings  Code = "S0310"

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

	BadCorrelation          Code = "S0603"
	BadCorrelationType      Code = "S0604"
	BadCorrelationRules     Code = "S0605"
	BadTimespan             Code = "S0606"
	BadAlias                Code = "S0607"
	BadCorrelationCondition Code = "S0608"
	MisplacedGenerate       Code = "S0609"
	UnknownReference        Code = "S0610"
	CorrelationCycle        Code = "S0611"
	DuplicateName           Code = "S0612"
	BadFilter               Code = "S0613"
	FilterPolarity          Code = "S0614"

	UnresolvedPlaceholder Code = "S0701"
	TooManyExpansions     Code = "S0702"

	UnusedIdentifier      Code = "S0801"
	ThemOfOne             Code = "S0802"
	AllOfThem             Code = "S0803"
	SpecificLogSource     Code = "S0811"
	LogSourceAttribute    Code = "S0812"
	MisspelledField       Code = "S0813"
	NoID                  Code = "S0821"
	SharedID              Code = "S0822"
	SharedTitle           Code = "S0823"
	RepeatedReference     Code = "S0824"
	SharedFileName        Code = "S0825"
	FileNameLength        Code = "S0826"
	ModifierCombination   Code = "S0831"
	DoubleWildcard        Code = "S0841"
	QuotedNumber          Code = "S0842"
	ControlCharacter      Code = "S0843"
	WildcardsForModifiers Code = "S0844"
	EscapedWildcard       Code = "S0845"
	TagFormat             Code = "S0851"
	TagNamespace          Code = "S0852"
	ATTACKTag             Code = "S0853"
	D3FENDTag             Code = "S0854"
	CARTag                Code = "S0855"
	CVETag                Code = "S0856"
	DetectionTag          Code = "S0857"
	STPTag                Code = "S0858"
	TLP1Tag               Code = "S0859"
	TLP2Tag               Code = "S0860"
	TLPTag                Code = "S0861"
	RepeatedTag           Code = "S0862"
	BadSuppression        Code = "S0891"

	BadSchema       Code = "S0901"
	UnmappedField   Code = "S0902"
	SchemaLoss      Code = "S0903"
	SchemaLogSource Code = "S0904"

	BadPipeline        Code = "S1001"
	PipelineKey        Code = "S1002"
	PipelineType       Code = "S1003"
	PipelineParameter  Code = "S1004"
	PipelineConditions Code = "S1005"
	PipelineRefused    Code = "S1006"
	PipelineAlias      Code = "S1007"
	PipelineRefusal    Code = "S1011"
)

// CodeInfo describes a code.
type CodeInfo struct {
	Code  Code
	Title string // what the finding is about, without an article's capital
}

var codeInfos = []CodeInfo{
	{YAMLSyntax, "YAML that cannot be read"},
	{YAMLDuplicateKey, "a key that stands twice in one map"},
	{YAMLAliasBomb, "YAML aliases that expand too far"},
	{YAMLCycle, "a YAML alias inside what it names"},
	{YAMLScalar, "a scalar that readers of YAML type differently"},
	{YAMLKey, "a key that is not a plain name"},
	{YAMLNesting, "YAML nested too deeply"},
	{NotUTF8, "a file that is not UTF-8"},
	{NoBreakSpaces, "no-break spaces where YAML needs blanks"},
	{NotAMapping, "a document that is not Sigma"},
	{LegacyAction, "an action of the old rule collections"},
	{UnknownAction, "an unknown action"},
	{RepeatWithoutRule, "a repeat without a document before it"},
	{BadTitle, "a wrong or missing title"},
	{BadID, "an id that is not a UUID"},
	{BadName, "a wrong name"},
	{BadRelated, "a wrong reference to a related rule"},
	{BadStatus, "an unknown status"},
	{BadLevel, "an unknown level"},
	{BadDate, "a date that is none"},
	{BadTag, "a tag without namespace"},
	{BadText, "an attribute that must be a string"},
	{BadList, "an attribute that must be a list of strings"},
	{MisspelledKey, "an attribute that is probably misspelled"},
	{TagCase, "a tag with upper-case letters"},
	{OldDate, "a date in the form of Sigma 1"},
	{BadTaxonomy, "a wrong taxonomy"},
	{UnsupportedSchema, "an unknown version of Sigma"},
	{EmptyAttribute, "an attribute without a value"},
	{BadLogSource, "a wrong or missing logsource"},
	{LogSourceAlias, "a logsource that is spelled differently from the taxonomy"},
	{LogSourceKey, "a key of a logsource that is probably misspelled"},
	{BadDetection, "a wrong or missing detection"},
	{EmptyDetection, "a search identifier without content"},
	{BadValue, "a value that Sigma does not know"},
	{EmptyValueList, "an empty list of values"},
	{NullInList, "null in a list of values"},
	{TimeframeReserved, "the deprecated timeframe"},
	{BadKeyword, "a value that needs a field"},
	{BadSelector, "an array selector that cannot be read"},
	{SelectorVersion, "an array selector in a rule of an earlier version of Sigma"},
	{SelectorSiblings, "array selectors beside each other"},
	{UnknownModifier, "an unknown modifier"},
	{ModifierType, "a modifier on a value of the wrong type"},
	{ModifierOrder, "modifiers in an order that has no meaning"},
	{ModifierValue, "a value that a modifier cannot take"},
	{BadRegex, "a regular expression that is not valid"},
	{BadCIDR, "an IP network that is not valid"},
	{AllOnSingleValue, "all on a single value"},
	{UTF16Unencoded, "UTF-16 without Base64"},
	{TimePartRange, "a time part that no time has"},
	{BadCondition, "a condition that cannot be read"},
	{UnknownIdentifier, "a condition that names what does not exist"},
	{EmptySelector, "a selector that selects nothing"},
	{AggregationPipe, "an aggregation behind a condition"},
	{TooDeep, "a condition nested too deeply"},
	{BadCorrelation, "a correlation that is not well formed"},
	{BadCorrelationType, "an unknown type of correlation"},
	{BadCorrelationRules, "a correlation without rules"},
	{BadTimespan, "a timespan that is none"},
	{BadAlias, "an alias that names no rule or field"},
	{BadCorrelationCondition, "a wrong condition of a correlation"},
	{MisplacedGenerate, "generate outside the correlation"},
	{UnknownReference, "a reference to a rule that is not there"},
	{CorrelationCycle, "correlations that refer to each other"},
	{DuplicateName, "a name that two documents have"},
	{BadFilter, "a filter that is not well formed"},
	{FilterPolarity, "a filter whose meaning differs between tools"},
	{UnresolvedPlaceholder, "a placeholder without a value"},
	{TooManyExpansions, "placeholders whose values give too many alternatives"},
	{UnusedIdentifier, "a search identifier that no condition uses"},
	{ThemOfOne, "them where there is only one"},
	{AllOfThem, "the selector all of them"},
	{SpecificLogSource, "an event number where there is a category"},
	{LogSourceAttribute, "a key of a logsource that Sigma does not define"},
	{MisspelledField, "a field that is probably misspelled"},
	{NoID, "a document without an id"},
	{SharedID, "an id that two documents have"},
	{SharedTitle, "a title that two documents have"},
	{RepeatedReference, "a reference that stands twice"},
	{SharedFileName, "a file name that two files have"},
	{FileNameLength, "a file name that is very short or very long"},
	{ModifierCombination, "modifiers that hardly make sense together"},
	{DoubleWildcard, "two stars in a row"},
	{QuotedNumber, "a number in quotes"},
	{ControlCharacter, "a control character in a value"},
	{WildcardsForModifiers, "wildcards where a modifier says the same"},
	{EscapedWildcard, "an escaped wildcard"},
	{TagFormat, "a tag with characters that tags do not have"},
	{TagNamespace, "a tag of a namespace that Sigma does not define"},
	{ATTACKTag, "a tag that is no part of ATT&CK"},
	{D3FENDTag, "a tag that is no part of D3FEND"},
	{CARTag, "a tag that is no CAR analytic"},
	{CVETag, "a tag that is no CVE number"},
	{DetectionTag, "an unknown kind of detection"},
	{STPTag, "a tag that is no Summiting the Pyramid score"},
	{TLP1Tag, "a tag that TLP 1 does not have"},
	{TLP2Tag, "a tag that TLP 2 does not have"},
	{TLPTag, "a tag that no TLP has"},
	{RepeatedTag, "a tag that stands twice"},
	{BadSuppression, "a suppression that cannot be read"},
	{BadSchema, "a schema that cannot be read"},
	{UnmappedField, "a field that the schema does not describe"},
	{SchemaLoss, "a question that the schema's store cannot answer"},
	{SchemaLogSource, "a log source that the schema is not for"},
	{BadPipeline, "a processing pipeline that is not well formed"},
	{PipelineKey, "a key that processing pipelines do not have"},
	{PipelineType, "an unknown type of transformation, condition, postprocessing or finalizer"},
	{PipelineParameter, "a wrong, missing or unknown parameter in a pipeline"},
	{PipelineConditions, "conditions of a pipeline that cannot be joined, or do nothing"},
	{PipelineRefused, "a part of a pipeline that would run code or reach out"},
	{PipelineAlias, "a key of a pipeline that another tool spells differently"},
	{PipelineRefusal, "a rule that a pipeline cannot adapt, or only with losses"},
}

// Codes lists all codes in ascending order.
func Codes() []CodeInfo { return append([]CodeInfo(nil), codeInfos...) }
