package diag

import "slices"

// Page documents a code. The examples are parts of a document: what is missing
// to a whole one (a title, a logsource, a detection) is of no matter, unless
// Whole is set. A test runs both: Wrong gives findings of this code and no
// other, Right gives none of it.
//
// What an example cannot show as it is stands in angle brackets: ⟨x×n⟩ is n
// times x, ⟨nbsp⟩ a no-break space, ⟨byte XX⟩ a byte of that value.
type Page struct {
	Code         Code
	Title        string
	Means        string // what the finding says
	Why          string // why it matters
	Mend         string // what to do
	Since        string // the version that brought it
	Wrong, Right string
	Whole        bool
}

// Pages gives the page of every code of the parser, S00 to S07, of schemas, S09, and of pipelines, S10, in ascending
// order. Those of the checks, S08, stand with the checks.
func Pages() []Page {
	out := slices.Concat(filePages, attributePages, valuePages, modifierPages, conditionPages, correlationPages, filterPages, schemaPages, pipelinePages)
	for i := range out {
		out[i].Title = out[i].Code.Title()
		out[i].Since = "0.1"
	}
	return out
}

// Title is what findings of the code are about, "" for a code that is none.
func (c Code) Title() string {
	for _, info := range codeInfos {
		if info.Code == c {
			return info.Title
		}
	}
	return ""
}
