package processing

import (
	"slices"
	"testing"

	"sigmatic/ast"
)

// TestPlainText holds the plain form to what pySigma writes for strings, and to
// be read back; before a wildcard backslashes are doubled, which pySigma does
// not.
func TestPlainText(t *testing.T) {
	for _, c := range []struct{ sigma, plain string }{
		{`abc`, `abc`}, {`a*b?`, `a*b?`}, {`a\*b`, `a\*b`}, {`a\\b`, `a\b`}, {`a\b`, `a\b`}, {`\\\\server\share`, `\\server\share`},
		{`C:\Temp\\*`, `C:\Temp\\*`}, {`x\\\*`, `x\\\*`}, {`x\\\\?`, `x\\\\?`}, {`end\`, `end\`}, {``, ``},
	} {
		p := &ast.Pattern{Parts: ast.ParsePattern(c.sigma)}
		if got := plainText(p); got != c.plain {
			t.Errorf("%s: %s, want %s", c.sigma, got, c.plain)
		}
		if got := parsePlain(c.plain); !slices.Equal(got, p.Parts) {
			t.Errorf("%s is read back as %v, want %v", c.plain, got, p.Parts)
		}
	}
}

func FuzzPlainText(f *testing.F) {
	for _, s := range []string{`a\*b`, `\\*`, `*?\`, `\?\\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := &ast.Pattern{Parts: ast.ParsePattern(s)}
		if got := parsePlain(plainText(p)); !slices.Equal(got, p.Parts) {
			t.Errorf("%q has the plain form %q, which is read as %v", s, plainText(p), got)
		}
	})
}

// TestReplacement: the notation of Python's re.sub.
func TestReplacement(t *testing.T) {
	for _, c := range []struct{ pattern, with, in, want string }{
		{`a`, `b`, `banana`, `bbnbnb`},
		{`(\w)(\d+)`, `\2-\1`, `a1 b22`, `1-a 22-b`},
		{`(?P<x>a)|b`, `<\g<x>>`, `ab`, `<a><>`},
		{`a`, `\g<0>\g<0>`, `xa`, `xaa`},
		{`a`, `\\n\n`, `a`, "\\n\n"},
		{`a`, `$1`, `a`, `$1`},
		{`a`, `\.`, `a`, `\.`},
		{`a`, `x\`, `a`, `x\`},
	} {
		x, err := compile(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		to, err := parseReplacement(x, c.with)
		if err != nil {
			t.Errorf("%s: %v", c.with, err)
			continue
		}
		if got := x.replace(c.in, to); got != c.want {
			t.Errorf("%s, %s in %s: %q, want %q", c.pattern, c.with, c.in, got, c.want)
		}
	}
	x, _ := compile(`(?P<x>a)`)
	for _, bad := range []string{`\2`, `\g<y>`, `\q`, `\0`, `\g<-1>`} {
		if _, err := parseReplacement(x, bad); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

func TestFillTemplate(t *testing.T) {
	values := map[string]string{"product": "windows"}
	for _, c := range []struct{ in, want string }{
		{"$product", "windows"}, {"a${product}b", "awindowsb"}, {"$$product", "$product"}, {"$productx $other ${other} $", "$productx $other ${other} $"}, {"$", "$"},
	} {
		if got := fillTemplate(c.in, values); got != c.want {
			t.Errorf("%s: %s, want %s", c.in, got, c.want)
		}
	}
}
