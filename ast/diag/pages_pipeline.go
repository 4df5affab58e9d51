package diag

// pipelinePages are those of S10: processing pipelines. Their examples are whole
// pipelines; those of PipelineRefusal are run on the rule of a test.
var pipelinePages = []Page{
	{
		Code:  BadPipeline,
		Means: "The file is no processing pipeline: it is not a map, or an entry of one of its lists is none.",
		Why:   "A part of it that is read as something else would change rules in a way that nobody wrote.",
		Mend:  "Write a map with transformations, postprocessing or finalizers, each a list of maps with a type.",
		Wrong: "transformations:\n  - field_name_mapping\n",
		Right: "transformations:\n  - type: field_name_mapping\n    mapping:\n      Image: process.executable\n",
	},
	{
		Code:  PipelineKey,
		Means: "The pipeline has a key that pipelines do not have.",
		Why:   "What stands under it would be lost.",
		Mend:  "The keys are name, priority, allowed_backends, vars, transformations, postprocessing and finalizers.",
		Wrong: "transformation:\n  - type: field_name_prefix\n    prefix: 'win.'\n",
		Right: "transformations:\n  - type: field_name_prefix\n    prefix: 'win.'\n",
	},
	{
		Code:  PipelineType,
		Means: "The type of an entry is missing or unknown.",
		Why:   "The type says what the entry does.",
		Mend:  "The message lists the types. Types that a plugin of another tool has brought are not known here.",
		Wrong: "transformations:\n  - type: field_name_maping\n    mapping:\n      Image: process.executable\n",
		Right: "transformations:\n  - type: field_name_mapping\n    mapping:\n      Image: process.executable\n",
	},
	{
		Code:  PipelineParameter,
		Means: "A parameter of an entry is missing, unknown, or of a wrong kind.",
		Why:   "Read otherwise than it was meant, an entry changes what rules search for.",
		Mend:  "The message names the entry, the parameter and what was expected.",
		Wrong: "transformations:\n  - type: field_name_prefix\n    prefx: 'win.'\n    prefix: 'win.'\n",
		Right: "transformations:\n  - type: field_name_prefix\n    prefix: 'win.'\n",
	},
	{
		Code:  PipelineConditions,
		Means: "The conditions of an entry cannot be joined: an expression does not name them all, or names others, or stands beside an operator. As a warning: they have no effect.",
		Why:   "The entry would apply to other rules than those that were meant.",
		Mend:  "Give the conditions names and use each name in the expression, or leave the expression out: then all conditions must hold.",
		Wrong: "transformations:\n  - type: field_name_prefix\n    prefix: 'win.'\n    rule_conditions:\n      windows:\n        type: logsource\n        product: windows\n      process:\n        type: logsource\n        category: process_creation\n    rule_cond_expr: windows\n",
		Right: "transformations:\n  - type: field_name_prefix\n    prefix: 'win.'\n    rule_conditions:\n      windows:\n        type: logsource\n        product: windows\n      process:\n        type: logsource\n        category: process_creation\n    rule_cond_expr: windows and process\n",
	},
	{
		Code:  PipelineRefused,
		Means: "The pipeline would run a program, ask a server, or read a file that was not allowed.",
		Why:   "A pipeline comes from a repository and is run with your rights; and what a rule means must not depend on the answer of a server.",
		Mend:  "Save the values to a file, name the file with file_placeholders, and allow it with --pipeline-file; or write them under vars.",
		Wrong: "transformations:\n  - type: command_placeholders\n    cmd: list-admins\n",
		Right: "vars:\n  administrators: [alice, bob]\ntransformations:\n  - type: value_placeholders\n",
	},
	{
		Code:  PipelineAlias,
		Means: "A key has the name that rsigma gives it; it is read as the one that pySigma and sigmatic have.",
		Why:   "The file would mean something else, or nothing, to pySigma.",
		Mend:  "Write the name that the message gives.",
		Wrong: "transformations:\n  - type: set_state\n    key: index\n    value: logs-*\n",
		Right: "transformations:\n  - type: set_state\n    key: index\n    val: logs-*\n",
	},
	{
		Code:  PipelineRefusal,
		Means: "The pipeline cannot adapt a rule, says that it is not for it, or (as a warning) leaves a part of it out.",
		Why:   "A query without that part would not find what the rule finds.",
		Mend:  "The message names the part of the rule and the entry of the pipeline. Adapt one of them, or leave the rule out.",
		Wrong: "transformations:\n  - type: rule_failure\n    message: no such data here\n",
		Right: "transformations:\n  - type: rule_failure\n    message: no such data here\n    rule_conditions:\n      - type: logsource\n        product: okta\n",
	},
}
