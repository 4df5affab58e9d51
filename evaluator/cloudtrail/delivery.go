package cloudtrail

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Delivery is what the key of a file in S3 says of it. What it does not say is empty.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
type Delivery struct {
	Account string // 12 digits
	Kind    string // CloudTrail, CloudTrail-Digest, CloudTrail-Insight, …
	Region  string
	// The file was delivered at Start or later, and before End. A directory has the year, the month or the day; a file's name the minute.
	Start, End time.Time
}

// digests are no logs: they vouch for deliveries.
const digests = "CloudTrail-Digest"

// deliveryName is the form of a file's name.
var deliveryName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\d{12})_(CloudTrail[A-Za-z-]*)_([a-z0-9-]+)_(?:.*_)?(\d{8}T\d{4})(?:\d\d)?Z`)
})

// DeliveryOf reads a key, or the path of a copy, also the beginning of one: …/123456789012/CloudTrail/us-east-1/2026/11/27/NAME.
func DeliveryOf(path string) Delivery {
	var d Delivery
	steps := strings.Split(strings.ReplaceAll(path, `\`, "/"), "/")
	if m := deliveryName().FindStringSubmatch(steps[len(steps)-1]); m != nil {
		d.Account, d.Kind, d.Region = m[1], m[2], m[3]
		if at, err := time.Parse("20060102T1504", m[4]); err == nil {
			d.Start, d.End = at, at.Add(time.Minute)
		}
		return d
	}
	for i, step := range steps {
		if i+1 == len(steps) || !isAccount(step) || !strings.HasPrefix(steps[i+1], "CloudTrail") {
			// AWSLogs/123456789012 names the account before its kinds are seen.
			if i > 0 && isAccount(step) && (steps[i-1] == "AWSLogs" || i > 1 && steps[i-2] == "AWSLogs") {
				d.Account = step
			}
			continue
		}
		d = Delivery{Account: step, Kind: steps[i+1]}
		if rest := steps[i+2:]; len(rest) > 0 && !strings.Contains(rest[0], ".") {
			d.Region = rest[0]
			d.Start, d.End = period(rest[1:])
		}
		return d
	}
	return d
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// period reads a year, a month and a day, or as many of them as there are.
func period(steps []string) (start, end time.Time) {
	text := ""
	for i, layout := range []string{"2006", "200601", "20060102"} {
		if i == len(steps) {
			break
		}
		text += steps[i]
		at, err := time.Parse(layout, text)
		if err != nil {
			break
		}
		start = at
		end = [...]time.Time{at.AddDate(1, 0, 0), at.AddDate(0, 1, 0), at.AddDate(0, 0, 1)}[i]
	}
	return start, end
}

// Deliveries says which deliveries are wanted. The zero value wants all.
type Deliveries struct {
	Accounts, Regions []string  // one of these; none means any
	From, To          time.Time // delivered at From or later, and before To; zero means without a bound
}

func (w Deliveries) any() bool {
	return len(w.Accounts) == 0 && len(w.Regions) == 0 && w.From.IsZero() && w.To.IsZero()
}

// excludes reports whether a key names something that is not wanted.
func (w Deliveries) excludes(d Delivery) bool {
	return d.Account != "" && len(w.Accounts) > 0 && !slices.Contains(w.Accounts, d.Account) ||
		d.Region != "" && len(w.Regions) > 0 && !slices.Contains(w.Regions, d.Region) ||
		!d.Start.IsZero() && (!w.From.IsZero() && !d.End.After(w.From) || !w.To.IsZero() && !d.Start.Before(w.To))
}

// silent reports whether a key leaves open what was asked for.
func (w Deliveries) silent(d Delivery) bool {
	return len(w.Accounts) > 0 && d.Account == "" || len(w.Regions) > 0 && d.Region == "" ||
		(!w.From.IsZero() || !w.To.IsZero()) && d.Start.IsZero()
}

// pruned counts what was left out by its key.
type pruned struct{ files, directories, unnamed, digests int }

// problems are the notes about it.
func (p *pruned) problems() []Problem {
	var notes []Problem
	note := func(n int, detail string) {
		if n > 0 {
			notes = append(notes, Problem{Source: "inputs", Reason: IgnoredFile, Count: n, Detail: detail})
		}
	}
	const why = "by --account, --region, --from or --to, because the path names another"
	note(p.files, fmt.Sprintf("left out %s %s", count(p.files, "file"), why))
	note(p.directories, fmt.Sprintf("left out everything below %s %s", counted(p.directories, "directory", "directories"), why))
	note(p.unnamed, fmt.Sprintf("read %s whose path does not say what --account, --region, --from or --to ask for", count(p.unnamed, "file")))
	note(p.digests, fmt.Sprintf("left out %s of %s, which hold no events; name one to have it read", count(p.digests, "file"), digests))
	return notes
}

func counted(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}
