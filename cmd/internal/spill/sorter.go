// Package spill sorts and tells apart more items than memory should hold. What is too much goes to temporary files.
package spill

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
)

// Key orders items, by its first number, then by its second, then by its third.
type Key [3]uint64

// Compare is -1, 0 or 1.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k[0], other[0]), cmp.Compare(k[1], other[1]), cmp.Compare(k[2], other[2]))
}

// Sorter sorts items by key. Items with the same key come in any order.
type Sorter struct {
	memory int    // bytes of items to hold
	dir    string // for temporary files, "" for the system's
	data   []byte
	items  []item
	levels [][]*os.File // sorted runs; one of a level holds maxRuns of the level below
	err    error
}

type item struct {
	key        Key
	start, end int // in data
}

// itemSize is what an item takes beside its data.
const itemSize = 40

// maxRuns is how many runs are merged at once, each with a buffer of its own.
const maxRuns = 64

// NewSorter makes a sorter that holds at most so many bytes in memory. Temporary files are made in dir, or the system's folder for them
// if that is "".
func NewSorter(memory int, dir string) *Sorter { return &Sorter{memory: memory, dir: dir} }

// Add adds an item and copies its data.
func (s *Sorter) Add(key Key, data ...[]byte) error {
	start := len(s.data)
	for _, d := range data {
		s.data = append(s.data, d...)
	}
	s.items = append(s.items, item{key, start, len(s.data)})
	if len(s.data)+len(s.items)*itemSize >= s.memory {
		s.err = errors.Join(s.err, s.spill())
	}
	return s.err
}

func (s *Sorter) sort() {
	slices.SortFunc(s.items, func(a, b item) int { return a.key.Compare(b.key) })
}

func (s *Sorter) inMemory() iter.Seq2[Key, []byte] {
	return func(yield func(Key, []byte) bool) {
		for _, it := range s.items {
			if !yield(it.key, s.data[it.start:it.end]) {
				return
			}
		}
	}
}

// spill writes what is in memory as a run.
func (s *Sorter) spill() error {
	s.sort()
	run, err := s.write(s.inMemory())
	if err != nil {
		return err
	}
	s.data, s.items = s.data[:0], s.items[:0]
	return s.push(0, run)
}

// push adds a run to a level. When the level is full it becomes one run of the next.
func (s *Sorter) push(level int, run *os.File) error {
	if level == len(s.levels) {
		s.levels = append(s.levels, nil)
	}
	s.levels[level] = append(s.levels[level], run)
	if len(s.levels[level]) < maxRuns {
		return nil
	}
	var failed error
	merged, err := s.write(merge(readers(s.levels[level]), &failed))
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	discard(s.levels[level])
	s.levels[level] = nil
	return s.push(level+1, merged)
}

// write writes items as they come to a temporary file.
func (s *Sorter) write(items iter.Seq2[Key, []byte]) (*os.File, error) {
	f, err := os.CreateTemp(s.dir, "sigmatic-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("cannot make a temporary file: %w", err)
	}
	w := bufio.NewWriterSize(f, 256<<10)
	var head []byte
	for key, data := range items {
		head = head[:0]
		for _, n := range key {
			head = binary.BigEndian.AppendUint64(head, n)
		}
		_, _ = w.Write(binary.AppendUvarint(head, uint64(len(data)))) // an error stays with the writer
		_, _ = w.Write(data)
	}
	err = w.Flush()
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		discard([]*os.File{f})
		return nil, fmt.Errorf("cannot write a temporary file: %w", err)
	}
	return f, nil
}

// All gives the items in order; their data is valid until the next one. It can be asked once, and no item can be added any more. What
// Err returns afterwards says whether these were all.
func (s *Sorter) All() iter.Seq2[Key, []byte] {
	s.sort()
	var runs []*os.File
	for _, level := range s.levels {
		runs = append(runs, level...)
	}
	if len(runs) == 0 {
		return s.inMemory()
	}
	sources := readers(runs)
	next, _ := iter.Pull2(s.inMemory())
	sources = append(sources, func() (k Key, d []byte, ok bool, err error) {
		k, d, ok = next()
		return k, d, ok, nil
	})
	return merge(sources, &s.err)
}

// Err is what has gone wrong.
func (s *Sorter) Err() error { return s.err }

// Close removes the temporary files.
func (s *Sorter) Close() {
	for _, level := range s.levels {
		discard(level)
	}
	s.levels, s.data, s.items = nil, nil, nil
}

func discard(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
}
