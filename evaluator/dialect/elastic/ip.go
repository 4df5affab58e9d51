package elastic

import (
	"net/netip"
	"strconv"
	"strings"
)

// ParseIP reads an address as an ip field does (measured: it is more lenient than
// RFC 4291). A zone is dropped, the last part of IPv4 may be missing behind its
// dot, the parts of IPv6 may have leading zeros. IPv4 becomes the IPv6 address
// that stands for it.
func ParseIP(text string) (any, bool) {
	if !strings.Contains(text, ":") {
		four, ok := parseIPv4(text)
		if !ok {
			return nil, false
		}
		return mapped(four), true
	}
	text, zone, hasZone := strings.Cut(text, "%")
	if hasZone && zone == "" {
		return nil, false
	}
	// The IPv4 address at the end is two parts of IPv6.
	if at := strings.LastIndexByte(text, ':'); strings.Contains(text, ".") {
		four, ok := parseIPv4(text[at+1:])
		if !ok {
			return nil, false
		}
		text = text[:at+1] + strconv.FormatInt(int64(four[0])<<8|int64(four[1]), 16) + ":" + strconv.FormatInt(int64(four[2])<<8|int64(four[3]), 16)
	}
	return parseIPv6(text)
}

func mapped(four [4]byte) netip.Addr { return netip.AddrFrom16(netip.AddrFrom4(four).As16()) }

func parseIPv4(text string) (four [4]byte, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 4 {
		return four, false
	}
	for i, p := range parts {
		if p == "" && i == 3 {
			continue
		}
		n, ok := octet(p)
		if !ok {
			return four, false
		}
		four[i] = n
	}
	return four, true
}

// octet reads a number up to 255 without leading zeros.
func octet(p string) (byte, bool) {
	if p == "" || strings.Trim(p, "0123456789") != "" || len(p) > 1 && p[0] == '0' {
		return 0, false
	}
	n, err := strconv.ParseUint(p, 10, 8)
	return byte(n), err == nil
}

// parseIPv6 reads parts of any length up to ffff, with one gap of two colons.
func parseIPv6(text string) (any, bool) {
	head, tail, gap := strings.Cut(text, "::")
	before, ok := hextets(head)
	if !ok {
		return nil, false
	}
	behind, ok := hextets(tail)
	if !ok || gap && len(before)+len(behind) > 7 || !gap && len(before) != 8 {
		return nil, false
	}
	var sixteen [16]byte
	for i, h := range before {
		sixteen[2*i], sixteen[2*i+1] = byte(h>>8), byte(h)
	}
	for i, h := range behind {
		at := 16 - 2*(len(behind)-i)
		sixteen[at], sixteen[at+1] = byte(h>>8), byte(h)
	}
	return netip.AddrFrom16(sixteen), true
}

func hextets(text string) ([]uint16, bool) {
	if text == "" {
		return nil, true
	}
	var out []uint16
	for p := range strings.SplitSeq(text, ":") {
		if strings.Trim(p, "0123456789abcdefABCDEF") != "" {
			return nil, false
		}
		n, err := strconv.ParseUint(p, 16, 16)
		if err != nil {
			return nil, false
		}
		out = append(out, uint16(n))
	}
	return out, true
}

// ConvertIP reads an address as ES|QL's TO_IP does, which has a reader of its own
// for IPv4 (measured): numbers wrap at 32 bits, and what stands behind a fourth
// dot does not count.
func ConvertIP(text string) (any, bool) {
	if strings.Contains(text, ":") {
		return ParseIP(text)
	}
	parts := strings.SplitN(text, ".", 5)
	if len(parts) < 4 {
		return nil, false
	}
	var four [4]byte
	for i, p := range parts[:4] {
		if p == "" || strings.Trim(p, "0123456789") != "" || len(p) > 1 && p[0] == '0' {
			return nil, false
		}
		n := int32(0)
		for _, digit := range p {
			n = n*10 + (digit - '0')
		}
		if n > 255 {
			return nil, false
		}
		four[i] = byte(n)
	}
	return mapped(four), true
}
