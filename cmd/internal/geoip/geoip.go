// Package geoip tells where addresses are, from databases in MaxMind's format.
package geoip

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Place is what is known of an address. What no database tells is empty.
type Place struct {
	ASN     uint
	Network string // the organisation that announces the address
	City    string
	Country string // ISO 3166-1 alpha-2
	// Located tells that Latitude and Longitude, in degrees, are known.
	Located             bool
	Latitude, Longitude float64
}

// IsZero reports whether nothing is known.
func (p Place) IsZero() bool { return p == Place{} }

// String is "AS29518 Bredband2 AB, Linköping, SE", as far as it is known.
func (p Place) String() string {
	var parts []string
	if p.ASN > 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("AS%d %s", p.ASN, p.Network)))
	}
	for _, part := range []string{p.City, p.Country} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// Databases look addresses up. They may be used by one goroutine at a time.
type Databases struct {
	readers []*maxminddb.Reader
	names   []string
}

// kinds are the types of databases that tell of a place.
var kinds = []string{"ASN", "ISP", "City", "Country", "Enterprise"}

// Open opens the databases of a directory, or one database. One of any kind is
// enough: ASN, City or Country. Each is gone through as a whole, and refused if it
// is damaged.
func Open(path string) (*Databases, error) {
	files := []string{path}
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "*.mmdb")); err != nil {
			return nil, err
		}
	}
	d := &Databases{}
	for _, file := range files {
		if err := d.open(file); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	if len(d.readers) == 0 {
		return nil, fmt.Errorf("%s: no database that tells of ASN, City or Country, expected files .mmdb", path)
	}
	return d, nil
}

func (d *Databases) open(file string) error {
	r, err := maxminddb.Open(file)
	if err != nil {
		return fmt.Errorf("%s: the database cannot be read: %w", file, err)
	}
	if !tellsPlaces(r.Metadata.DatabaseType) {
		return r.Close() // such as Anonymous-IP
	}
	if err := r.Verify(); err != nil {
		return errors.Join(fmt.Errorf("%s: the database is damaged: %w", file, err), r.Close())
	}
	d.readers, d.names = append(d.readers, r), append(d.names, file)
	return nil
}

func tellsPlaces(kind string) bool {
	for _, k := range kinds {
		if strings.Contains(kind, k) {
			return true
		}
	}
	return false
}

// Close closes the databases.
func (d *Databases) Close() error {
	var errs []error
	for _, r := range d.readers {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

// entry is what the kinds of databases have of an address.
type entry struct {
	ASN     uint   `maxminddb:"autonomous_system_number"`
	Network string `maxminddb:"autonomous_system_organization"`
	City    struct {
		Names struct {
			English string `maxminddb:"en"`
		} `maxminddb:"names"`
	} `maxminddb:"city"`
	Country struct {
		ISO string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	Location struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
	} `maxminddb:"location"`
}

// Lookup tells where an address is, of IPv4 or IPv6; the zero Place if the text is
// no address, or one that no database knows. The error tells of a damaged database.
func (d *Databases) Lookup(text string) (Place, error) {
	var p Place
	address, err := netip.ParseAddr(text)
	if err != nil {
		return p, nil
	}
	for i, r := range d.readers {
		if address.Is6() && !address.Is4In6() && r.Metadata.IPVersion == 4 {
			continue
		}
		var e entry
		if err := r.Lookup(address.Unmap()).Decode(&e); err != nil {
			return p, fmt.Errorf("%s: the database is damaged, at %s: %w", d.names[i], text, err)
		}
		p.ASN, p.Network = cmp.Or(p.ASN, e.ASN), cmp.Or(p.Network, e.Network)
		p.City, p.Country = cmp.Or(p.City, e.City.Names.English), cmp.Or(p.Country, e.Country.ISO)
		if !p.Located && e.Location.Latitude != nil && e.Location.Longitude != nil {
			p.Located, p.Latitude, p.Longitude = true, *e.Location.Latitude, *e.Location.Longitude
		}
	}
	return p, nil
}
