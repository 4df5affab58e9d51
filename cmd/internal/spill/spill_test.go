package spill

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"testing"
)

// TestSorter sorts in memory, with a few runs, and with more runs than are merged at once.
func TestSorter(t *testing.T) {
	for _, n := range []int{0, 1, 100, 5000, 30_000} {
		dir := t.TempDir()
		s := NewSorter(8000, dir)
		r := rand.New(rand.NewPCG(1, uint64(n)))
		for _, i := range r.Perm(n) {
			data := binary.AppendUvarint(nil, uint64(i))
			if err := s.Add(Key{uint64(i / 100), uint64(i / 10), uint64(i)}, data, make([]byte, i%30)); err != nil {
				t.Fatal(err)
			}
		}
		if files, _ := os.ReadDir(dir); n > 100 && len(files) == 0 || n > 20_000 && len(s.levels) < 2 {
			t.Errorf("%d items: %d files, %d levels", n, len(files), len(s.levels))
		}
		want := 0
		for key, data := range s.All() {
			if i, _ := binary.Uvarint(data); key[2] != uint64(want) || i != uint64(want) {
				t.Fatalf("%d items: found %v, %d instead of %d", n, key, i, want)
			}
			want++
		}
		if want != n || s.Err() != nil {
			t.Errorf("%d items: %d came out, %v", n, want, s.Err())
		}
		s.Close()
		if files, _ := os.ReadDir(dir); len(files) > 0 {
			t.Errorf("%d files are left", len(files))
		}
	}
}

func TestSorterFails(t *testing.T) {
	s := NewSorter(100, t.TempDir()+"/missing")
	var err error
	for i := range 10 {
		err = errors.Join(err, s.Add(Key{uint64(i)}, []byte("data")))
	}
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want that of the missing folder", err)
	}
}

// TestSorterDamaged cuts a run short: that is told, not taken for the end.
func TestSorterDamaged(t *testing.T) {
	s := NewSorter(200, t.TempDir())
	for i := range 10 {
		if err := s.Add(Key{uint64(i)}, []byte("data")); err != nil {
			t.Fatal(err)
		}
	}
	defer s.Close()
	if err := s.levels[0][0].Truncate(30); err != nil {
		t.Fatal(err)
	}
	for range s.All() {
	}
	if s.Err() == nil {
		t.Error("no error")
	}
}

func TestSet(t *testing.T) {
	s := NewSet(1 << 20)
	added := map[ID]bool{}
	r := rand.New(rand.NewPCG(1, 1))
	full := 0
	for range 100_000 {
		id := ID{r.Uint64N(4), r.Uint64N(20_000)}
		known, ok := s.Add(id)
		if known != added[id] {
			t.Fatalf("%v: known %v, want %v", id, known, added[id])
		}
		if ok {
			added[id] = true
		} else {
			full++
		}
	}
	if full == 0 || len(added) < 1<<20/16*3/8 || s.bytes > s.limit {
		t.Errorf("%d added, %d refused, %d bytes", len(added), full, s.bytes)
	}
}

func BenchmarkSet(b *testing.B) {
	s := NewSet(1 << 30)
	r := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		s.Add(ID{r.Uint64(), r.Uint64()})
	}
}
