package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestBill holds the bill of this test program to what CycloneDX 1.5 requires
// (https://cyclonedx.org/docs/1.5/json/): bomFormat, specVersion, a serial number
// that is a URN, a type and a name for each component, and references that exist
// once.
func TestBill(t *testing.T) {
	info, err := buildinfo.ReadFile(os.Args[0])
	if err != nil {
		t.Skipf("the test program says nothing of how it was built: %v", err)
	}
	if len(info.Deps) == 0 {
		info.Deps = append(info.Deps, &info.Main)
	}
	b := billOf(info, "x", "1.2.3", time.Unix(1_700_000_000, 0).UTC(), sha256.Sum256([]byte("x")))
	if b.Format != "CycloneDX" || b.Spec != "1.5" || b.Version != 1 || b.Metadata.Timestamp != "2023-11-14T22:13:20Z" {
		t.Errorf("the head is %+v", b)
	}
	if !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(b.Serial) {
		t.Errorf("serial number %s", b.Serial)
	}
	refs := map[string]bool{b.Metadata.Component.Ref: true}
	for _, c := range b.Components {
		if c.Type != "library" || c.Name == "" || !strings.HasPrefix(c.PURL, "pkg:golang/") || refs[c.Ref] {
			t.Errorf("the component %+v", c)
		}
		refs[c.Ref] = true
	}
	for _, d := range b.Dependencies {
		for _, ref := range append(d.DependsOn, d.Ref) {
			if !refs[ref] {
				t.Errorf("%s is no component", ref)
			}
		}
	}
	if len(b.Dependencies[0].DependsOn) != len(b.Components) {
		t.Errorf("the program needs %d of %d components", len(b.Dependencies[0].DependsOn), len(b.Components))
	}
	if data, err := json.Marshal(b); err != nil || strings.Contains(string(data), "null") {
		t.Errorf("%s %v", data, err)
	}
}
