package backends

import (
	"fmt"
	"math/rand"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func compile(t *testing.T, list ...netip.Prefix) *regexp.Regexp {
	t.Helper()
	const limit = 1000 // that of Elasticsearch
	rx := NetworkExpressions(list, limit)
	for _, e := range rx {
		if len(e) > limit {
			t.Errorf("%s: an expression of %d characters", list, len(e))
		}
	}
	return regexp.MustCompile(`\A(?:` + strings.Join(rx, "|") + `)\z`)
}

// near gives texts of addresses around a network, in all spellings, and texts
// that are nearly addresses.
func near(r *rand.Rand, p netip.Prefix) string {
	b := p.Addr().AsSlice()
	for i := range b {
		if from := i*8 >= p.Bits()-8; from && r.Intn(3) == 0 {
			b[i] = byte(r.Intn(256))
		} else if r.Intn(8) == 0 || from && r.Intn(2) == 0 {
			b[i] = []byte{0, 255, b[i] ^ 1<<r.Intn(8)}[r.Intn(3)]
		}
	}
	a, _ := netip.AddrFromSlice(b)
	s := a.String()
	if a.Is6() {
		full := strings.Split(a.StringExpanded(), ":")
		switch r.Intn(4) {
		case 0:
			s = strings.Join(full, ":")
		case 1:
			s = strings.Join(full[:6], ":") + fmt.Sprintf(":%d.%d.%d.%d", b[12], b[13], b[14], b[15])
		case 2: // :: for another run of zeros
			i := r.Intn(8)
			j := i
			for j < 8 && full[j] == "0000" {
				j++
			}
			if j > i {
				k := i + 1 + r.Intn(j-i)
				s = strings.Join(full[:i], ":") + "::" + strings.Join(full[k:], ":")
				if k <= 6 && r.Intn(2) == 0 {
					s = strings.Join(full[:i], ":") + "::" + strings.Join(append(full[k:6:6], fmt.Sprintf("%d.%d.%d.%d", b[12], b[13], b[14], b[15])), ":")
				}
			}
		}
	}
	switch r.Intn(8) {
	case 0:
		s = strings.ToUpper(s)
	case 1:
		s += []string{"%eth0", " ", ":80", "/32", ".", ":", "0", "::", "x"}[r.Intn(9)]
	case 2:
		s = []string{" ", "0", ":", "::", "1"}[r.Intn(5)] + s
	}
	return s
}

func randomPrefix(r *rand.Rand) netip.Prefix {
	if r.Intn(2) == 0 {
		b := [4]byte{byte(r.Intn(256)), byte(r.Intn(256)), byte(r.Intn(256)), byte(r.Intn(256))}
		return netip.PrefixFrom(netip.AddrFrom4(b), r.Intn(33)).Masked()
	}
	var b [16]byte
	for i := range b {
		if r.Intn(2) == 0 {
			b[i] = byte(r.Intn(256))
		}
	}
	return netip.PrefixFrom(netip.AddrFrom16(b), r.Intn(129)).Masked()
}

func TestNetworkExpressions(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	prefixes := []netip.Prefix{}
	for _, s := range []string{"10.0.0.0/8", "0.0.0.0/0", "192.168.0.0/14", "172.16.0.0/12", "1.2.3.128/25", "::/0", "::1/128", "fe80::/10", "2001:db8::/32", "::ffff:0:0/96", "fc00::/7", "0:0:1::/48", "2001:db8:0:0:8000::/65", "::/127", "1::/20"} {
		prefixes = append(prefixes, netip.MustParsePrefix(s))
	}
	for range 50 {
		prefixes = append(prefixes, randomPrefix(r))
	}
	for _, p := range prefixes {
		rx := compile(t, p)
		for range 120 {
			s := near(r, p)
			addr, err := netip.ParseAddr(s)
			want := err == nil && addr.Zone() == "" && p.Contains(addr)
			if got := rx.MatchString(s); got != want {
				t.Fatalf("%s: %v for %q, expected %v\n%s", p, got, s, want, rx)
			}
		}
	}
}

// Networks of one form share an expression, and each is still found.
func TestNetworkLists(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for range 40 {
		bits := []int{16, 20, 24, 32, 40, 48, 64, 96}
		var list []netip.Prefix
		for range 1 + r.Intn(12) {
			var b [16]byte
			for i := range b {
				b[i] = byte(r.Intn(256))
			}
			list = append(list, netip.PrefixFrom(netip.AddrFrom16(b), bits[r.Intn(len(bits))]).Masked())
		}
		rx := compile(t, list...)
		for range 60 {
			s := near(r, list[r.Intn(len(list))])
			addr, err := netip.ParseAddr(s)
			want := err == nil && addr.Zone() == "" && slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(addr) })
			if got := rx.MatchString(s); got != want {
				t.Fatalf("%s: %v for %q, expected %v", list, got, s, want)
			}
		}
	}
	var many []netip.Prefix
	for i := range 30 {
		many = append(many, netip.MustParsePrefix(fmt.Sprintf("2603:1%03x::/32", i)))
	}
	if list := NetworkExpressions(many, 0); len(list) != 1 || len(list[0]) > 1500 {
		t.Errorf("%d expressions", len(list))
	}
}

// Octets are all tried, in every block that a prefix can leave.
func TestOctets(t *testing.T) {
	for free := range 9 {
		for lo := 0; lo < 256; lo += 1 << free {
			hi := lo + 1<<free - 1
			rx := regexp.MustCompile(`\A(?:` + octets(lo, hi) + `)\z`)
			for n := range 1000 {
				if got, want := rx.MatchString(fmt.Sprint(n)), lo <= n && n <= hi; got != want {
					t.Fatalf("%d to %d: %v for %d", lo, hi, got, n)
				}
			}
			if rx.MatchString(fmt.Sprintf("0%d", lo)) {
				t.Fatalf("%d to %d: a leading zero", lo, hi)
			}
		}
	}
}

func FuzzNetwork(f *testing.F) {
	f.Add(int64(1), "10.1.2.3")
	f.Add(int64(2), "::1")
	f.Fuzz(func(t *testing.T, seed int64, text string) {
		r := rand.New(rand.NewSource(seed))
		p := randomPrefix(r)
		rx := compile(t, p)
		for _, s := range []string{text, near(r, p), near(r, p)} {
			addr, err := netip.ParseAddr(s)
			if got, want := rx.MatchString(s), err == nil && addr.Zone() == "" && p.Contains(addr); got != want {
				t.Fatalf("%s: %v for %q", p, got, s)
			}
		}
	})
}
