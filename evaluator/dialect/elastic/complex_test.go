package elastic

import (
	"strings"
	"testing"

	"sigmatic/parser/query/lucene"
)

// TestTooComplex: the engine ran .*a.{12} and was silent about .*a.{13}. What
// backends print for contains, endswith and lists is far from the limit.
func TestTooComplex(t *testing.T) {
	for expression, want := range map[string]bool{
		".*a.{11}": false,
		// Of public rules; the engine runs them (TestLiveInterpretersCorpus).
		`.*([Pp]rogram[Dd]ata|%([Ll]ocal)?[Aa]pp[Dd]ata%|\\[Aa]pp[Dd]ata\\([Ll]ocal([Ll]ow)?|[Rr]oaming))\\[^\\]{1,256}`: false,
		".*a.{13}":                   true,
		".*a.{14}":                   true,
		`.*a\w{13}`:                  true,
		"a.{200}":                    false, // no run before it
		".*[Aa][Bb][Cc].*[Dd][Ee].*": false,
		".*(" + strings.Repeat("[Aa][Bb]\\.[Ee][Xx][Ee]|", 30) + "x).*":                                      false,
		"(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}": false,
	} {
		re, err := lucene.ParseRegexp(expression)
		if err != nil {
			t.Fatal(err)
		}
		if got := NewRegexp(re).tooComplex(re); got != want {
			t.Errorf("%s: %t", expression, got)
		}
	}
}
