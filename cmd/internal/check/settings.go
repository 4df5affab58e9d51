package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// Settings say which validators run, with which parameters, and for which
// documents they do not.
type Settings struct {
	enabled    map[string]bool
	params     map[string]map[string]int
	exclusions map[string][]string // by id of a document ("" for those without), the validators
	// Skipped are validators that the configuration names, of sigma-cli's plugin
	// for the SigmaHQ repository, which this program does not have.
	Skipped []string
}

// Defaults runs all validators that are not off.
func Defaults() Settings {
	s := Settings{enabled: map[string]bool{}}
	for _, v := range validators {
		s.enabled[v.ID] = !v.Off
	}
	return s
}

// ReadSettings reads the configuration that sigma-cli has for its check: the
// keys validators, exclusions and config (pySigma documentation, "Rule
// validation"). Without validators the defaults run.
func ReadSettings(f *source.File) (Settings, error) {
	docs, diags := yamldoc.Parse(f)
	if diag.HasErrors(diags) {
		return Settings{}, &diags[slices.IndexFunc(diags, func(d diag.Diagnostic) bool { return d.Severity == diag.Error })]
	}
	r := settingsReader{s: Defaults()}
	if len(docs) == 0 {
		return r.s, nil
	}
	if len(docs) > 1 || docs[0].Kind != yamldoc.Map {
		return Settings{}, fmt.Errorf("%s: expected one map with validators, exclusions and config", f.Name)
	}
	for _, pair := range docs[0].Pairs {
		switch pair.Key.Text {
		case "validators":
			r.validators(pair)
		case "exclusions":
			r.exclusions(pair)
		case "config":
			r.config(pair)
		default:
			r.fail(pair.Key, "unknown key %q%s", pair.Key.Text, didYouMean(pair.Key.Text, []string{"validators", "exclusions", "config"}))
		}
	}
	return r.s, r.err
}

// settingsReader keeps the first error, with its place.
type settingsReader struct {
	s   Settings
	err error
}

func (r *settingsReader) fail(n *yamldoc.Node, format string, args ...any) {
	if r.err == nil {
		p := n.Span.Position()
		r.err = fmt.Errorf("%s:%d:%d: %s", n.Span.File.Name, p.Line, p.Column, fmt.Sprintf(format, args...))
	}
}

// pluginPrefix begins the names of the validators that sigma-cli gets from the
// plugin of the SigmaHQ repository.
const pluginPrefix = "sigmahq_"

// known reports whether this program has the validator; a name that nobody has
// is an error.
func (r *settingsReader) known(n *yamldoc.Node, name string) bool {
	if named(name) != nil {
		return true
	}
	if strings.HasPrefix(name, pluginPrefix) {
		if !slices.Contains(r.s.Skipped, name) {
			r.s.Skipped = append(r.s.Skipped, name)
		}
		return false
	}
	r.fail(n, "unknown validator %q%s", name, didYouMean(name, Names()))
	return false
}

func (r *settingsReader) validators(pair yamldoc.Pair) {
	if pair.Value.Kind != yamldoc.List {
		r.fail(pair.Value, "validators must be a list, found %s", pair.Value.Kind)
		return
	}
	r.s.enabled = map[string]bool{}
	for _, item := range pair.Value.Items {
		name, without := strings.CutPrefix(item.Text, "-")
		switch {
		case !item.IsScalar():
			r.fail(item, "validators must be a list of names, found %s in it", item.Kind)
		case item.Text == "all":
			for _, id := range Names() {
				r.s.enabled[id] = true
			}
		case without && strings.HasPrefix(name, pluginPrefix): // it does not run anyway
		case r.known(item, name):
			r.s.enabled[name] = !without
		}
	}
}

func (r *settingsReader) exclusions(pair yamldoc.Pair) {
	if pair.Value.Kind != yamldoc.Map && pair.Value.Kind != yamldoc.Null {
		r.fail(pair.Value, "exclusions must be a map from ids to validators, found %s", pair.Value.Kind)
		return
	}
	r.s.exclusions = make(map[string][]string, len(pair.Value.Pairs))
	for _, e := range pair.Value.Pairs {
		names := []*yamldoc.Node{e.Value}
		if e.Value.Kind == yamldoc.List {
			names = e.Value.Items
		}
		id := strings.ToLower(e.Key.Text)
		if e.Key.Kind == yamldoc.Null {
			id = ""
		}
		for _, n := range names {
			if r.known(n, n.Text) {
				r.s.exclusions[id] = append(r.s.exclusions[id], n.Text)
			}
		}
	}
}

func (r *settingsReader) config(pair yamldoc.Pair) {
	if pair.Value.Kind != yamldoc.Map && pair.Value.Kind != yamldoc.Null {
		r.fail(pair.Value, "config must be a map from validators to parameters, found %s", pair.Value.Kind)
		return
	}
	r.s.params = map[string]map[string]int{}
	for _, e := range pair.Value.Pairs {
		if !r.known(e.Key, e.Key.Text) {
			continue
		}
		if e.Value.Kind != yamldoc.Map {
			r.fail(e.Value, "the parameters of %s must be a map, found %s", e.Key.Text, e.Value.Kind)
			continue
		}
		r.s.params[e.Key.Text] = r.parameters(named(e.Key.Text), e.Value)
	}
}

func (r *settingsReader) parameters(v *Validator, n *yamldoc.Node) map[string]int {
	out := map[string]int{}
	var names []string
	for _, p := range v.Params {
		names = append(names, p.Name)
	}
	for _, p := range n.Pairs {
		value, err := strconv.Atoi(p.Value.Text)
		switch {
		case !slices.Contains(names, p.Key.Text):
			r.fail(p.Key, "%s has no parameter %q%s", v.ID, p.Key.Text, didYouMean(p.Key.Text, names))
		case err != nil || p.Value.Kind != yamldoc.Int:
			r.fail(p.Value, "%s must be a whole number, found %q", p.Key.Text, p.Value.Text)
		default:
			out[p.Key.Text] = value
		}
	}
	return out
}

// excludes reports whether any document is excluded from the validator.
func (s Settings) excludes(id string) bool {
	for _, names := range s.exclusions {
		if slices.Contains(names, id) {
			return true
		}
	}
	return false
}

func (s Settings) excluded(x *subject, id string) bool {
	return slices.Contains(s.exclusions[x.meta.ID.Value], id)
}

// drop takes out what the parser finds in place of a validator that is not to
// run, errors apart, and what a validator finds that the parser said better.
func (s Settings) drop(list []diag.Diagnostic, subjects []*subject) []diag.Diagnostic {
	covered := map[diag.Code]*Validator{}
	for i := range validators {
		for _, c := range validators[i].Covers {
			covered[c] = &validators[i]
		}
	}
	said := map[source.Span]bool{}
	for _, d := range list {
		if v := covered[d.Code]; v != nil && v.Code != "" {
			said[d.Span] = true
		}
	}
	return slices.DeleteFunc(list, func(d diag.Diagnostic) bool {
		v := covered[d.Code]
		switch {
		case v == nil:
			return d.Code == diag.LogSourceAttribute && said[d.Span]
		case d.Severity == diag.Error:
			return false
		case !s.enabled[v.ID]:
			return true
		}
		return s.excludes(v.ID) && slices.ContainsFunc(subjects, func(x *subject) bool {
			r := x.doc.Range()
			return r.File == d.Span.File && r.Start <= d.Span.Start && d.Span.End <= r.End && s.excluded(x, v.ID)
		})
	})
}
