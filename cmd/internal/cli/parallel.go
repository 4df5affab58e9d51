package cli

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls work for 0 to n-1 on all processors.
func parallel(n int, work func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wg.Wait()
}

// window bounds how far work runs ahead of what is taken, and so how many
// results wait.
const window = 64

// ordered calls work for 0 to n-1 on all processors, and take with the results
// in order, on the caller's goroutine. The first error of take ends it.
func ordered[T any](n int, work func(i int) T, take func(i int, result T) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	defer wg.Wait()
	ended := make(chan struct{})
	defer close(ended)
	// Result i waits in slots[i%window]. A worker begins i only with a token,
	// which it gets when i-window has been taken: the slot is then free.
	var slots [window]chan T
	for i := range slots {
		slots[i] = make(chan T, 1)
	}
	tokens := make(chan struct{}, window)
	for range min(n, window, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for {
				select {
				case tokens <- struct{}{}:
				case <-ended:
					return
				}
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				slots[i%window] <- work(i)
			}
		})
	}
	for i := range n {
		if err := take(i, <-slots[i%window]); err != nil {
			return err
		}
		<-tokens
	}
	return nil
}
