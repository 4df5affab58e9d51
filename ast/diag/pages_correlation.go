package diag

// base is the rule that the examples of correlations are about.
const base = `title: Login
name: login
logsource:
  product: aws
  service: cloudtrail
detection:
  selection:
    eventName: ConsoleLogin
  condition: selection
---
`

// correlationPages are those of S06 on correlations.
var correlationPages = []Page{
	{
		Code:  BadCorrelation,
		Means: "The section correlation is not a map, or holds what does not belong there.",
		Why:   "An attribute that is misspelled there would be lost, and the correlation would mean something else.",
		Mend:  "A correlation has type, rules, group-by, timespan, aliases, condition and generate; of ours are window and missing-key.",
		Wrong: base + "title: Many logins\ncorrelation:\n  type: event_count\n  rules: [login]\n  groupby: [sourceIPAddress]\n  timespan: 10m\n  condition:\n    gt: 10\n",
		Right: base + "title: Many logins\ncorrelation:\n  type: event_count\n  rules: [login]\n  group-by: [sourceIPAddress]\n  timespan: 10m\n  condition:\n    gt: 10\n",
	},
	{
		Code:  BadCorrelationType,
		Means: "The type of the correlation is missing, or unknown.",
		Why:   "It says what is counted: events, different values, or which rules fired together.",
		Mend:  "Take one of event_count, value_count, temporal, temporal_ordered, value_sum, value_avg, value_percentile, value_median and new_terms.",
		Wrong: base + "title: Many logins\ncorrelation:\n  type: count\n  rules: [login]\n  timespan: 10m\n  condition:\n    gt: 10\n",
		Right: base + "title: Many logins\ncorrelation:\n  type: event_count\n  rules: [login]\n  timespan: 10m\n  condition:\n    gt: 10\n",
	},
	{
		Code:  BadCorrelationRules,
		Means: "The correlation does not say which rules it is about.",
		Why:   "It is over the matches of other rules; without them it has nothing to count.",
		Mend:  "Name the rules by their ids or names.",
		Wrong: base + "title: Many logins\ncorrelation:\n  type: event_count\n  rules: []\n  timespan: 10m\n  condition:\n    gt: 10\n",
		Right: base + "title: Many logins\ncorrelation:\n  type: event_count\n  rules: [login]\n  timespan: 10m\n  condition:\n    gt: 10\n",
	},
	{
		Code:  BadTimespan,
		Means: "The timespan is missing, or is not a number and a unit.",
		Why:   "It says how far apart the events may be. A number without a unit is read differently by different tools.",
		Mend:  "Write a whole number and one of s, m, h, d, w, M (month) and y, such as 5m or 24h.",
		Wrong: base + "title: Many logins\ncorrelation:\n  type: event_count\n  rules: [login]\n  timespan: 10 minutes\n  condition:\n    gt: 10\n",
		Right: base + "title: Many logins\ncorrelation:\n  type: event_count\n  rules: [login]\n  timespan: 10m\n  condition:\n    gt: 10\n",
	},
	{
		Code:  BadAlias,
		Means: "An alias is not a map from rules to fields, or names a rule that the correlation is not about.",
		Why:   "Aliases join rules whose fields have different names. One that names nothing joins nothing.",
		Mend:  "Below the alias, write each rule of the correlation and the field that carries the value in its events.",
		Wrong: base + "title: Many logins\ncorrelation:\n  type: event_count\n  rules: [login]\n  aliases:\n    ip: sourceIPAddress\n  group-by: [ip]\n  timespan: 10m\n  condition:\n    gt: 10\n",
		Right: base + "title: Many logins\ncorrelation:\n  type: event_count\n  rules: [login]\n  aliases:\n    ip:\n      login: sourceIPAddress\n  group-by: [ip]\n  timespan: 10m\n  condition:\n    gt: 10\n",
	},
	{
		Code:  BadCorrelationCondition,
		Means: "The condition of a correlation compares with nothing, lacks its field, or does not fit the type.",
		Why:   "It says how many are too many. For value_count and the like it must say of which field.",
		Mend:  "Write a map with one of gt, gte, lt, lte, eq, neq, and field where values are counted or measured.",
		Wrong: base + "title: Many users\ncorrelation:\n  type: value_count\n  rules: [login]\n  timespan: 10m\n  condition:\n    gt: 10\n",
		Right: base + "title: Many users\ncorrelation:\n  type: value_count\n  rules: [login]\n  timespan: 10m\n  condition:\n    gt: 10\n    field: userIdentity.arn\n",
	},
	{
		Code:  MisplacedGenerate,
		Means: "generate stands beside the section correlation.",
		Why:   "The specification has it inside; other tools do not see it outside.",
		Mend:  "Move it into the section.",
		Wrong: base + "title: Many logins\ngenerate: true\ncorrelation:\n  type: event_count\n  rules: [login]\n  timespan: 10m\n  condition:\n    gt: 10\n",
		Right: base + "title: Many logins\ncorrelation:\n  type: event_count\n  rules: [login]\n  generate: true\n  timespan: 10m\n  condition:\n    gt: 10\n",
	},
	{
		Code:  UnknownReference,
		Means: "A correlation or a filter refers to a rule that was not given.",
		Why:   "Without the rule the correlation cannot be used; the filter filters nothing.",
		Mend:  "Give the file that holds the rule as well. Rules are referred to by id or name; a title is understood with a warning.",
		Wrong: base + "title: Many logins\ncorrelation:\n  type: event_count\n  rules: [logins]\n  timespan: 10m\n  condition:\n    gt: 10\n",
		Right: base + "title: Many logins\ncorrelation:\n  type: event_count\n  rules: [login]\n  timespan: 10m\n  condition:\n    gt: 10\n",
	},
	{
		Code:  CorrelationCycle,
		Means: "Correlations refer to each other in a circle, or more than ten stand upon each other.",
		Why:   "None of them can be computed before the others.",
		Mend:  "Let one of them refer to rules.",
		Wrong: base + "title: Many logins\nname: many\ncorrelation:\n  type: event_count\n  rules: [many]\n  timespan: 10m\n  condition:\n    gt: 10\n",
		Right: base + "title: Many logins\nname: many\ncorrelation:\n  type: event_count\n  rules: [login]\n  timespan: 10m\n  condition:\n    gt: 10\n",
	},
	{
		Code:  DuplicateName,
		Means: "Two documents have the same name.",
		Why:   "A reference by that name would silently mean one of them.",
		Mend:  "Give one of them another name.",
		Wrong: base + "title: Other login\nname: login\nlogsource:\n  product: aws\n  service: cloudtrail\ndetection:\n  selection:\n    eventName: AssumeRole\n  condition: selection\n",
		Right: base + "title: Other login\nname: other_login\nlogsource:\n  product: aws\n  service: cloudtrail\ndetection:\n  selection:\n    eventName: AssumeRole\n  condition: selection\n",
	},
}

// filterPages are those of S06 on filters, and of S07: placeholders.
var filterPages = []Page{
	{
		Code:  BadFilter,
		Means: "A filter lacks its rules, its condition or its search identifiers, or one of them is of a wrong form.",
		Why:   "Which rules it narrows, and by what, would be a guess.",
		Mend:  "Give it rules (a list of ids or names, or any), at least one search identifier, and a condition.",
		Wrong: "title: Backup account\nlogsource:\n  product: aws\nfilter:\n  selection:\n    userName: backup\n  condition: not selection\n",
		Right: "title: Backup account\nlogsource:\n  product: aws\nfilter:\n  rules: any\n  selection:\n    userName: backup\n  condition: not selection\n",
	},
	{
		Code:  FilterPolarity,
		Means: "The condition of a filter has no not.",
		Why:   "Some tools keep what it selects, others drop it. The same file then means opposites, and in one of them detections are lost in silence.",
		Mend:  "Write not before what the filter is to drop. For files that you cannot change, say --filter-mode and (what it selects stays) or and-not (it goes).",
		Wrong: "title: Backup account\nlogsource:\n  product: aws\nfilter:\n  rules: any\n  selection:\n    userName: backup\n  condition: selection\n",
		Right: "title: Backup account\nlogsource:\n  product: aws\nfilter:\n  rules: any\n  selection:\n    userName: backup\n  condition: not selection\n",
	},
	{
		Code:  UnresolvedPlaceholder,
		Means: "A placeholder, %name% under the modifier expand, has no value.",
		Why:   "It stands for values that only you know, such as the names of your administrators. Without them there is no query.",
		Mend:  "Give the values with --vars FILE, or write them into the rule.",
		Wrong: "detection:\n  selection:\n    userName|expand: '%administrators%'\n  condition: selection\n",
		Right: "detection:\n  selection:\n    userName: [alice, bob]\n  condition: selection\n",
	},
	{
		Code:  TooManyExpansions,
		Means: "With the values of its placeholders, one value of the rule becomes more than two hundred.",
		Why:   "The values of several placeholders in one value multiply. Queries of thousands of alternatives are refused by most targets, or time out.",
		Mend:  "Give the placeholders fewer values, or split the value.",
		Wrong: "# --vars: host and share have 15 values each\ndetection:\n  selection:\n    path|expand: '%host%:%share%'\n  condition: selection\n",
		Right: "# --vars: host and share have 15 values each\ndetection:\n  selection:\n    host|expand: '%host%'\n    share|expand: '%share%'\n  condition: selection\n",
	},
}
