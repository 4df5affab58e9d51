package cloudtrail

import (
	"strings"
	"sync"
	"time"

	"github.com/tidwall/gjson"
)

// Tables hold an event in a row: Parquet, the results of CloudTrail Lake and of Athena, CSV. A row becomes the record that the event was.

// rowReader is the text of a table, a record a line.
type rowReader struct {
	next  func([]byte) ([]byte, error) // appends some lines
	buf   []byte
	given int
	err   error
}

// Read implements io.Reader.
func (r *rowReader) Read(b []byte) (int, error) {
	for r.given == len(r.buf) {
		if r.err != nil {
			return 0, r.err
		}
		r.given = 0
		r.buf, r.err = r.next(r.buf[:0])
	}
	n := copy(b, r.buf[r.given:])
	r.given += n
	return n, nil
}

// cell is a member of a row. Its value is JSON.
type cell struct{ name, value string }

// appendRow appends the record that a row holds, as JSON in one line.
//
// A column whose value is itself a record, or the text of one, is the record. Otherwise the columns are its members; those that are the text of
// an object or a list, as requestParameters often is, are what that text says.
func appendRow(b []byte, cells []cell) []byte {
	for i := range cells {
		cells[i].value = textOf(cells[i].value)
		if o := cells[i].value; o[0] == '{' && (gjson.Get(o, "eventName").Exists() || len(cells) == 1) {
			return append(b, o...)
		}
	}
	spelled := recordMembers()
	if !lowered(cells) {
		spelled = nil
	}
	b = append(b, '{')
	for i, c := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		name, _ := spelled.member(c.name)
		b = gjson.AppendJSONString(b, name)
		b = append(b, ':')
		b = append(b, typedValue(name, c.value)...)
	}
	return append(b, '}')
}

// textOf gives the object or the list whose text a string is, in one line; other values as they are.
func textOf(value string) string {
	if !strings.HasPrefix(value, `"{`) && !strings.HasPrefix(value, `"[`) {
		return value
	}
	text := gjson.Parse(value).Str
	if !gjson.Valid(text) {
		return value
	}
	return gjson.Get(text, "@ugly").Raw
}

// typedValue gives members of CloudTrail's records the type that they have there, where a table has only text.
func typedValue(name, value string) string {
	if len(value) < 2 || value[0] != '"' {
		return value
	}
	switch text := value[1 : len(value)-1]; name {
	case "readOnly", "managementEvent":
		if text == "true" || text == "false" {
			return text
		}
	case "eventTime":
		if at, err := time.Parse("2006-01-02 15:04:05", strings.TrimSuffix(text, " UTC")); err == nil { // which takes a fraction too
			return `"` + at.Format(time.RFC3339Nano) + `"`
		}
	}
	return value
}

// lowered reports whether a table has its columns' names in lower case, as those of Glue and of CloudTrail Lake do.
func lowered(cells []cell) bool {
	for _, c := range cells {
		if c.name == "eventname" || c.name == "eventid" {
			return true
		}
	}
	return false
}

// spelling gives the members of an object the spelling that CloudTrail's records have, by the name in lower case.
type spelling map[string]spelled

type spelled struct {
	name  string
	below spelling // of its members; nil if they keep their names
}

func (s spelling) member(name string) (string, spelling) {
	if m, ok := s[name]; ok {
		return m.name, m.below
	}
	return name, nil
}

// recordMembers are the members of records whose names are always the same. Those of requestParameters and the like are keys of a map, which
// keep their case.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-supported-event-schemas.html
var recordMembers = sync.OnceValue(func() spelling {
	names := func(list string) spelling {
		s := spelling{}
		for _, name := range strings.Fields(list) {
			s[strings.ToLower(name)] = spelled{name: name}
		}
		return s
	}
	under := func(s spelling, name string, below spelling) { s[strings.ToLower(name)] = spelled{name, below} }

	session := names("sourceIdentity ec2RoleDelivery ec2IssuedInVpc")
	under(session, "attributes", names("creationDate mfaAuthenticated"))
	under(session, "sessionIssuer", names("type principalId arn accountId userName"))
	under(session, "webIdFederationData", names("federatedProvider attributes"))
	identity := names("type principalId arn accountId accessKeyId userName invokedBy identityProvider credentialId")
	under(identity, "sessionContext", session)
	under(identity, "onBehalfOf", names("userId identityStoreArn"))
	under(identity, "inScopeOf", names("sourceArn sourceAccount issuerType credentialsIssuedTo"))
	record := names(`eventVersion eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode errorMessage requestParameters
		responseElements additionalEventData requestID eventID readOnly eventType apiVersion managementEvent recipientAccountId sharedEventID
		annotation vpcEndpointId vpcEndpointAccountId serviceEventDetails addendum edgeDeviceDetails insightDetails eventCategory
		sessionCredentialFromConsole eventContext`)
	under(record, "userIdentity", identity)
	under(record, "resources", names("accountId type ARN ARNPrefix"))
	under(record, "tlsDetails", names("tlsVersion cipherSuite clientProvidedHostHeader"))
	return record
})
