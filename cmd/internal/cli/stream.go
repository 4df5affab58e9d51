package cli

import (
	"slices"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/cmd/internal/check"
	"sigmatic/parser"
)

// streamRules narrows the rules that were opened by the filters, calls work for
// each on all processors and take with the results in the order of the rules.
// Findings go to standard error.
//
// A rule is gone when its result has been taken: of thousands of rules only the
// texts are in memory at once. What other documents refer to is kept until all
// is read, and so are those documents: files that may hold them are read first.
func streamRules[T any](s *ruleStream, work func(loadedRule) T, take func(T) error) (ruleSet, error) {
	type result struct {
		check.File
		ofRules []T // of those rules that stand for themselves, in order
	}
	err := ordered(len(s.files), func(i int) result {
		res := result{File: s.files[i].parse()}
		shared := s.files[i].shared || slices.ContainsFunc(res.Documents, isCorrelation)
		for _, doc := range res.Documents {
			if r, ok := doc.(*ast.Rule); ok && !r.Silent {
				res.ofRules = append(res.ofRules, work(loadedRule{Rule: ast.ApplyFilters(r, s.filters, s.mode), origin: r, relative: s.files[i].relative, shared: shared}))
			}
		}
		return res
	}, func(i int, res result) error {
		defer s.files[i].forget()
		if !s.account(s.files[i], res.File) {
			return nil
		}
		ofRules := res.ofRules
		for _, doc := range res.Documents {
			usable := s.admit(loadedDocument{doc, s.files[i].relative})
			if r, ok := doc.(*ast.Rule); !ok || r.Silent {
				continue
			}
			if usable {
				if err := take(ofRules[0]); err != nil {
					return err
				}
			}
			ofRules = ofRules[1:]
		}
		return nil
	})
	s.link()
	return s.set, err
}

// loadedDocument is a document and where its file stands below what the user named.
type loadedDocument struct {
	ast.Document
	relative string
}

// ruleStream holds the rules for streamRules, and its state.
type ruleStream struct {
	*app
	mode  ast.FilterMode
	files []openFile
	set   ruleSet
	names parser.Names
	// filters are those that can be used.
	filters []*ast.Filter
	// unusable are the filters and correlations that cannot be used.
	unusable map[ast.Document]bool
	// referred are the ids, names and titles that filters and correlations refer to.
	referred map[string]bool
	linked   []loadedDocument // for the linker, in order
	late     []diag.Diagnostic
}

// openFile is a file that was read.
type openFile struct {
	ruleFile
	data   []byte
	err    error
	first  *check.File // of a file that was parsed before the others
	shared bool        // another file has the same relative name, but for the extension
}

// parse gives what the file holds.
func (f *openFile) parse() check.File {
	switch {
	case f.err != nil:
		return check.File{}
	case f.first != nil:
		return *f.first
	}
	return check.Parse(source.NewFile(f.name, f.data))
}

// forget lets go of the file's text; places in what is kept still hold it.
func (f *openFile) forget() { f.data, f.first = nil, nil }

// openRules reads all files, and parses those that may hold filters or correlations.
func openRules(a *app, paths []string, filter filterFlags) (*ruleStream, error) {
	mode, err := filter.parsedMode()
	if err != nil {
		return nil, err
	}
	s := &ruleStream{app: a, mode: mode, referred: map[string]bool{}, unusable: map[ast.Document]bool{}}
	s.open(paths, filter.paths)
	return s, nil
}

func (s *ruleStream) open(paths, filterPaths []string) {
	files := embeddedRules()
	if len(paths) > 0 {
		files, s.set.tests = s.findAll(paths)
	}
	filterFiles, _ := s.findAll(filterPaths)
	files = append(files, filterFiles...)
	s.files = make([]openFile, len(files))
	parallel(len(files), func(i int) {
		f := &s.files[i]
		f.ruleFile = files[i]
		f.data, f.err = f.read()
		if f.err == nil && !parser.OnlyRules(f.data) {
			parsed := f.parse()
			f.first = &parsed
		}
	})
	stems := map[string]int{}
	for _, f := range files {
		stems[f.stem()]++
	}
	for i := range s.files {
		s.files[i].shared = stems[s.files[i].stem()] > 1
	}
	for i := range s.files {
		if s.files[i].first == nil {
			continue
		}
		for _, doc := range s.files[i].first.Documents {
			if !refers(doc) {
				continue
			}
			s.unusable[doc] = !s.claim(doc)
			s.refer(doc)
		}
	}
}

// size is the length of all texts, in bytes.
func (s *ruleStream) size() int64 {
	var n int64
	for i := range s.files {
		n += int64(len(s.files[i].data))
	}
	return n
}

// refers tells documents that refer to others.
func refers(d ast.Document) bool {
	switch d := d.(type) {
	case *ast.Filter:
		return true
	case *ast.Correlation:
		return d.Legacy == nil // else its rules stand beside it
	}
	return false
}

func isCorrelation(d ast.Document) bool {
	_, ok := d.(*ast.Correlation)
	return ok
}

// refer notes what a document refers to, and the filter to apply.
func (s *ruleStream) refer(doc ast.Document) {
	for _, key := range parser.References(doc) {
		s.referred[key] = true
	}
	f, ok := doc.(*ast.Filter)
	if !ok || s.unusable[doc] {
		return
	}
	if ambiguous := f.Ambiguous(s.mode); ambiguous != nil {
		s.late = append(s.late, *ambiguous)
		s.set.broken++
		return
	}
	s.filters = append(s.filters, f)
}

// claim takes the document's name; one whose name is taken is broken.
func (s *ruleStream) claim(d ast.Document) bool {
	fault := s.names.Claim(d)
	if fault == nil {
		return true
	}
	s.late = append(s.late, *fault)
	s.set.broken++
	return false
}

// account reports what was found in a file, and whether its documents count.
func (s *ruleStream) account(f openFile, parsed check.File) bool {
	foreign, ok := s.accept(f.ruleFile, parsed, f.err)
	s.set.foreign += foreign
	if !ok {
		return false
	}
	s.diagnostics(parsed.Diagnostics)
	s.set.broken += parsed.Broken
	s.set.foreign += parsed.Foreign
	return true
}

// admit takes a document into the set, and reports whether it can be used.
func (s *ruleStream) admit(d loadedDocument) bool {
	usable := !s.unusable[d.Document]
	if !refers(d.Document) {
		usable = s.claim(d.Document)
	}
	if !usable {
		return false
	}
	r, isRule := d.Document.(*ast.Rule)
	if isRule && !r.Silent {
		s.set.found++
	}
	if !isRule || r.Silent || s.referred[r.ID.Value] || s.referred[r.Name.Value] || s.referred[r.Title.Value] {
		s.linked = append(s.linked, d)
	}
	return true
}

// link resolves the references between documents, and reports what was found
// out about documents rather than in them.
func (s *ruleStream) link() {
	all := make([]ast.Document, len(s.linked))
	for i, d := range s.linked {
		all[i] = d.Document
	}
	linked, diags := parser.Link(all)
	s.set.broken += len(all) - len(linked)
	s.diagnostics(append(s.late, diags...))
	usable := make(map[ast.Document]bool, len(linked))
	for _, d := range linked {
		usable[d] = true
	}
	for _, d := range s.linked {
		switch doc := d.Document.(type) {
		case *ast.Correlation:
			if usable[doc] {
				s.set.correlations = append(s.set.correlations, loadedRule{Rule: &ast.Rule{Metadata: doc.Metadata, Span: doc.Span}, origin: doc, relative: d.relative, shared: true})
			}
		case *ast.Rule:
			if doc.Silent {
				s.set.searches = append(s.set.searches, loadedRule{Rule: ast.ApplyFilters(doc, s.filters, s.mode), origin: doc, relative: d.relative, shared: true})
			}
		}
	}
}

// parseFiles reads files on all processors and hands them out in their order; it
// gives the number of documents in other YAML that lies beside the rules.
func (a *app) parseFiles(files []ruleFile, visit func(ruleFile, check.File)) (foreign int) {
	type parsed struct {
		check.File
		err error
	}
	// take never fails.
	_ = ordered(len(files), func(i int) parsed {
		data, err := files[i].read()
		if err != nil {
			return parsed{err: err}
		}
		return parsed{File: check.Parse(source.NewFile(files[i].name, data))}
	}, func(i int, p parsed) error {
		beside, ok := a.accept(files[i], p.File, p.err)
		foreign += beside
		if ok {
			visit(files[i], p.File)
		}
		return nil
	})
	return foreign
}

// accept reports whether a file is one of rules. One that cannot be read is an
// error; other YAML that lies beside the rules is left out, and its documents
// are counted.
func (a *app) accept(f ruleFile, parsed check.File, err error) (foreign int, ok bool) {
	switch {
	case err != nil:
		a.errorf("%s: cannot be read: %v", f.name, plainError(err))
		return 0, false
	case !f.explicit && len(parsed.Documents)+parsed.Broken == 0:
		return parsed.Foreign, false
	case f.explicit && len(parsed.Documents)+parsed.Broken+parsed.Foreign == 0:
		a.errorf("%s: holds no rule", f.name)
	}
	return 0, true
}
