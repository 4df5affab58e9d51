package check

import (
	"fmt"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/pipeline"
)

var fieldChecks = []Validator{
	{
		Doc: Doc{
			ID: "misspelled_field", Code: diag.MisspelledField, Severity: diag.Warning, Since: "0.1",
			Means: "The name of a field is nearly that of one that the events of the log source have, and is none itself. " +
				"The fields are known for Sysmon's categories, PowerShell's, and the log sources of the schemas that ship. (sigma-cli has no such validator.)",
			Why:    "Names of fields count to the letter, case included: a misspelled one is missing in every event, and the rule never matches, or its filter filters nothing.",
			Mend:   "Write the name as the events have it. If a source of your own does have the field, suppress the finding.",
			Before: "logsource:\n  product: windows\n  category: file_event\ndetection:\n  selection:\n    TargetFileName|endswith: '.lnk'\n  condition: selection\n",
			After:  "logsource:\n  product: windows\n  category: file_event\ndetection:\n  selection:\n    TargetFilename|endswith: '.lnk'\n  condition: selection\n",
		},
		document: misspelledField,
	},
}

// sysmonFields are those of Sysmon's events, and the hashes that the taxonomy
// takes apart (Sigma taxonomy appendix, "Process Creation Events": names follow
// Sysmon). They are one list for all categories, as the checks look for slips of
// the pen and not for fields of another event.
var sysmonFields = strings.Fields(`
	RuleName UtcTime ProcessGuid ProcessId Image FileVersion Description Product Company OriginalFileName CommandLine CurrentDirectory User
	LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes imphash md5 sha1 sha256 ParentProcessGuid ParentProcessId ParentImage
	ParentCommandLine ParentUser TargetFilename CreationUtcTime PreviousCreationUtcTime Protocol Initiated SourceIsIpv6 SourceIp
	SourceHostname SourcePort SourcePortName DestinationIsIpv6 DestinationIp DestinationHostname DestinationPort DestinationPortName State
	Version SchemaVersion ImageLoaded Signed Signature SignatureStatus SourceProcessGuid SourceProcessId SourceImage TargetProcessGuid
	TargetProcessId TargetImage NewThreadId StartAddress StartModule StartFunction SourceUser TargetUser Device SourceProcessGUID
	SourceThreadId TargetProcessGUID GrantedAccess CallTrace EventType TargetObject Details NewName Hash Contents Configuration
	ConfigurationFileHash PipeName Operation EventNamespace Name Query Type Destination Consumer Filter QueryName QueryStatus QueryResults
	IsExecutable Archived Session ClientInfo ID EventID Channel Provider_Name Computer`)

// powershellFields are those of PowerShell's events 400, 600, 800, 4103 and 4104.
var powershellFields = strings.Fields(`
	MessageNumber MessageTotal ScriptBlockText ScriptBlockId Path ContextInfo UserData Payload Data HostName HostVersion HostId
	HostApplication EngineVersion RunspaceId PipelineId CommandName CommandType ScriptName CommandPath CommandLine NewEngineState
	PreviousEngineState SequenceNumber ProviderName NewProviderState EventID Channel Provider_Name Computer`)

// sysmonOnly are the categories of sysmonCategories and those that the taxonomy
// has beside them.
var sysmonOnly = []string{"registry_add", "registry_delete", "registry_set", "registry_rename", "clipboard_capture", "file_access", "file_rename"}

// vocabulary gives the fields of a log source that have a name of their own, as
// far as they are known; nil where none are.
func vocabulary(l ast.LogSource) []string {
	if list := windowsFields(l); list != nil {
		return list
	}
	for _, s := range pipeline.Schemas() {
		if s.Covers(l) {
			return slices.DeleteFunc(s.Fields(), func(name string) bool { return strings.HasSuffix(name, "*") })
		}
	}
	return nil
}

func windowsFields(l ast.LogSource) []string {
	category := l.Category.Value
	switch {
	case l.Product.Value != "windows" || l.Service.Value != "" && l.Service.Value != "sysmon":
		return nil
	case strings.HasPrefix(category, "ps_"):
		return powershellFields
	case l.Service.Value == "sysmon", slices.Contains(sysmonOnly, category):
		return sysmonFields
	}
	for _, known := range sysmonCategories {
		if known == category {
			return sysmonFields
		}
	}
	return nil
}

func misspelledField(f *finder, s *subject) {
	known := vocabulary(s.logSource)
	if known == nil {
		return
	}
	for _, item := range s.items {
		name := item.Field.Name
		if name == "" || name == ast.Self || slices.Contains(known, name) {
			continue
		}
		if near := nearField(name, known); near != "" {
			f.report(item.Field.Span, fmt.Sprintf("did you mean %q?", near), "no event of this log source is known to have the field %q", name)
		}
	}
}

// nearField is the known field that a name is a slip from: in letter case, or in
// one letter of a name of some length.
func nearField(name string, known []string) string {
	near := diag.Nearest(name, known)
	if near == "" || strings.EqualFold(near, name) || len(name) >= 6 && oneSlip(strings.ToLower(name), strings.ToLower(near)) {
		return near
	}
	return ""
}

// oneSlip reports whether one letter was added, left out or taken for another, or
// two neighbours were swapped.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return len(b)-len(a) == 1 && a[i:] == b[i+1:]
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
