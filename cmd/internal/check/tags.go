package check

import (
	"regexp"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// The namespaces and what stands in them are those of the Sigma specification,
// appendix "Sigma tags". No list of techniques is kept here: it would be old
// tomorrow, and an old list calls the newest tags wrong.
var tagChecks = []Validator{
	{
		Doc: Doc{
			ID: "tag_format", Code: diag.TagFormat, Severity: diag.Warning, Since: "0.1",
			Means:  "A tag holds a character that is no letter, digit, dot, dash or underscore.",
			Why:    "Tools that follow the specification's schema refuse it.",
			Mend:   "Write a dash in place of blanks, and remove the rest.",
			Before: "tags:\n  - attack.initial access\n",
			After:  "tags:\n  - attack.initial-access\n",
		},
		document: eachTag(func(f *finder, t ast.Tag) {
			if !tagFormat.MatchString(t.String()) {
				f.report(t.Span, "a tag consists of a-z, 0-9, -, _ and dots", "the tag %q holds a character that tags do not have", t)
			}
		}),
	},
	{
		Doc: Doc{
			ID: "namespace_tag", Code: diag.TagNamespace, Severity: diag.Warning, Since: "0.1",
			Means:  "The namespace of a tag is none of attack, car, cve, d3fend, detection, stp and tlp.",
			Why:    "Tools select by the namespaces of the specification, and do not know others.",
			Mend:   "Correct the spelling. For a namespace of your own, switch the check off.",
			Before: "tags:\n  - atack.t1078\n",
			After:  "tags:\n  - attack.t1078\n",
		},
		document: eachTag(unknownNamespace),
	},
	tagPattern("attacktag", diag.ATTACKTag, "attack", attackTag,
		Doc{
			Means:  "A tag of the namespace attack is neither a tactic nor a number of the form that ATT&CK gives techniques, groups, software, data sources, mitigations and assets.",
			Why:    "Coverage is counted by these tags; one that ATT&CK does not have is counted nowhere. The form is checked, not whether the number exists.",
			Mend:   "Write the tactic with dashes, or the number, such as t1078.004.",
			Before: "tags:\n  - attack.t107\n",
			After:  "tags:\n  - attack.t1078.004\n",
		}, "a tactic is written as credential-access, a technique as t1078 or t1078.004"),
	tagPattern("d3_fendtag", diag.D3FENDTag, "d3fend", d3fendTag,
		Doc{
			Means:  "A tag of the namespace d3fend is neither a tactic, nor a technique (d3-…), nor an artifact (d3f-…).",
			Why:    "D3FEND has no other names.",
			Mend:   "Write the short name of the technique, such as d3-am.",
			Before: "tags:\n  - d3fend.am\n",
			After:  "tags:\n  - d3fend.d3-am\n",
		}, "a technique is written as d3-am, an artifact as d3f-process"),
	tagPattern("cartag", diag.CARTag, "car", regexp.MustCompile(`^\d{4}-\d{2}-\d{3}$`),
		Doc{
			Means:  "A tag of the namespace car is not the number of an analytic.",
			Why:    "The repository of analytics numbers them by year, month and order.",
			Mend:   "Write the number without CAR- before it.",
			Before: "tags:\n  - car.car-2016-04-005\n",
			After:  "tags:\n  - car.2016-04-005\n",
		}, "an analytic is written as 2016-04-005"),
	{
		Doc: Doc{
			ID: "cvetag", Code: diag.CVETag, Severity: diag.Warning, Since: "0.1",
			Means:  "A tag of the namespace cve is not year and number with a dash between them.",
			Why:    "Rules for a vulnerability are found by this tag; older rules have a dot in place of the dash, and are not found.",
			Mend:   "Write year, dash, number.",
			Before: "tags:\n  - cve.2021.44228\n",
			After:  "tags:\n  - cve.2021-44228\n",
		},
		document: eachTag(cveTag),
	},
	tagPattern("detection_tag", diag.DetectionTag, "detection", regexp.MustCompile(`^(?:dfir|emerging-threats|threat-hunting)$`),
		Doc{
			Means:  "A tag of the namespace detection is none of dfir, emerging-threats and threat-hunting.",
			Why:    "The tag says what a rule is for; there are three purposes.",
			Mend:   "Take one of the three.",
			Before: "tags:\n  - detection.hunting\n",
			After:  "tags:\n  - detection.threat-hunting\n",
		}, "the kinds are dfir, emerging-threats and threat-hunting"),
	tagPattern("stptag", diag.STPTag, "stp", regexp.MustCompile(`^[1-5][auk]?$`),
		Doc{
			Means:  "A tag of the namespace stp is not a score from 1 to 5 with a, u or k behind it, or nothing.",
			Why:    "Summiting the Pyramid has no other scores.",
			Mend:   "Write the robustness of the analytic, and behind it that of the event where the log source is certain.",
			Before: "tags:\n  - stp.6\n",
			After:  "tags:\n  - stp.3k\n",
		}, "a score is written as 4 or 3k"),
	tlpTag("tlpv1_tag", diag.TLP1Tag, "TLP 1", "white", true, "white", "green", "amber", "red"),
	tlpTag("tlpv2_tag", diag.TLP2Tag, "TLP 2", "clear", true, "clear", "green", "amber", "amber-strict", "red"),
	tlpTag("tlptag", diag.TLPTag, "any version of TLP", "clear", false, "white", "clear", "green", "amber", "amber-strict", "red"),
	{
		Doc: Doc{
			ID: "duplicate_tag", Code: diag.RepeatedTag, Severity: diag.Warning, Since: "0.1",
			Means:  "The list of tags holds the same tag twice.",
			Why:    "One of the two was probably to be another.",
			Mend:   "Remove one, or correct it.",
			Before: "tags:\n  - attack.t1078\n  - attack.t1078\n",
			After:  "tags:\n  - attack.t1078\n",
		},
		document: repeatedTags,
	},
}

var (
	tagFormat = regexp.MustCompile(`^[a-z0-9_-]+\.[a-z0-9._-]+$`)
	// The tactics, in the spelling of today and with the underscores of Sigma 1.
	attackTag = regexp.MustCompile(`^(?:t\d{4}(?:\.\d{3})?|(?:g|s|ds|m|a|c)\d{4}|` +
		`(?:reconnaissance|execution|persistence|stealth|discovery|collection|exfiltration|impact|` +
		`(?:resource[-_]development|initial[-_]access|privilege[-_]escalation|defense[-_]evasion|defense[-_]impairment|` +
		`credential[-_]access|lateral[-_]movement|command[-_]and[-_]control)))$`)
	d3fendTag = regexp.MustCompile(`^(?:d3f?-[a-z0-9-]+|model|harden|detect|isolate|deceive|evict|restore)$`)
	cveFormat = regexp.MustCompile(`^\d+-\d+$`)
	cveDotted = regexp.MustCompile(`^(\d{4})[._](\d{4,})$`)
)

// eachTag makes a check of tags a check of documents.
func eachTag(check func(*finder, ast.Tag)) func(*finder, *subject) {
	return func(f *finder, s *subject) {
		for _, t := range s.meta.Tags {
			check(f, t)
		}
	}
}

// tagPattern is the check that a namespace has only names of one form.
func tagPattern(id string, code diag.Code, namespace string, form *regexp.Regexp, doc Doc, help string) Validator {
	doc.ID, doc.Code, doc.Severity, doc.Since = id, code, diag.Warning, "0.1"
	return Validator{Doc: doc, document: eachTag(func(f *finder, t ast.Tag) {
		if t.Namespace == namespace && !form.MatchString(t.Name) {
			f.report(t.Span, help, "%q is no tag of %s", t, namespace)
		}
	})}
}

// tlpTag is the check that a traffic light is one of a version. The versions are
// looked for only where they are asked for: together they refuse each other's.
func tlpTag(id string, code diag.Code, version, good string, off bool, allowed ...string) Validator {
	bad := "blue"
	if off {
		bad = map[string]string{"white": "clear", "clear": "white"}[good]
	}
	form := regexp.MustCompile("^(?:" + strings.Join(allowed, "|") + ")$")
	v := tagPattern(id, code, "tlp", form, Doc{
		Means:  "A tag of the namespace tlp is no colour of " + version + ".",
		Why:    "The traffic light says who may read the rule. A colour that does not exist allows, or forbids, nothing.",
		Mend:   "Take one of " + strings.Join(allowed, ", ") + ".",
		Before: "tags:\n  - tlp." + bad + "\n",
		After:  "tags:\n  - tlp." + good + "\n",
	}, "the colours are "+strings.Join(allowed, ", "))
	v.Off = off
	return v
}

// namespaces are those of the specification.
var namespaces = []string{"attack", "car", "cve", "d3fend", "detection", "stp", "tlp"}

func unknownNamespace(f *finder, t ast.Tag) {
	if slices.Contains(namespaces, t.Namespace) {
		return
	}
	help := "the namespaces are " + strings.Join(namespaces, ", ")
	if near := diag.Nearest(t.Namespace, namespaces); near != "" {
		help = "did you mean " + near + "? " + help
	}
	f.report(t.Span, help, "%q is no namespace of tags", t.Namespace)
}

func cveTag(f *finder, t ast.Tag) {
	if t.Namespace != "cve" || cveFormat.MatchString(t.Name) {
		return
	}
	d := f.report(t.Span, "a vulnerability is written as cve.2021-44228", "%q is no CVE number", t)
	if m := cveDotted.FindStringSubmatch(t.Name); m != nil {
		d.Fix = &diag.Fix{Span: t.Span, Replacement: "cve." + m[1] + "-" + m[2]}
	}
}

func repeatedTags(f *finder, s *subject) {
	seen := make(map[string]source.Span, len(s.meta.Tags))
	for _, t := range s.meta.Tags {
		first, again := seen[t.String()]
		if !again {
			seen[t.String()] = t.Span
			continue
		}
		d := f.report(t.Span, "remove one", "the tag %q stands twice", t)
		d.Related = []diag.Related{{Span: first, Text: "first here"}}
		d.Fix = withoutLine(t.Span)
	}
}
