package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigmatic/backends"
)

// manifestName is the file below -o DIR that says what the others are.
const manifestName = "manifest.json"

// manifest is an index of what was written below a directory, in the order of
// the paths. It holds nothing that differs from run to run.
type manifest struct {
	Version int               `json:"manifest"`
	Files   []manifestFile    `json:"files"`
	Refused []manifestRefusal `json:"refused"`
}

type manifestFile struct {
	Path   string `json:"path"` // slash-separated, below the directory
	SHA256 string `json:"sha256"`
	Target string `json:"target"`
	Format string `json:"format"`
	// Stale files are those that no rule produces any more and that are still there.
	Stale bool           `json:"stale,omitempty"`
	Rules []manifestRule `json:"rules"`
}

type manifestRule struct {
	File      string   `json:"file"` // below the folder that was named
	Line      int      `json:"line"`
	RuleID    string   `json:"rule_id"`
	Title     string   `json:"title"`
	Condition int      `json:"condition"` // its number, from 1
	Schema    string   `json:"schema"`
	Notes     []string `json:"notes"` // codes
}

type manifestRefusal struct {
	manifestRule
	Target  string `json:"target"`
	Feature string `json:"feature"`
	Message string `json:"message"`
}

func (v conversion) manifestRule() manifestRule {
	r := manifestRule{
		File: v.rule.relative, Line: v.rule.Title.Span.Position().Line, RuleID: v.rule.ID.Value, Title: v.rule.Title.Value,
		Condition: v.query.Index + 1, Schema: v.terms.schema, Notes: []string{},
	}
	if v.out != nil {
		for _, n := range v.out.Notes {
			r.Notes = append(r.Notes, string(n.Code))
		}
	}
	return r
}

func (v conversion) manifestRefusal() manifestRefusal {
	r := manifestRefusal{manifestRule: v.manifestRule(), Target: v.target.Name(), Feature: otherFeature, Message: v.err.Error()}
	var u *backends.Unsupported
	if errors.As(v.err, &u) {
		r.Feature, r.Message = string(u.Feature), u.Message()
	}
	return r
}

// readManifest reads the manifest of an earlier run; an empty one, where there
// is none.
func readManifest(root string) (manifest, error) {
	var m manifest
	name := filepath.Join(root, manifestName)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err == nil && m.Version != 1 {
		err = fmt.Errorf("it says manifest: %d, expected 1", m.Version)
	}
	if err != nil {
		return m, fmt.Errorf("%s is no manifest of an earlier run: %w", name, plainError(err))
	}
	return m, nil
}

// finish writes the manifest and, with --prune, removes what an earlier one
// lists and this run no longer produces. Files of other targets stay listed, as
// this run says nothing of them.
func (c *convertRun) finish(t *treeSink) error {
	before, err := readManifest(t.root)
	if err != nil {
		return err
	}
	now := manifest{Version: 1, Files: t.files, Refused: t.refused}
	if now.Refused == nil {
		now.Refused = []manifestRefusal{}
	}
	for _, r := range before.Refused {
		if !c.converts(r.Target) {
			now.Refused = append(now.Refused, r)
		}
	}
	produced := map[string]bool{}
	for _, f := range t.files {
		produced[f.Path] = true
	}
	for _, f := range before.Files {
		switch {
		case produced[f.Path]:
		case !c.converts(f.Target):
			now.Files = append(now.Files, f)
		default:
			removed, err := c.removeStale(t.root, f)
			if err != nil {
				return err
			}
			if removed {
				t.removed = append(t.removed, f.Path)
				continue
			}
			f.Stale = true
			now.Files = append(now.Files, f)
		}
	}
	slices.SortStableFunc(now.Files, func(a, b manifestFile) int { return strings.Compare(a.Path, b.Path) })
	slices.SortStableFunc(now.Refused, func(a, b manifestRefusal) int {
		return strings.Compare(a.File+"\x00"+a.Target, b.File+"\x00"+b.Target)
	})
	var text bytes.Buffer
	if err := writeJSON(&text, now); err != nil {
		return err
	}
	_, err = writeChanged(filepath.Join(t.root, manifestName), text.Bytes())
	return err
}

func (c *convertRun) converts(target string) bool {
	return slices.ContainsFunc(c.backends, func(b backends.Backend) bool { return b.Name() == target })
}

// removeStale removes a file that no rule produces any more. Where a rule could
// not be read the file may be its own, and stays; so does one that somebody has
// changed since it was written.
func (c *convertRun) removeStale(root string, f manifestFile) (bool, error) {
	name := filepath.Join(root, filepath.FromSlash(f.Path))
	switch {
	case !c.prune:
		return false, nil
	case !filepath.IsLocal(filepath.FromSlash(f.Path)):
		return false, fmt.Errorf("%s lists %q, which is not below the directory", manifestName, f.Path)
	case c.status >= statusUnusable:
		c.infof("%s is not removed, as it may be of a rule that could not be used", name)
		return false, nil
	}
	data, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case hexSum(data) != f.SHA256:
		c.infof("%s is not removed, as it was changed after it was written", name)
		return false, nil
	}
	if err := os.Remove(name); err != nil {
		return false, err
	}
	// Folders that are empty now go as well; Remove fails on the others.
	for dir := path.Dir(f.Path); dir != "."; dir = path.Dir(dir) {
		if os.Remove(filepath.Join(root, filepath.FromSlash(dir))) != nil {
			break
		}
	}
	return true, nil
}

func hexSum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
