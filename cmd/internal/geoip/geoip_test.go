package geoip

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func shared(t *testing.T, name string) string {
	dir := os.Getenv("SIGMATIC_SHARED")
	if dir == "" {
		t.Skip("SIGMATIC_SHARED does not name the databases")
	}
	return filepath.Join(dir, "data/geoip", name)
}

// TestLookup: the expectations are those of MaxMind's sources of the test
// databases (source/*.json).
func TestLookup(t *testing.T) {
	for _, c := range []struct{ database, address, want string }{
		{"GeoLite2-City-Test.mmdb", "81.2.69.142", "London, GB"},
		{"GeoLite2-City-Test.mmdb", "::ffff:81.2.69.142", "London, GB"},
		{"GeoLite2-City-Test.mmdb", "89.160.20.112", "Linköping, SE"},
		{"GeoLite2-ASN-Test.mmdb", "89.160.20.112", "AS29518 Bredband2 AB"},
		{"GeoLite2-Country-Test.mmdb", "89.160.20.112", "SE"},
		{"GeoLite2-City-Test.mmdb", "2001:218::1", "JP"},
		{"GeoLite2-Country-Test.mmdb", "2001:218::1", "JP"},
		{"GeoLite2-City-Test.mmdb", "10.0.0.1", ""},
		{"GeoLite2-City-Test.mmdb", "ec2.amazonaws.com", ""},
		{"GeoLite2-City-Test.mmdb", "", ""},
	} {
		d, err := Open(shared(t, c.database))
		if err != nil {
			t.Fatal(err)
		}
		p, err := d.Lookup(c.address)
		if err != nil || p.String() != c.want {
			t.Errorf("%s in %s: %q, %v, want %q", c.address, c.database, p, err, c.want)
		}
		if c.want != "" && strings.Contains(c.database, "City") && !p.Located {
			t.Errorf("%s: no location", c.address)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestOpen: what is damaged, or tells of no place, is refused.
func TestOpen(t *testing.T) {
	good, err := os.ReadFile(shared(t, "GeoLite2-City-Test.mmdb"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tree := append([]byte{}, good...)
	for i := range 4096 {
		tree[i] = 0xff
	}
	for path, want := range map[string]string{
		write("short.mmdb", good[:len(good)/2]):                 "cannot be read",
		write("text.mmdb", []byte("no database")):               "cannot be read",
		write("tree.mmdb", tree):                                "damaged",
		shared(t, "MaxMind-DB-test-broken-pointers-24.mmdb"):    "tells of ASN",
		shared(t, "MaxMind-DB-test-broken-search-tree-24.mmdb"): "tells of ASN",
		t.TempDir():                        "tells of ASN",
		filepath.Join(dir, "missing.mmdb"): "no such file",
	} {
		d, err := Open(path)
		if err == nil {
			_ = d.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}
