package backends

import (
	"net/netip"
	"strconv"
	"strings"
)

// A network over text is the regular expressions of the spellings that
// net/netip takes for its addresses: IPv4 without leading zeros, IPv6 with up
// to four digits a group, one run of zero groups as ::, and the last two
// groups also in IPv4's form. They use what RE2, PCRE and Lucene read alike.

// anyOctet is a number from 0 to 255 without leading zeros.
const anyOctet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"

// NetworkExpressions gives regular expressions that together match the spellings
// of the addresses of networks, and nothing else. They have no anchors and mind
// letter case. A zone in an address (fe80::1%eth0) puts it in no network. No
// expression is longer than limit bytes, which is 900 or more; 0 is no limit.
func NetworkExpressions(prefixes []netip.Prefix, limit int) []string {
	var out []string
	var heads [8][]string // by the number of groups that are fixed
	for _, p := range prefixes {
		bytes := p.Masked().Addr().AsSlice()
		lo, hi := make([]int, len(bytes)), make([]int, len(bytes))
		for i, b := range bytes {
			free := min(max(8*(i+1)-p.Bits(), 0), 8)
			lo[i], hi[i] = int(b), int(b)|(1<<free-1)
		}
		if len(bytes) == 4 {
			out = append(out, dotted(lo, hi))
			continue
		}
		n := newNetwork6(lo, hi)
		if k := n.free; n.hasHead() {
			heads[k] = append(heads[k], n.join(0, k))
		} else {
			out = append(out, n.expressions()...)
		}
	}
	for k, list := range heads {
		if len(list) > 0 {
			out = append(out, sharedTails(list, k, limit)...)
		}
	}
	return out
}

// sharedTails writes networks whose first k groups are fixed and stand in every
// spelling: they differ in their heads only.
func sharedTails(heads []string, k, limit int) []string {
	// Any network of the form does to tell what follows a head.
	n := network6{quad: dotted([]int{0, 0, 0, 0}, []int{255, 255, 255, 255}), free: k}
	for i := range n.groups {
		n.groups[i] = freeGroup6
		if i < k {
			n.groups[i].lo = freeGroup6.hi
		}
	}
	var tails []string
	for _, e := range n.expressions() {
		tails = append(tails, strings.TrimPrefix(e, n.join(0, k)))
	}
	var out []string
	for _, tail := range joined(tails, limit/2) {
		rest := 0
		if limit > 0 {
			rest = limit - len(tail)
		}
		for _, head := range joined(heads, rest) {
			out = append(out, head+tail)
		}
	}
	return out
}

// joined writes alternatives as one expression, or as several of no more than
// limit bytes each, unless limit is 0.
func joined(list []string, limit int) []string {
	var out []string
	for len(list) > 0 {
		n, size := 1, len("()")+len(list[0])
		for n < len(list) && (limit == 0 || size+1+len(list[n]) <= limit) {
			size += 1 + len(list[n])
			n++
		}
		text := list[0]
		if n > 1 {
			text = "(" + strings.Join(list[:n], "|") + ")"
		}
		out = append(out, text)
		list = list[n:]
	}
	return out
}

// dotted writes four ranges of octets.
func dotted(lo, hi []int) string {
	var b strings.Builder
	for i := 0; i < 4; i++ {
		octet := octets(lo[i], hi[i])
		run := 1
		for octet == anyOctet && i+run < 4 && i > 0 {
			run++ // what follows a free octet is free
		}
		if i > 0 {
			octet = `\.` + octet
		}
		b.WriteString(repeated(octet, run))
		i += run - 1
	}
	return b.String()
}

// repeated writes a piece n times.
func repeated(text string, n int) string {
	if n <= 1 {
		return strings.Repeat(text, n)
	}
	return "(" + text + "){" + strconv.Itoa(n) + "}"
}

// octets matches the numbers from lo to hi.
func octets(lo, hi int) string {
	if lo == 0 && hi == 255 {
		return anyOctet
	}
	var parts []string
	// Ranges of numbers of one, two and three digits.
	for _, same := range [][2]int{{0, 9}, {10, 99}, {100, 999}} {
		if a, b := max(lo, same[0]), min(hi, same[1]); a <= b {
			parts = append(parts, decimals(strconv.Itoa(a), strconv.Itoa(b))...)
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, "|") + ")"
}

// decimals matches the numbers between two of the same length.
func decimals(lo, hi string) []string {
	first, last, rest := lo[0], hi[0], len(lo)-1
	if rest == 0 {
		return []string{digits(first, last)}
	}
	if first == last {
		var out []string
		for _, p := range decimals(lo[1:], hi[1:]) {
			out = append(out, string(first)+p)
		}
		return out
	}
	var out []string
	nines, zeros := strings.Repeat("9", rest), strings.Repeat("0", rest)
	if lo[1:] != zeros {
		out = append(out, decimals(lo, string(first)+nines)...)
		first++
	}
	var tail []string
	if hi[1:] != nines {
		tail = decimals(string(last)+zeros, hi)
		last--
	}
	if first <= last {
		out = append(out, digits(first, last)+strings.Repeat("[0-9]", rest))
	}
	return append(out, tail...)
}

func digits(lo, hi byte) string {
	switch hi - lo {
	case 0:
		return string(lo)
	case 1:
		return "[" + string(lo) + string(hi) + "]"
	}
	return "[" + string(lo) + "-" + string(hi) + "]"
}

// group6 is one of the eight groups of an IPv6 network: ranges of four
// hexadecimal digits.
type group6 struct{ lo, hi [4]int }

func (g group6) zero() bool { return g.lo == [4]int{} }
func (g group6) free() bool { return g.zero() && g.hi == [4]int{15, 15, 15, 15} }

// freeGroup6 is a group of which nothing is fixed.
var freeGroup6 = group6{hi: [4]int{15, 15, 15, 15}}

const (
	hexDigit  = "[0-9A-Fa-f]"
	freeGroup = hexDigit + "{1,4}"
)

// String matches the group's numbers, with up to three leading zeros.
func (g group6) String() string {
	if g.free() {
		return freeGroup
	}
	return g.from(0)
}

// from matches the digits from the i-th on, of which leading zeros may be left out.
func (g group6) from(i int) string {
	switch {
	case i == 3 || g.lo[i] > 0:
		return g.all(i)
	case g.hi[i] == 0:
		return "0?" + g.from(i+1)
	}
	return "(" + g.all(i) + "|" + g.from(i+1) + ")"
}

func (g group6) all(i int) string {
	var b strings.Builder
	for ; i < 4; i++ {
		b.WriteString(hexDigits(g.lo[i], g.hi[i]))
	}
	return b.String()
}

// hexDigits matches the hexadecimal digits from lo to hi, of either case.
func hexDigits(lo, hi int) string {
	const upper, lower = "0123456789ABCDEF", "0123456789abcdef"
	switch {
	case lo == hi && lo < 10:
		return upper[lo : lo+1]
	case hi < 10:
		return digits(upper[lo], upper[hi])
	case lo == 0 && hi == 15:
		return hexDigit
	}
	class := ""
	if lo < 10 {
		class = strings.Trim(digits(upper[lo], '9'), "[]")
		lo = 10
	}
	return "[" + class + strings.Trim(digits(upper[lo], upper[hi]), "[]") + strings.Trim(digits(lower[lo], lower[hi]), "[]") + "]"
}

// network6 is an IPv6 network as the ranges of its groups.
type network6 struct {
	groups [8]group6
	quad   string // the last two groups in IPv4's form
	free   int    // the index of the first group from which on all are free
}

func newNetwork6(lo, hi []int) network6 {
	var n network6
	for i := range n.groups {
		n.groups[i] = group6{
			lo: [4]int{lo[2*i] >> 4, lo[2*i] & 15, lo[2*i+1] >> 4, lo[2*i+1] & 15},
			hi: [4]int{hi[2*i] >> 4, hi[2*i] & 15, hi[2*i+1] >> 4, hi[2*i+1] & 15},
		}
	}
	n.quad = dotted(lo[12:], hi[12:])
	n.free = 8
	for n.free > 0 && n.groups[n.free-1].free() {
		n.free--
	}
	return n
}

// hasHead reports whether the groups that are not free stand in every spelling:
// there are some, :: cannot leave one of them out, and the last two groups, which
// may have IPv4's form, are not among them.
func (n network6) hasHead() bool {
	for i := range n.free {
		if n.groups[i].zero() {
			return false
		}
	}
	return n.free > 0 && n.free <= 6
}

// expressions enumerates where :: stands: groups a to b are left out by it.
func (n network6) expressions() []string {
	out := []string{n.join(0, 8), n.join(0, 6) + ":" + n.quad}
	for a := range 8 {
		left := n.join(0, a) + "::"
		for b := a + 1; b <= 8 && n.groups[b-1].zero(); b++ {
			if b >= n.free {
				out = append(out, left+n.tail(b))
				if b <= 6 {
					out = append(out, left+upTo("("+freeGroup+":)", 6-b)+n.quad)
				}
				break
			}
			out = append(out, left+n.join(b, 8))
			if b < 6 {
				out = append(out, left+n.join(b, 6)+":"+n.quad)
			} else if b == 6 {
				out = append(out, left+n.quad)
			}
		}
	}
	return out
}

// tail matches what may stand behind a :: that leaves out free groups up to b
// or more.
func (n network6) tail(b int) string {
	if b == 8 {
		return ""
	}
	return "(" + freeGroup + upTo("(:"+freeGroup+")", 7-b) + ")?"
}

func upTo(text string, n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return text + "?"
	}
	return text + "{0," + strconv.Itoa(n) + "}"
}

// join writes the groups from a to before b with colons between them.
func (n network6) join(a, b int) string {
	var out strings.Builder
	for i := a; i < b; i++ {
		text := n.groups[i].String()
		if i > a {
			text = ":" + text
		}
		run := 1
		for i > a && n.groups[i].free() && i+run < b && n.groups[i+run].free() {
			run++
		}
		out.WriteString(repeated(text, run))
		i += run - 1
	}
	return out.String()
}
