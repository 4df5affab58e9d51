package spill

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"os"
)

// source gives the items of a sorted run one after another. Their data is valid until the next one of the same run.
type source func() (key Key, data []byte, ok bool, err error)

func readers(runs []*os.File) []source {
	sources := make([]source, len(runs))
	for i, f := range runs {
		sources[i] = reader(f)
	}
	return sources
}

func reader(f *os.File) source {
	r := bufio.NewReaderSize(f, 64<<10)
	var data []byte
	return func() (key Key, _ []byte, ok bool, err error) {
		var head [24]byte
		if _, err = io.ReadFull(r, head[:]); err == io.EOF {
			return key, nil, false, nil
		}
		for i := range key {
			key[i] = binary.BigEndian.Uint64(head[8*i:])
		}
		n, err2 := binary.ReadUvarint(r)
		if err == nil {
			err = err2
		}
		if err == nil {
			if uint64(cap(data)) < n {
				data = make([]byte, n)
			}
			data = data[:n]
			_, err = io.ReadFull(r, data)
		}
		if err != nil {
			return key, nil, false, fmt.Errorf("cannot read a temporary file: %w", err)
		}
		return key, data, true, nil
	}
}

// front is the next item of a run.
type front struct {
	key  Key
	data []byte
	next source
}

// merge gives the items of all runs in order, by a heap of their fronts. It stops at an error and leaves it in failed.
func merge(sources []source, failed *error) iter.Seq2[Key, []byte] {
	return func(yield func(Key, []byte) bool) {
		var heap []front
		for _, next := range sources {
			key, data, ok, err := next()
			if err != nil {
				*failed = err
				return
			}
			if ok {
				heap = append(heap, front{key, data, next})
			}
		}
		for i := len(heap)/2 - 1; i >= 0; i-- {
			sink(heap, i)
		}
		for len(heap) > 0 {
			first := &heap[0]
			if !yield(first.key, first.data) {
				return
			}
			key, data, ok, err := first.next()
			if err != nil {
				*failed = err
				return
			}
			if ok {
				first.key, first.data = key, data
			} else {
				heap[0] = heap[len(heap)-1]
				heap = heap[:len(heap)-1]
			}
			sink(heap, 0)
		}
	}
}

// sink brings the item at i to its place among those below it.
func sink(heap []front, i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(heap); child++ {
			if heap[child].key.Compare(heap[least].key) < 0 {
				least = child
			}
		}
		if least == i {
			return
		}
		heap[i], heap[least] = heap[least], heap[i]
		i = least
	}
}
