package summary

import (
	"fmt"
	"io"
	"strings"

	"sigmatic/cmd/internal/report"
)

// Cards say how a summary is shown on a terminal.
type Cards struct {
	// Top bounds the identities, and Lines the values of each cell; 0 for all.
	Top, Lines   int
	Descriptions bool
	Color        bool
}

const (
	bold  = "1"
	faint = "2"
	red   = "31"
	amber = "33"
)

// cards writes the summary for people.
type cards struct {
	Cards
	strings.Builder
}

// WriteCards writes a card for each identity, and what is known across them.
func (s *Summary) WriteCards(w io.Writer, how Cards) error {
	c := &cards{Cards: how}
	shown := s.Rows
	if how.Top > 0 && len(shown) > how.Top {
		shown = shown[:how.Top]
	}
	for i, r := range shown {
		c.row(s, i+1, r)
	}
	if left := s.Rows[len(shown):]; len(left) > 0 {
		events := int64(0)
		for _, r := range left {
			events += r.Events
		}
		fmt.Fprintf(c, "… and %s more with %s events (--top 0 shows all)\n\n", grouped(int64(len(left))), grouped(events))
	}
	if !s.Compat {
		c.keys(s.Keys)
		c.steps(s.Steps)
		c.travels(s.Travels)
	}
	_, err := io.WriteString(w, c.String())
	return err
}

func (c *cards) row(s *Summary, place int, r *Row) {
	fmt.Fprintf(c, "%s %s  %s\n", c.paint(faint, fmt.Sprintf("%3d", place)), c.paint(bold, report.Plain(r.Identity)), c.paint(faint, r.Types.names()))
	c.line("events", fmt.Sprintf("%s  %s ~ %s", grouped(r.Events), timeText(r.First), timeText(r.Last)))
	if r.Failed() > 0 {
		text := fmt.Sprintf("%.1f%%: denied %s, throttled %s, other %s", 100*r.ErrorRatio(), grouped(r.Denied), grouped(r.Throttled), grouped(r.OtherErrors))
		c.line("failed", c.paint(red, text))
	}
	if signs := r.signs(); len(signs) > 0 {
		c.line("notice", c.paint(amber, strings.Join(signs, " · ")))
	}
	c.apis("abused, success", r.AbusedSuccess)
	c.apis("abused, failed", r.AbusedFailed)
	c.apis("other, success", r.OtherSuccess)
	c.apis("other, failed", r.OtherFailed)
	c.values("regions", r.Regions)
	c.values("addresses", r.Addresses)
	c.values("countries", r.Countries)
	c.values("access keys", r.Keys)
	c.values("user agents", r.Agents)
	c.values(s.By.memberWord(), r.Members)
	c.values("error codes", r.ErrorCodes)
	c.line("hours, UTC", histogram(r.Hours))
	if !s.NewSince.IsZero() {
		c.list("new", r.news())
	}
	c.WriteByte('\n')
}

// signs are what a responder would want to be told first.
func (r *Row) signs() []string {
	var out []string
	if r.Root > 0 {
		out = append(out, grouped(r.Root)+" as root")
	}
	if r.NoMFA > 0 {
		out = append(out, grouped(r.NoMFA)+" without MFA")
	}
	if r.MFA > 0 {
		out = append(out, grouped(r.MFA)+" with MFA")
	}
	if r.TemporaryKeys > 0 {
		out = append(out, grouped(r.TemporaryKeys)+" with temporary keys")
	}
	return out
}

// line writes one line of a card: what it is about, and a text.
func (c *cards) line(about, text string) {
	fmt.Fprintf(c, "    %s%s\n", c.paint(faint, fmt.Sprintf("%-17s", about)), text)
}

func (c *cards) list(about string, lines []string) {
	shown := lines
	if c.Lines > 0 && len(shown) > c.Lines {
		shown = shown[:c.Lines]
	}
	for _, text := range shown {
		c.line(about, report.Plain(text))
		about = ""
	}
	if left := len(lines) - len(shown); left > 0 {
		c.line("", c.paint(faint, fmt.Sprintf("… %s more", grouped(int64(left)))))
	}
}

func (c *cards) apis(about string, a APIs) {
	if a.Total() == 0 {
		return
	}
	var lines []string
	for _, api := range a.List {
		text := fmt.Sprintf("%s %s (%s)", grouped(api.Count), or(api.Name, "-"), or(api.Source, "-"))
		if c.Descriptions && api.Description != "" {
			text += " - " + api.Description
		}
		lines = append(lines, text)
	}
	c.line(about, fmt.Sprintf("%s, %s", plural(unique(len(a.List), a.Unlisted), "call"), plural(grouped(a.Total()), "event")))
	c.list("", lines)
}

func (c *cards) values(about string, v Values) {
	if v.Total() == 0 {
		return
	}
	var lines []string
	for _, value := range v.List {
		lines = append(lines, grouped(value.Count)+" "+value.text())
	}
	if v.Unlisted > 0 {
		lines = append(lines, grouped(v.Unlisted)+" with further values, beyond --max-values")
	}
	c.list(about, lines)
}

func (c *cards) keys(keys []Key) {
	if len(keys) == 0 {
		return
	}
	fmt.Fprintf(c, "%s\n", c.paint(bold, "Access keys used from several addresses"))
	var lines []string
	for _, k := range keys {
		var from []string
		for _, v := range k.Addresses.List {
			from = append(from, v.text())
		}
		if len(from) > 4 {
			from = append(from[:4], fmt.Sprintf("… %d more", len(k.Addresses.List)-4))
		}
		lines = append(lines, fmt.Sprintf("%s  %d: %s", k.Key, len(k.Addresses.List), strings.Join(from, ", ")))
	}
	c.list("", lines)
	c.WriteByte('\n')
}

func (c *cards) steps(steps []Step) {
	if len(steps) == 0 {
		return
	}
	fmt.Fprintf(c, "%s\n", c.paint(bold, "Who became whom"))
	var lines []string
	for _, s := range steps {
		lines = append(lines, fmt.Sprintf("%s -> %s  %s, %s ~ %s", s.From, s.To, plural(grouped(s.Count), "time"), timeText(s.First), timeText(s.Last)))
	}
	c.list("", lines)
	c.WriteByte('\n')
}

func (c *cards) travels(travels []Travel) {
	if len(travels) == 0 {
		return
	}
	fmt.Fprintf(c, "%s\n", c.paint(bold, "Faster than anyone travels"))
	var lines []string
	for _, t := range travels {
		lines = append(lines, fmt.Sprintf("%s: %s at %s -> %s at %s, %.0f km", t.Identity, t.From.text(), timeText(t.From.Last), t.To.text(), timeText(t.To.First), t.Kilometres))
	}
	c.list("", lines)
	c.WriteByte('\n')
}

func (c *cards) paint(color, text string) string {
	if !c.Color || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// histogram draws the events of each hour, from 00 to 23.
func histogram(hours [24]int64) string {
	const bars = "▁▂▃▄▅▆▇█"
	most := int64(1)
	for _, n := range hours {
		most = max(most, n)
	}
	var b strings.Builder
	for h, n := range hours {
		if h > 0 && h%6 == 0 {
			b.WriteByte(' ')
		}
		if n == 0 {
			b.WriteRune('·')
			continue
		}
		b.WriteString(string([]rune(bars)[(8*n-1)/most]))
	}
	return b.String()
}

// plural puts a noun behind a number.
func plural(n, noun string) string {
	if n == "1" {
		return n + " " + noun
	}
	return n + " " + noun + "s"
}
