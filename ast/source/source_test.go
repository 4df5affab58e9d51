package source

import "testing"

func TestPosition(t *testing.T) {
	f := NewFile("x", []byte("ab\r\nçd\n\nlast"))
	for _, c := range []struct{ offset, line, column int }{
		{0, 1, 1}, {2, 1, 3}, {4, 2, 1}, {6, 2, 2}, {7, 2, 3}, {8, 3, 1}, {9, 4, 1}, {13, 4, 5}, {99, 4, 5}, {-1, 1, 1},
	} {
		if got := f.Position(c.offset); got != (Position{c.line, c.column}) {
			t.Errorf("offset %d: %+v, want %d:%d", c.offset, got, c.line, c.column)
		}
	}
	if got := f.Line(1); got != "ab" {
		t.Errorf("line %q keeps its line break", got)
	}
	if got := f.Line(13); got != "last" {
		t.Errorf("last line %q", got)
	}
}

func TestSpan(t *testing.T) {
	f := NewFile("x", []byte("0123456789"))
	s := Span{f, 2, 6}
	if got := s.Text(); got != "2345" {
		t.Errorf("text %q", got)
	}
	if got := s.Sub(1, 9).Text(); got != "345" {
		t.Errorf("a part reaches beyond its span: %q", got)
	}
	if got := Join(s, Span{f, 5, 8}).Text(); got != "234567" {
		t.Errorf("joined %q", got)
	}
	if Join(Span{}, s) != s || Join(s, Span{}) != s {
		t.Error("a zero span adds something")
	}
	if (Span{}).Position() != (Position{}) || (Span{}).Text() != "" {
		t.Error("the zero span has a place")
	}
}
