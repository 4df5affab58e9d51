package processing

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// expression is a regular expression of a pipeline. Its syntax is RE2's, which
// reads Python's but for lookaround and references back.
type expression struct {
	*regexp.Regexp
	prefix *regexp.Regexp // matches only where a text begins
}

func compile(source string) (*expression, error) {
	x, err := regexp.Compile(source)
	if err != nil {
		return nil, plain(err)
	}
	prefix, err := regexp.Compile(`\A(?:` + source + `)`)
	if err != nil { // a flag or \Q at the end takes the parenthesis
		return nil, plain(err)
	}
	return &expression{x, prefix}, nil
}

// plain is a fault of an expression without the library's preamble.
func plain(err error) error {
	return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
}

// begins reports whether the expression matches at the beginning of the text,
// as Python's re.match does.
func (x *expression) begins(text string) bool { return x.prefix.MatchString(text) }

// replacement is a text with references to groups, in the notation of Python's
// re.sub: \1, \g<1>, \g<name>, and \\ for a backslash.
type replacement []replacementPart

type replacementPart struct {
	text  string
	group int // 0 for text, unless whole
	whole bool
}

// parseReplacement reads a replacement for the expression.
func parseReplacement(x *expression, s string) (replacement, error) {
	var out replacement
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i == len(s)-1 {
			return append(out, replacementPart{text: s}), nil
		}
		out = append(out, replacementPart{text: s[:i]})
		rest := s[i+1:]
		part, n, err := escapeOf(x, rest)
		if err != nil {
			return nil, err
		}
		out, s = append(out, part), rest[n:]
	}
	return out, nil
}

// escapeOf reads what follows a backslash, and how long it is.
func escapeOf(x *expression, s string) (replacementPart, int, error) {
	if c := strings.IndexByte(`ntr\`, s[0]); c >= 0 {
		return replacementPart{text: "\n\t\r\\"[c : c+1]}, 1, nil
	}
	name, n := "", 0
	switch {
	case strings.HasPrefix(s, "g<") && strings.Contains(s, ">"):
		n = strings.IndexByte(s, '>') + 1
		name = s[2 : n-1]
	case s[0] >= '1' && s[0] <= '9':
		n = 1
		if len(s) > 1 && s[1] >= '0' && s[1] <= '9' {
			n = 2
		}
		name = s[:n]
	case s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z' || s[0] == '0':
		return replacementPart{}, 0, fmt.Errorf("\\%c has no meaning in a replacement, write \\\\ for a backslash", s[0])
	default:
		return replacementPart{text: `\` + s[:1]}, 1, nil
	}
	group, err := strconv.Atoi(name)
	if err != nil {
		group = x.SubexpIndex(name)
	}
	if group < 0 || group > x.NumSubexp() {
		return replacementPart{}, 0, fmt.Errorf("the expression has no group %q", name)
	}
	return replacementPart{group: group, whole: group == 0}, n, nil
}

// replace is Python's re.sub.
func (x *expression) replace(text string, with replacement) string {
	var b strings.Builder
	at := 0
	for _, m := range x.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(text[at:m[0]])
		for _, p := range with {
			b.WriteString(p.text)
			if (p.group > 0 || p.whole) && m[2*p.group] >= 0 {
				b.WriteString(text[m[2*p.group]:m[2*p.group+1]])
			}
		}
		at = m[1]
	}
	b.WriteString(text[at:])
	return b.String()
}
