package cloudtrail

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func day(year int, month time.Month, date int) time.Time {
	return time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
}

func TestDeliveryOf(t *testing.T) {
	minute := time.Date(2026, 11, 27, 8, 5, 0, 0, time.UTC)
	for path, want := range map[string]Delivery{
		"AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/27/111122223333_CloudTrail_us-east-1_20261127T0805Z_Mu0KsOhtH1ar15ZZ.json.gz": {
			"111122223333", "CloudTrail", "us-east-1", minute, minute.Add(time.Minute)},
		"copies/111122223333_CloudTrail_us-east-1_20261127T0805Z_x.json": {"111122223333", "CloudTrail", "us-east-1", minute, minute.Add(time.Minute)},
		"111122223333_CloudTrail-Digest_us-east-1_trail-name_us-east-1_20261127T080500Z.json.gz": {
			"111122223333", "CloudTrail-Digest", "us-east-1", minute, minute.Add(time.Minute)},
		"b/prefix/AWSLogs/o-abc123/111122223333/CloudTrail/eu-west-1/2026/11/27/x.json": {"111122223333", "CloudTrail", "eu-west-1", day(2026, 11, 27), day(2026, 11, 28)},
		"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11":                             {"111122223333", "CloudTrail", "eu-west-1", day(2026, 11, 1), day(2026, 12, 1)},
		"AWSLogs/111122223333/CloudTrail/eu-west-1/2026":                                {"111122223333", "CloudTrail", "eu-west-1", day(2026, 1, 1), day(2027, 1, 1)},
		"AWSLogs/111122223333/CloudTrail/eu-west-1":                                     {Account: "111122223333", Kind: "CloudTrail", Region: "eu-west-1"},
		"AWSLogs/111122223333/CloudTrail-Insight":                                       {Account: "111122223333", Kind: "CloudTrail-Insight"},
		"AWSLogs/o-abc123/111122223333":                                                 {Account: "111122223333"},
		"AWSLogs/o-abc123":                                                              {},
		"logs/2026/11/x.json":                                                           {},
		"111122223333/x.json":                                                           {},
	} {
		if diff := cmp.Diff(want, DeliveryOf(path)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestDeliveries(t *testing.T) {
	t.Chdir(t.TempDir())
	const (
		a1 = "b/AWSLogs/111111111111/CloudTrail/us-east-1/2026/01/31/111111111111_CloudTrail_us-east-1_20260131T2355Z_x.json"
		a2 = "b/AWSLogs/111111111111/CloudTrail/us-east-1/2026/02/01/111111111111_CloudTrail_us-east-1_20260201T0000Z_x.json"
		e1 = "b/AWSLogs/111111111111/CloudTrail/eu-west-1/2026/02/01/other.json"
		b1 = "b/AWSLogs/222222222222/CloudTrail/us-east-1/2026/02/01/222222222222_CloudTrail_us-east-1_20260201T0000Z_x.json"
		d1 = "b/AWSLogs/111111111111/CloudTrail-Digest/us-east-1/2026/02/01/x.json"
		no = "b/none.json"
	)
	for _, path := range []string{a1, a2, e1, b1, d1, no} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(recA), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const (
		digest  = "inputs: left out 1 file of CloudTrail-Digest, which hold no events; name one to have it read [ignored-file]"
		unnamed = "inputs: read 1 file whose path does not say what --account, --region, --from or --to ask for [ignored-file]"
	)
	dirs := func(n string) string {
		return "inputs: left out everything below " + n + " by --account, --region, --from or --to, because the path names another [ignored-file]"
	}
	for _, test := range []struct {
		name     string
		wanted   Deliveries
		inputs   []string
		problems []string
	}{
		{"all", Deliveries{}, []string{e1, a1, a2, b1, no}, []string{digest}},
		{"account", Deliveries{Accounts: []string{"222222222222"}}, []string{b1, no}, []string{dirs("1 directory"), unnamed}},
		{"region", Deliveries{Regions: []string{"eu-west-1", "eu-west-2"}}, []string{e1, no}, []string{dirs("3 directories"), unnamed}},
		{"from", Deliveries{From: day(2026, 2, 1)}, []string{e1, a2, b1, no}, []string{dirs("1 directory"), unnamed, digest}},
		{"to", Deliveries{To: day(2026, 2, 1)}, []string{a1, no}, []string{dirs("4 directories"), unnamed}},
		{"to the minute", Deliveries{To: day(2026, 2, 1).Add(time.Minute)}, []string{e1, a1, a2, b1, no}, []string{unnamed, digest}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inputs, problems := test.wanted.Inputs([]string{"b"}, nil)
			if diff := cmp.Diff(test.inputs, names(inputs)); diff != "" {
				t.Errorf("inputs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.problems, outcome{Problems: problems}.told()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
	inputs, problems := Deliveries{Accounts: []string{"222222222222"}}.Inputs([]string{a1, b1, d1}, nil)
	if diff := cmp.Diff([]string{b1}, names(inputs)); diff != "" || len(problems) != 1 || problems[0].Count != 2 {
		t.Errorf("named files: %v (-want +got):\n%s", problems, diff)
	}
}
