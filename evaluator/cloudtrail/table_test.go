package cloudtrail

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/parquet-go/parquet-go"
)

// inUTF16 is a text in UTF-16 with its mark.
func inUTF16(order binary.AppendByteOrder, text string) string {
	b := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

// parquetOf is a Parquet file of rows, a row group for each two of them.
func parquetOf[T any](t testing.TB, rows ...T) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.MaxRowsPerRowGroup(2), parquet.Compression(&parquet.Snappy))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// lakeRow has the names and types that AWS documents for CloudTrail Lake.
type lakeRow struct {
	Name     string            `parquet:"eventname"`
	Time     time.Time         `parquet:"eventtime,timestamp(millisecond)"`
	ReadOnly *bool             `parquet:"readonly,optional"`
	Params   map[string]string `parquet:"requestparameters"`
	Identity struct {
		ARN     *string `parquet:"arn,optional"`
		Session struct {
			Attributes struct {
				MFA string `parquet:"mfaauthenticated"`
			} `parquet:"attributes"`
		} `parquet:"sessioncontext"`
	} `parquet:"useridentity"`
	Resources []struct {
		ARN string `parquet:"arn"`
	} `parquet:"resources,list"`
}

// ocsfRow is as Security Lake keeps documents: keys of unmapped with dots, texts of JSON below api.
type ocsfRow struct {
	API struct {
		Request struct {
			Data string `parquet:"data"`
		} `parquet:"request"`
	} `parquet:"api"`
	Unmapped map[string]string `parquet:"unmapped"`
}

type textRow struct {
	Day  int32  `parquet:"day"`
	Text string `parquet:"event"`
}

func parquetRowsOf(t testing.TB) (lake, ocsf, texts string) {
	no, arn := false, "arn:aws:iam::1:user/a"
	first := lakeRow{Name: "CreateUser", Time: time.UnixMilli(1767323045500), ReadOnly: &no, Params: map[string]string{"userName": "b"}}
	first.Identity.ARN = &arn
	first.Identity.Session.Attributes.MFA = "false"
	first.Resources = append(first.Resources, struct {
		ARN string `parquet:"arn"`
	}{"r1"}, struct {
		ARN string `parquet:"arn"`
	}{"r2"})
	document := ocsfRow{Unmapped: map[string]string{"userIdentity.invokedBy": "x"}}
	document.API.Request.Data = `{"a":1}`
	return parquetOf(t, first, lakeRow{Name: "B"}, lakeRow{Name: "C"}), parquetOf(t, document), parquetOf(t, textRow{1, "{\"eventName\":\n\"X\"}"}, textRow{2, "no JSON"})
}

func TestTables(t *testing.T) {
	lake, ocsf, texts := parquetRowsOf(t)
	bare := func(name string) string {
		return `{"eventName":"` + name + `","eventTime":"0001-01-01T00:00:00Z","requestParameters":{},"userIdentity":{"sessionContext":{"attributes":{"mfaAuthenticated":""}}},"resources":[]}`
	}
	for _, test := range []struct {
		name, text string
		records    []string
		problems   []string
	}{
		{"Parquet with the names of CloudTrail Lake", lake, []string{
			`{"eventName":"CreateUser","eventTime":"2026-01-02T03:04:05.5Z","readOnly":false,"requestParameters":{"userName":"b"},` +
				`"userIdentity":{"arn":"arn:aws:iam::1:user/a","sessionContext":{"attributes":{"mfaAuthenticated":"false"}}},"resources":[{"ARN":"r1"},{"ARN":"r2"}]}`,
			bare("B"), bare("C")}, nil},
		{"Parquet of OCSF", pack(ocsf), []string{`{"api":{"request":{"data":"{\"a\":1}"}},"unmapped":{"userIdentity":{"invokedBy":"x"}}}`}, nil},
		{"Parquet with a column of texts", texts, []string{`{"eventName":"X"}`, `{"day":2,"event":"no JSON"}`}, nil},
		{"Parquet, cut off", lake[:len(lake)-9], nil, []string{
			`in: the Parquet file cannot be read (invalid magic footer of parquet file: ` + quotedTail(lake, 9) + `); nothing was read [corrupt-parquet]`}},
		{"Parquet, encrypted", "PARE" + lake[4:], nil, []string{`in: the Parquet file is encrypted; decrypt it first, nothing was read [encrypted]`}},
		{"CSV of CloudTrail Lake", "eventname,eventTime,readonly,requestparameters,useragent\r\nCreateUser,2026-01-02 03:04:05.000,false,\"{\"\"userName\"\":\"\"b\"\"}\",\r\n",
			[]string{`{"eventName":"CreateUser","eventTime":"2026-01-02T03:04:05Z","readOnly":false,"requestParameters":{"userName":"b"}}`}, nil},
		{"CSV, damaged", "eventName,eventID\na,1\n\"b\"x,2\nc,3\n", []string{`{"eventName":"a","eventID":"1"}`}, []string{
			"in:3: the table breaks the form of CSV (parse error on line 3, column 3: extraneous or missing \" in quoted-field) after 1 row; everything before it was read [corrupt-table]"}},
		{"GetQueryResults", `{"QueryStatus":"FINISHED","QueryResultRows":[[{"eventName":"A"},{"userIdentity":"{\"arn\":\"x\"}"}],[{"eventJson":"{\"eventName\":\"B\"}"}]],"NextToken":"n"}`,
			[]string{`{"eventName":"A","userIdentity":{"arn":"x"}}`, `{"eventName":"B"}`}, nil},
		{"UTF-16, little endian", inUTF16(binary.LittleEndian, recA+"\n{\"ü\":\"😀\"}"), []string{recA, `{"ü":"😀"}`}, nil},
		{"UTF-16, big endian, in gzip", pack(inUTF16(binary.BigEndian, recB)), []string{recB}, nil},
		{"export of CloudWatch Logs", "2026-01-02T03:04:05.678Z " + recX + "\n2026-01-02T03:04:06.000Z " + recY + "\n", []string{recX, recY}, nil},
		{"aws logs tail", "2026-01-02T03:04:05.678000+00:00 stream " + recX + "\n2026-01-02T03:04:05 " + recY, []string{recX, recY}, nil},
		{"a line of text in an export", "2026-01-02T03:04:05.678Z no JSON\n2026-01-02T03:04:06.000Z " + recY, []string{recY}, []string{
			`in:1: unexpected '2026' at line 1, column 1, expected an object or a list of objects; skipped 32 bytes, reading goes on at line 1, column 33 [invalid-json]`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			read(t, strings.NewReader(test.text), Options{}).expect(t, test.records, test.problems)
		})
	}
}

// quotedTail is what the library quotes of a file that lacks its last n bytes.
func quotedTail(file string, n int) string {
	end := len(file) - n
	return strconv.Quote(file[end-4 : end])
}
