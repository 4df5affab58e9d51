package cli

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

func TestOrdered(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(workers))
		for _, n := range []int{0, 1, window - 1, window, 1000} {
			var running, ahead atomic.Int64
			next := 0
			err := ordered(n, func(i int) int {
				if i%97 == 0 {
					time.Sleep(time.Millisecond) // the others run ahead
				}
				ahead.Store(max(ahead.Load(), running.Add(1)))
				return i * i
			}, func(i, square int) error {
				running.Add(-1)
				if i != next || square != i*i {
					t.Fatalf("%d of %d: took %d with the result %d", next, n, i, square)
				}
				next++
				return nil
			})
			if err != nil || next != n {
				t.Errorf("took %d of %d: %v", next, n, err)
			}
			if ahead.Load() > window {
				t.Errorf("%d results waited, the window is %d", ahead.Load(), window)
			}
		}
	}
}

func TestOrderedEnds(t *testing.T) {
	stop := errors.New("full disk")
	taken := 0
	err := ordered(10_000, func(i int) int { return i }, func(i, _ int) error {
		taken++
		if i == 500 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || taken != 501 {
		t.Errorf("took %d and returned %v", taken, err)
	}
}
