// Command sbom writes the software bill of materials of a program that Go
// built, as CycloneDX 1.5 JSON (https://cyclonedx.org/docs/1.5/json/), from what
// the linker wrote into the program itself. The same program gives the same
// bytes. It is part of make release.
//
//	go run ./cmd/internal/sbom -version 1.2.3 -time 1700000000 PROGRAM
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

func main() {
	version := flag.String("version", "dev", "version of the program")
	seconds := flag.Int64("time", 0, "when its source was committed, in seconds since 1970")
	flag.Parse()
	if err := run(*version, time.Unix(*seconds, 0).UTC(), flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(version string, at time.Time, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("expected one program, found %d arguments", len(args))
	}
	info, err := buildinfo.ReadFile(args[0])
	if err != nil {
		return err
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(billOf(info, filepath.Base(args[0]), version, at, sha256.Sum256(data)))
}

type bill struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string     `json:"timestamp"`
	Component component  `json:"component"`
	Built     []property `json:"properties"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

// billOf lists the modules that were linked, and the standard library. Which of
// them needs which the program does not say; it needs all.
func billOf(info *debug.BuildInfo, file, version string, at time.Time, sum [sha256.Size]byte) bill {
	name := info.Main.Path
	top := component{
		Type: "application", Ref: name, Name: name, Version: version,
		Hashes:     []hash{{"SHA-256", hex.EncodeToString(sum[:])}},
		Properties: []property{{"file", file}},
	}
	goVersion := strings.TrimPrefix(info.GoVersion, "go")
	list := []component{{Type: "library", Ref: "pkg:golang/std@" + goVersion, Name: "std", Version: goVersion, PURL: "pkg:golang/std@" + goVersion}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		purl := "pkg:golang/" + m.Path + "@" + m.Version
		c := component{Type: "library", Ref: purl, Name: m.Path, Version: m.Version, PURL: purl}
		if m.Sum != "" {
			c.Properties = []property{{"go.sum", m.Sum}} // a hash of the module's files, not of one file
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b component) int { return strings.Compare(a.Ref, b.Ref) })
	needs := dependency{Ref: name}
	out := []dependency{}
	for _, c := range list {
		needs.DependsOn = append(needs.DependsOn, c.Ref)
		out = append(out, dependency{c.Ref, []string{}})
	}
	var built []property
	for _, s := range info.Settings {
		if strings.HasPrefix(s.Key, "GO") || s.Key == "CGO_ENABLED" || s.Key == "-trimpath" {
			built = append(built, property{"go.build." + s.Key, s.Value})
		}
	}
	return bill{
		Format: "CycloneDX", Spec: "1.5", Serial: serial(sum), Version: 1,
		Metadata:   metadata{at.Format(time.RFC3339), top, built},
		Components: list, Dependencies: append([]dependency{needs}, out...),
	}
}

// serial is a UUID of version 8, whose bits are those of the program's hash
// (RFC 9562, 5.8).
func serial(sum [sha256.Size]byte) string {
	b := sum[:16:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
