package ast

import (
	"math/big"
	"testing"
)

func TestDecimalText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"0", "0"}, {"-0", "0"}, {"0.000", "0"}, {"12", "12"}, {"012", "12"}, {"+12", "12"}, {"12.0", "12"}, {"12.50", "12.5"},
		{"-0.05", "-0.05"}, {".5", "0.5"}, {"5.", "5"}, {"1e3", "1000"}, {"1.5E+2", "150"}, {"15e-1", "1.5"},
		{"9007199254740993", "9007199254740993"}, {"1e300", "1e+300"}, {"1e-300", "1e-300"}, {"12345e-400", "1.2345e-396"},
	} {
		d, ok := ParseDecimal(c.in)
		if !ok || d.String() != c.want {
			t.Errorf("%s: %s, %v, want %s", c.in, d, ok, c.want)
		}
		again, ok := ParseDecimal(d.String())
		if !ok || again.Cmp(d) != 0 {
			t.Errorf("%s: its text %s is not read back", c.in, d)
		}
	}
	for _, bad := range []string{"", "-", ".", "e3", "1e", "1e+", "abc", " 1", "1 ", "1_0", "0x10", "12d", "1.2.3", "١"} {
		if d, ok := ParseDecimal(bad); ok {
			t.Errorf("%q is read as %s", bad, d)
		}
	}
}

func TestDecimalInt(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int64
		ok   bool
	}{{"42", 42, true}, {"-42.0", -42, true}, {"4.2", 0, false}, {"9223372036854775807", 9223372036854775807, true}, {"9223372036854775808", 0, false}, {"1e400", 0, false}} {
		d, _ := ParseDecimal(c.in)
		if got, ok := d.Int(); got != c.want || ok != c.ok {
			t.Errorf("%s: %d, %v", c.in, got, ok)
		}
	}
	d, _ := ParseDecimal("-7.9")
	if got := d.Truncate().String(); got != "-7" {
		t.Errorf("-7.9 truncates to %s", got)
	}
}

// FuzzDecimal compares order and text with the standard library's rationals.
func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"1", "-1", "1.0", "0.1", "1e5", "99999999999999999999.5", "1e-7", "-0", "10"} {
		f.Add(s, "1")
		f.Add("12.5", s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 60 || len(b) > 60 {
			return
		}
		da, ok1 := ParseDecimal(a)
		db, ok2 := ParseDecimal(b)
		if !ok1 || !ok2 || da.exp > 400 || da.exp < -400 || db.exp > 400 || db.exp < -400 {
			return
		}
		ra, ok1 := new(big.Rat).SetString(a)
		rb, ok2 := new(big.Rat).SetString(b)
		if !ok1 || !ok2 {
			return // an exponent that math/big does not take
		}
		if got, want := da.Cmp(db), ra.Cmp(rb); got != want {
			t.Errorf("%s against %s: %d, want %d", a, b, got, want)
		}
		text, _ := new(big.Rat).SetString(da.String())
		if text == nil || text.Cmp(ra) != 0 {
			t.Errorf("%s has the text %s", a, da)
		}
	})
}
