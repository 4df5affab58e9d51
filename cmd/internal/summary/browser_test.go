package summary

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// browser starts a Chromium without a screen. Without one the test is skipped,
// unless SIGMATIC_CHROMIUM is "require".
func browser(t *testing.T) context.Context {
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("SIGMATIC_CHROMIUM") == "require" {
			t.Fatal("no chromium, and SIGMATIC_CHROMIUM requires it")
		}
		t.Skip("no chromium to drive the page in")
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.WindowSize(1400, 900))
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx); cancel() })
	ctx, done := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(done)
	return ctx
}

// htmlLog has three identities; the name of one would be markup if it could.
func htmlLog() []string {
	event := func(who, time, name, source, code string) string {
		return fmt.Sprintf(`{"eventTime":"2026-01-01T%s:00Z","eventName":%q,"eventSource":%q,"errorCode":%q,"sourceIPAddress":"192.0.2.1","userAgent":"<script>document.title='forged'</script>","userIdentity":{"type":"IAMUser","arn":%q}}`, time, name, source, code, who)
	}
	return []string{
		event("bob", "01:00", "ListBuckets", "s3.amazonaws.com", ""), event("bob", "02:00", "ListBuckets", "s3.amazonaws.com", ""), event("bob", "03:00", "HeadBucket", "s3.amazonaws.com", ""),
		event("alice", "04:00", "StopLogging", "cloudtrail.amazonaws.com", "AccessDenied"), event("alice", "05:00", "GetThing", "x.amazonaws.com", ""),
		event("</script><b>carol", "06:00", "GetThing", "x.amazonaws.com", ""),
	}
}

// TestBrowser drives the page: sorting, filtering, drilling down.
func TestBrowser(t *testing.T) {
	ctx := browser(t)
	s := summaryOf(htmlLog(), Options{Abused: abusedList(t, "EventName,Description\nStopLogging,Stops a trail\nListBuckets,Lists buckets\n")})
	path := filepath.Join(t.TempDir(), "page.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.WriteHTML(f, Format{Descriptions: true}), f.Close()); err != nil {
		t.Fatal(err)
	}
	run := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, actions...); err != nil {
			t.Fatal(err)
		}
	}
	names := func(want ...string) {
		t.Helper()
		got := answer(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("td.who button")].map(b => b.textContent)`))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rows wanted (-), shown (+):\n%s", diff)
		}
	}
	head := func(name string) chromedp.Action[chromedp.Void] {
		return chromedp.Click(fmt.Sprintf(`//th/button[text()=%q]`, name))
	}
	click := func(element string) { run(chromedp.Click(chromedp.CSS(element))) }
	const carol = "</script><b>carol"
	run(chromedp.Navigate("file://" + path))
	names("bob", "alice", carol)
	run(head("Events"))
	names(carol, "alice", "bob")
	run(head("Identity"))
	names(carol, "alice", "bob")
	run(head("Identity"))
	names("bob", "alice", carol)
	run(head("Failed"))
	names("alice", carol, "bob")

	run(chromedp.SendKeys(chromedp.CSS("#filter"), "getthing x.amazonaws"))
	names("alice", carol)
	click("#failed")
	names("alice")
	click("#failed")
	answer(t, ctx, chromedp.Evaluate[bool](`document.getElementById("filter").value = "", document.getElementById("filter").dispatchEvent(new Event("input"))`))
	click("#abused")
	names("alice", "bob")

	click("td.who button")
	text := answer(t, ctx, chromedp.Text(chromedp.CSS("tr.detail")))
	for _, want := range []string{"1 denied, 0 throttled, 0 other errors", "Abused calls that failed", "StopLogging (cloudtrail.amazonaws.com) Stops a trail", "<script>document.title='forged'</script>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the details do not have %q:\n%s", want, text)
		}
	}
	if title := answer(t, ctx, chromedp.Title()); title != "Who did what" {
		t.Errorf("the title is %q: a value became markup", title)
	}
	click("td.who button")
	if answer(t, ctx, chromedp.Evaluate[int](`document.querySelectorAll("tr.detail").length`)) != 0 {
		t.Error("the details do not close")
	}
}

// answer runs an action that answers.
func answer[T any](t *testing.T, ctx context.Context, action chromedp.Action[T]) T {
	t.Helper()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
