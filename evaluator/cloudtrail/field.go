package cloudtrail

import "github.com/tidwall/gjson"

// Text is the text of the first of the dotted paths that has one in a record;
// "" when none has. Objects and arrays give their JSON. It is for the columns
// of an output and for telling duplicates, not for verdicts: rules read events
// through the evaluator.
func Text(raw []byte, paths ...string) string {
	for _, path := range paths {
		if s := gjson.GetBytes(raw, path).String(); s != "" {
			return s
		}
	}
	return ""
}
