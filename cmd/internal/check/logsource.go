package check

import (
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

var logSourceChecks = []Validator{
	{
		Doc: Doc{
			ID: "specific_instead_of_generic_logsource", Code: diag.SpecificLogSource, Severity: diag.Warning, Since: "0.1",
			Means:  "The rule is for one Windows log and selects an event number for which Sigma has a category.",
			Why:    "Under the category the same rule serves every source of such events: Sysmon, the security log, an EDR.",
			Mend:   "Write the category in place of the service, and drop the event number.",
			Before: "logsource:\n  product: windows\n  service: sysmon\ndetection:\n  selection:\n    EventID: 1\n    Image|endswith: '\\whoami.exe'\n  condition: selection\n",
			After:  "logsource:\n  product: windows\n  category: process_creation\ndetection:\n  selection:\n    Image|endswith: '\\whoami.exe'\n  condition: selection\n",
		},
		document: specificLogSource,
	},
	{
		Doc: Doc{
			ID: "fieldname_logsource", Code: diag.LogSourceAttribute, Covers: []diag.Code{diag.LogSourceKey}, Severity: diag.Warning, Since: "0.1",
			Means:  "The logsource has a key that is none of category, product, service and definition.",
			Why:    "It has no effect: the rule is for more logs than a reader believes.",
			Mend:   "Say it in definition, or in an attribute of the rule.",
			Before: "logsource:\n  product: windows\n  service: security\n  audit: success\n",
			After:  "logsource:\n  product: windows\n  service: security\n  definition: Success audits must be on\n",
		},
		document: logSourceAttributes,
	},
}

// sysmonCategories are the categories of the taxonomy for the events of Sysmon
// (Sigma taxonomy appendix, "Windows folder").
var sysmonCategories = map[string]string{
	"1": "process_creation", "2": "file_change", "3": "network_connection", "4": "sysmon_status", "5": "process_termination",
	"6": "driver_load", "7": "image_load", "8": "create_remote_thread", "9": "raw_access_thread", "10": "process_access",
	"11": "file_event", "12": "registry_event", "13": "registry_event", "14": "registry_event", "15": "create_stream_hash",
	"16": "sysmon_status", "17": "pipe_created", "18": "pipe_created", "19": "wmi_event", "20": "wmi_event", "21": "wmi_event",
	"22": "dns_query", "23": "file_delete", "24": "clipboard_change", "25": "process_tampering", "26": "file_delete_detected",
	"27": "file_block_executable", "28": "file_block_shredding", "29": "file_executable_detected", "255": "sysmon_error",
}

var securityCategories = map[string]string{"4688": "process_creation"}

func specificLogSource(f *finder, s *subject) {
	if s.logSource.Category.Value != "" || s.logSource.Product.Value != "windows" {
		return
	}
	var categories map[string]string
	switch s.logSource.Service.Value {
	case "sysmon":
		categories = sysmonCategories
	case "security":
		categories = securityCategories
	}
	if categories == nil {
		return
	}
	for _, item := range s.items {
		if item.Field.Name != "EventID" || item.Negated || hasModifier(item, unequal...) {
			continue
		}
		for _, w := range item.Written {
			if category := categories[strings.TrimSpace(w.Text)]; category != "" {
				f.report(w.Span, "write category: "+category+" in place of the service, and drop EventID",
					"event %s of the log %s is the category %s", w.Text, s.logSource.Service.Value, category)
			}
		}
	}
}

// unequal are the modifiers under which an item is no plain comparison with its
// values.
var unequal = []string{"re", "cidr", "exists", "fieldref", "lt", "lte", "gt", "gte", "minute", "hour", "day", "week", "month", "year"}

func hasModifier(item *ast.Item, names ...string) bool {
	for _, m := range item.Modifiers {
		for _, name := range names {
			if m.Value == name {
				return true
			}
		}
	}
	return false
}

func logSourceAttributes(f *finder, s *subject) {
	for _, a := range s.logSource.Custom {
		f.report(a.Name.Span, "say it in definition", "%q is no key of a logsource, and has no effect", a.Name.Value)
	}
}
