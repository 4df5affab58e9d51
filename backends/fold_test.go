package backends

import (
	"regexp/syntax"
	"testing"
)

// TestClassMindsCase asks of classes as Go's reader of expressions makes them.
func TestClassMindsCase(t *testing.T) {
	for source, want := range map[string]bool{
		`[0-9]`: false, `[a-f]`: true, `[a-fA-F]`: false, `[a-zA-Z]`: true, // k and s have fellows beyond ASCII
		`(?i)[a-z]`: false, `[^0-9]`: false, `[^a]`: true, `[^aA]`: false, `[^\x00-\x{10FFFF}]`: false,
		`\PL`:    true, // it has U+0345, whose fellows are the letters iota
		`\p{Lu}`: true, `[\x{10400}-\x{1040F}]`: true, `\w`: true, `\d`: false,
	} {
		re, err := syntax.Parse(source, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if got := ClassMindsCase(re.Rune); re.Op != syntax.OpCharClass && re.Op != syntax.OpNoMatch || got != want {
			t.Errorf("%s (%v): %t", source, re.Op, got)
		}
	}
}
