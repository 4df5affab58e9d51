// Package querytest holds what the tests of every reader of queries do.
package querytest

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// RoundTrip reads a query, prints it, and reads what was printed: the trees must
// be equal, places apart. It returns what was printed.
func RoundTrip[Q fmt.Stringer](t testing.TB, parse func(string) (Q, error), text string) string {
	t.Helper()
	q, err := parse(text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return ""
	}
	printed := q.String()
	again, err := parse(printed)
	if err != nil {
		t.Errorf("%s\nprinted as %s: %v", text, printed, err)
		return printed
	}
	forgetPlaces(reflect.ValueOf(&q))
	forgetPlaces(reflect.ValueOf(&again))
	if !reflect.DeepEqual(q, again) {
		t.Errorf("%s\nprinted as %s, which is read as %s", text, printed, again)
	}
	return printed
}

// Golden makes the round trip of all queries of testdata/cases for a target, and
// demands that both spellings of each are one tree.
func Golden[Q fmt.Stringer](t *testing.T, parse func(string) (Q, error), target string) {
	t.Helper()
	files, err := filepath.Glob("../../../testdata/cases/*/" + target + ".txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	n := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for part := range strings.SplitSeq("\n"+string(data), "\n=== ") {
			_, part, _ = strings.Cut(part, "\n")
			pretty, rest, ok := strings.Cut(part, "\n--- compact\n")
			if !ok {
				continue // refused
			}
			compact, _, _ := strings.Cut(rest, "\n--- notes")
			if a, b := RoundTrip(t, parse, pretty), RoundTrip(t, parse, compact); a != b {
				t.Errorf("%s: the two spellings differ\n%s\n%s", file, a, b)
			}
			n++
		}
	}
	if n < 100 {
		t.Errorf("%d queries only", n)
	}
}

// forgetPlaces sets all offsets to 0. Every package has its own type of them, named Pos.
func forgetPlaces(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			forgetPlaces(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			forgetPlaces(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			forgetPlaces(v.Field(i))
		}
	case reflect.Int:
		if v.Type().Name() == "Pos" {
			v.SetInt(0)
		}
	}
}
