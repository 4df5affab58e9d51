package check

import (
	"fmt"
	"io"
	"strings"
)

// diffContext is the number of unchanged lines around a change.
const diffContext = 3

// WriteDiff writes the difference of two texts of a file in unified form (GNU
// diffutils manual, "Detailed Description of Unified Format").
func WriteDiff(w io.Writer, name string, before, after []byte) error {
	a, b := lines(before), lines(after)
	edits := compare(a, b)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", name, name)
	for len(edits) > 0 {
		n := 1 // changes that share their context are one hunk
		for n < len(edits) && edits[n].a-(edits[n-1].a+edits[n-1].removed) <= 2*diffContext {
			n++
		}
		writeHunk(&out, a, b, edits[:n])
		edits = edits[n:]
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func lines(data []byte) []string {
	out := strings.SplitAfter(string(data), "\n")
	if out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

// edit replaces lines from a on of the old text by lines from b on of the new.
type edit struct{ a, b, removed, added int }

// maxTable bounds the table of compare, in cells.
const maxTable = 4_000_000

// compare finds the edits by the longest common subsequence of what lies between
// the common head and tail.
func compare(a, b []string) []edit {
	head, tail := 0, 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	x, y := a[head:len(a)-tail], b[head:len(b)-tail]
	if len(x) == 0 && len(y) == 0 {
		return nil
	}
	if (len(x)+1)*(len(y)+1) > maxTable {
		return []edit{{head, head, len(x), len(y)}}
	}
	common := make([][]int32, len(x)+1)
	for i := range common {
		common[i] = make([]int32, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []edit
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		if i < len(x) && j < len(y) && x[i] == y[j] {
			i, j = i+1, j+1
			continue
		}
		e := edit{a: head + i, b: head + j}
		for i < len(x) && (j == len(y) || x[i] != y[j] && common[i+1][j] >= common[i][j+1]) {
			i, e.removed = i+1, e.removed+1
		}
		for j < len(y) && (i == len(x) || x[i] != y[j] && common[i][j+1] >= common[i+1][j]) {
			j, e.added = j+1, e.added+1
		}
		if e.removed+e.added > 0 {
			out = append(out, e)
		}
	}
	return join(out)
}

// join makes one edit of those that touch.
func join(edits []edit) []edit {
	var out []edit
	for _, e := range edits {
		if n := len(out); n > 0 && out[n-1].a+out[n-1].removed == e.a && out[n-1].b+out[n-1].added == e.b {
			out[n-1].removed += e.removed
			out[n-1].added += e.added
			continue
		}
		out = append(out, e)
	}
	return out
}

func writeHunk(out *strings.Builder, a, b []string, edits []edit) {
	first, last := edits[0], edits[len(edits)-1]
	from := max(0, first.a-diffContext)
	to := min(len(a), last.a+last.removed+diffContext)
	added := 0
	for _, e := range edits {
		added += e.added - e.removed
	}
	fmt.Fprintf(out, "@@ -%s +%s @@\n", hunkRange(from, to-from), hunkRange(first.b-(first.a-from), to-from+added))
	at := from
	for _, e := range edits {
		writeLines(out, ' ', a[at:e.a])
		writeLines(out, '-', a[e.a:e.a+e.removed])
		writeLines(out, '+', b[e.b:e.b+e.added])
		at = e.a + e.removed
	}
	writeLines(out, ' ', a[at:to])
}

func hunkRange(start, count int) string {
	switch count {
	case 0:
		return fmt.Sprintf("%d,0", start)
	case 1:
		return fmt.Sprint(start + 1)
	}
	return fmt.Sprintf("%d,%d", start+1, count)
}

func writeLines(out *strings.Builder, mark byte, list []string) {
	for _, line := range list {
		out.WriteByte(mark)
		out.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}
