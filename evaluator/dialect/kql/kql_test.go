package kql

import (
	"testing"

	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/internal/dialecttest"
)

func load(t testing.TB, m dialect.Mapping, bodies ...string) dialect.Store {
	t.Helper()
	return dialecttest.Load(t, New(), m, dialecttest.Numbered(bodies...))
}

// TestStrings: keyword fields (emissions §2.1, §2.2, column "Kibana").
func TestStrings(t *testing.T) {
	bodies := []string{
		`{"f":"val","g":"x"}`, // 0
		`{"f":"VAL"}`,         // 1
		`{"f":["val","x"]}`,   // 2
		`{"f":null}`,          // 3
		`{"g":"y"}`,           // 4
		`{"f":""}`,            // 5
		`{"f":"C:\\a*b?c"}`,   // 6
		`{"f":"a b"}`,         // 7
		`{"f":"ÜNI"}`,         // 8
		`{"f":"a and b"}`,     // 9
		`{"o":{"p":"1"}}`,     // 10
	}
	docs := dialecttest.Numbered(bodies...)
	minding, ignoring := dialecttest.Load(t, New(), nil, docs), dialecttest.Load(t, NewIgnoringCase(), nil, docs)
	for query, want := range map[string]string{
		``:                            "0 1 10 2 3 4 5 6 7 8 9",
		`f: val`:                      "0 2",
		`f: "val"`:                    "0 2",
		`not f: val`:                  "1 10 3 4 5 6 7 8 9",
		`f: val or f: VAL and g: x`:   "0 2", // and binds tighter than or
		`(f: val or f: VAL) and g: x`: "0",
		`f: (val or VAL)`:             "0 1 2",
		`f: (val and x)`:              "2",
		`f: (not val and not VAL)`:    "10 3 4 5 6 7 8 9",
		`f: v*`:                       "0 2",
		`f: "v*"`:                     "",
		`f: *`:                        "0 1 2 5 6 7 8 9",
		`not f: *`:                    "10 3 4",
		`f: ""`:                       "5",
		`f: C\:\\a\*b?c`:              "6",
		`f: *\\a\**`:                  "6",
		`f: a?b`:                      "", // ? is no wildcard
		`f: a b`:                      "7",
		`f: a  `:                      "",
		`f: a \and b`:                 "9",
		`f: "a and b"`:                "9",
		`nope: x`:                     "",
		`not nope: x and g: y`:        "4",
		`o: *`:                        "10",
		`f*: val`:                     "0 2",
		`*: *`:                        "0 1 10 2 3 4 5 6 7 8 9",
		`not not f: val`:              "error",
		`f: val and`:                  "", // the text "val and": a word is an operator between blanks only
		`f: val and `:                 "error",
		`f: "val`:                     "error",
		`f: a\ b`:                     "error", // emissions §2.1
		`f: null`:                     "error",
		`val`:                         "unknown",
		`o: { p: 1 }`:                 "unknown",
		`f > val`:                     "2 8",
		`f >= val`:                    "0 2 8",
		`f < C`:                       "5",
	} {
		if got := dialecttest.Answer(minding, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for query, want := range map[string]string{
		`f: val`: "0 1 2", `f: V*L`: "0 1 2", `f: üni`: "", `f: ÜnI`: "8", // ASCII only
	} {
		if got := dialecttest.Answer(ignoring, query); got != want {
			t.Errorf("ignoring case, %s: %q, want %q", query, got, want)
		}
	}
}

// TestTypes: fields of other types (emissions §2.2).
func TestTypes(t *testing.T) {
	s := load(t, dialect.Mapping{"n": dialect.Long, "d": dialect.Double, "b": dialect.Boolean, "i": dialect.IP},
		`{"n":12,"d":12.5,"b":true,"i":"10.1.2.3"}`, `{"n":["12",13],"d":"12d","b":"false","i":["1.1.1.1","10.0.0.1"]}`, `{"n":12.9,"i":"AWS Internal"}`)
	for query, want := range map[string]string{
		`n: 12`: "0 1 2", `n: "12"`: "0 1 2", `n > 12`: "1", `n >= 12.5`: "1", `n: abc`: "error", `n > 99999999999999999999`: "error",
		`d: 12`: "1", `d <= 12.5`: "0 1",
		`b: true`: "0", `b: "false"`: "1", `b: TRUE`: "error",
		`i: "10.0.0.0/8"`: "0 1", `i: 10.1.2.3`: "0", `i: foo`: "error", `n: 1*`: "unknown", `n: *`: "0 1 2",
	} {
		if got := dialecttest.Answer(s, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// TestRules runs the KQL of two rules of Elastic's in which the last clause is
// a negation.
func TestRules(t *testing.T) {
	s := load(t, nil,
		`{"event":{"dataset":"aws.cloudtrail","action":"SendCommand","outcome":"success"},"aws.cloudtrail.user_identity.arn":"arn:x/AWSServiceRoleForAmazonSSM/StateManagerService/y"}`,
		`{"event":{"dataset":"aws.cloudtrail","action":"SendCommand","outcome":"success"},"aws.cloudtrail.user_identity":{"arn":"arn:alice","type":"AssumedRole"}}`)
	for query, want := range map[string]string{
		`event.dataset: "aws.cloudtrail" and event.action: "SendCommand" and event.outcome: "success" and not aws.cloudtrail.user_identity.arn: *AWSServiceRoleForAmazonSSM/StateManagerService*`: "1",
		`event.dataset: "aws.cloudtrail" and event.outcome: "success" and not aws.cloudtrail.user_identity.type: "AssumedRole"`:                                                                   "0",
	} {
		if got := dialecttest.Answer(s, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}
