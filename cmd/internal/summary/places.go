package summary

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sigmatic/cmd/internal/geoip"
)

// places looks addresses up, each once.
type places struct {
	locate func(string) (geoip.Place, error)
	known  map[string]geoip.Place
	err    error // the first
}

func (p *places) of(address string) geoip.Place {
	if p.locate == nil || p.err != nil {
		return geoip.Place{}
	}
	place, ok := p.known[address]
	if !ok {
		place, p.err = p.locate(address)
		p.known[address] = place
	}
	return place
}

// put tells of each address where it is, and gives the events of each country.
func (p *places) put(addresses *Values) Values {
	countries := map[string]*Value{}
	for i := range addresses.List {
		v := &addresses.List[i]
		v.Place = p.of(v.Value)
		name := v.Place.Country
		if name == "" {
			continue
		}
		c := countries[name]
		if c == nil {
			c = &Value{Value: name, First: v.First, Last: v.Last, New: true}
			countries[name] = c
		}
		c.Count += v.Count
		c.New = c.New && v.New
		if !v.First.IsZero() && (c.First.IsZero() || v.First.Before(c.First)) {
			c.First = v.First
		}
		if v.Last.After(c.Last) {
			c.Last = v.Last
		}
	}
	var out Values
	for _, c := range countries {
		out.List = append(out.List, *c)
	}
	slices.SortFunc(out.List, func(x, y Value) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), strings.Compare(x.Value, y.Value))
	})
	return out
}

// sighting is a row at an address in one hour.
type sighting struct {
	row     *row
	address symbol
	hour    int64
}

// sight notes where a row was, if places are known.
func (a *Aggregator) sight(r *row, address string, at int64) {
	if a.opts.Locate == nil || at == untold {
		return
	}
	if _, err := netip.ParseAddr(address); err != nil {
		return
	}
	id, known := a.symbols.find(address)
	s := sighting{r, id, at / int64(time.Hour)}
	if t := a.seenAt[s]; known && t != nil {
		t.add(once(at))
		return
	}
	if len(a.seenAt) >= a.opts.MaxValues/2 {
		a.acc.UnfollowedAddresses++
		return
	}
	s.address = a.symbol(address)
	t := once(at)
	a.seenAt[s] = &t
}

// Travel is a move between two places in less time than it takes to fly.
type Travel struct {
	Identity   string
	From, To   Value // the addresses, with the times between which the move was
	Kilometres float64
}

// Nobody is faster than an airliner; below a distance the databases are not
// exact enough to tell.
const (
	fastest  = 1000 // km/h
	shortest = 500  // km
)

// travels are the moves that nobody can have made, the first of each pair of
// addresses.
func (a *Aggregator) travels(p *places) []Travel {
	byRow := map[*row][]Value{}
	for s, t := range a.seenAt {
		v := Value{Value: a.symbols.texts[s.address], Count: t.count, First: toTime(t.first), Last: toTime(t.last)}
		if v.Place = p.of(v.Value); v.Place.Located {
			byRow[s.row] = append(byRow[s.row], v)
		}
	}
	var out []Travel
	for r, seen := range byRow {
		slices.SortFunc(seen, func(x, y Value) int { return cmp.Or(x.First.Compare(y.First), strings.Compare(x.Value, y.Value)) })
		told := map[[2]string]bool{}
		for i := 1; i < len(seen); i++ {
			from, to := seen[i-1], seen[i]
			km := distance(from.Place, to.Place)
			pair := [2]string{min(from.Value, to.Value), max(from.Value, to.Value)}
			hours := math.Max(0, to.First.Sub(from.Last).Hours())
			if km < shortest || km < hours*fastest || told[pair] {
				continue
			}
			told[pair] = true
			out = append(out, Travel{r.name, from, to, km})
		}
	}
	slices.SortFunc(out, func(x, y Travel) int {
		return cmp.Or(strings.Compare(x.Identity, y.Identity), x.To.First.Compare(y.To.First), strings.Compare(x.To.Value, y.To.Value))
	})
	return out
}

// distance is that of the great circle, in kilometres.
func distance(a, b geoip.Place) float64 {
	const radius, degree = 6371, math.Pi / 180
	lat1, lat2 := a.Latitude*degree, b.Latitude*degree
	dLat, dLon := lat2-lat1, (b.Longitude-a.Longitude)*degree
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(lat1)*math.Cos(lat2)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * radius * math.Asin(math.Min(1, math.Sqrt(h)))
}
