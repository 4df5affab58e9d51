package diag

// schemaPages are those of S09: schemas, which say how a store keeps events.
var schemaPages = []Page{
	{
		Code:  BadSchema,
		Means: "The file of a schema is not of the form that docs/schemas.md describes.",
		Why:   "A schema decides what a query asks for. One that is read in part would make queries that ask for something else.",
		Mend:  "Go to the place. The message says what was expected there.",
		Wrong: "name: mine\nfields:\n  eventName: {two: event.action}\n",
		Right: "name: mine\nfields:\n  eventName: {to: event.action}\n",
		Whole: true,
	},
	{
		Code:  UnmappedField,
		Means: "The schema for the target does not say what the store calls this field of the rule.",
		Why:   "The query then asks for the rule's own name, which the store may not have. A leaf over it would never match, and its negation always would.",
		Mend:  "Write the name that the log source has. If it is right, describe it in a schema of your own (--schema FILE), or take the names as they are (--schema none).",
		Wrong: "# --schema cloudtrail-ecs\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  selection:\n    eventNames: StopLogging\n  condition: selection\n",
		Right: "# --schema cloudtrail-ecs\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  selection:\n    eventName: StopLogging\n  condition: selection\n",
	},
	{
		Code:  SchemaLoss,
		Means: "The store of the schema does not keep what the rule asks for, or keeps it in a form that cannot answer it. As a warning: a value that the store drops is asked for as a field that is not there.",
		Why:   "No query over what is kept selects what the rule does; then there is none. Or only one that cannot tell two kinds of absence apart.",
		Mend:  "Ask for a field that the store keeps, convert for another target, or describe where your store keeps it in a schema of your own (--schema FILE).",
		Wrong: "# --schema cloudtrail-ecs\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  selection:\n    requestParameters|contains: '\"userName\":\"eve\"'\n  condition: selection\n",
		Right: "# --schema cloudtrail-ecs\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  selection:\n    requestParameters.userName: eve\n  condition: selection\n",
	},
	{
		Code:  SchemaLogSource,
		Means: "The schema that was asked for describes the events of other log sources than the rule's.",
		Why:   "It knows nothing of the rule's fields, so that they keep their names and nothing is taken for granted of them.",
		Mend:  "Name the schema that is for the log source, or leave the choice to --schema auto.",
		Wrong: "# --schema cloudtrail-ecs\nlogsource: {product: windows, category: process_creation}\ndetection:\n  selection:\n    Image|endswith: '\\cmd.exe'\n  condition: selection\n",
		Right: "# --schema windows-ecs\nlogsource: {product: windows, category: process_creation}\ndetection:\n  selection:\n    Image|endswith: '\\cmd.exe'\n  condition: selection\n",
	},
}
