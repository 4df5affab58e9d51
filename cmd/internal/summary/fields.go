package summary

import (
	"sync"

	"sigmatic/evaluator"
	"sigmatic/evaluator/cloudtrail"
)

// field is a member of a record that the summary reads.
type field int

const (
	eventID field = iota
	eventTime
	eventName
	eventSource
	awsRegion
	sourceIP
	userAgent
	recipientAccount
	errorCode
	errorMessage
	userType
	userARN
	principalID
	accountID
	userName
	invokedBy
	accessKeyID
	identityProvider
	onBehalfOf
	issuerARN
	issuerType
	mfaAuthenticated
	mfaUsed
	roleARN
	assumedRole
	issuedKey
	returned
	consoleLogin
	checkMFA
	switchRole
	exitRole
	renewRole
	userAuthentication
	credentialVerification
	fieldCount int = iota
)

// fieldPaths says where each field stands.
func fieldPaths() []string {
	return []string{
		eventID:                "eventID",
		eventTime:              "eventTime",
		eventName:              "eventName",
		eventSource:            "eventSource",
		awsRegion:              "awsRegion",
		sourceIP:               "sourceIPAddress",
		userAgent:              "userAgent",
		recipientAccount:       "recipientAccountId",
		errorCode:              "errorCode",
		errorMessage:           "errorMessage",
		userType:               "userIdentity.type",
		userARN:                "userIdentity.arn",
		principalID:            "userIdentity.principalId",
		accountID:              "userIdentity.accountId",
		userName:               "userIdentity.userName",
		invokedBy:              "userIdentity.invokedBy",
		accessKeyID:            "userIdentity.accessKeyId",
		identityProvider:       "userIdentity.identityProvider",
		onBehalfOf:             "userIdentity.onBehalfOf.userId",
		issuerARN:              "userIdentity.sessionContext.sessionIssuer.arn",
		issuerType:             "userIdentity.sessionContext.sessionIssuer.type",
		mfaAuthenticated:       "userIdentity.sessionContext.attributes.mfaAuthenticated",
		mfaUsed:                "additionalEventData.MFAUsed",
		roleARN:                "requestParameters.roleArn",
		assumedRole:            "responseElements.assumedRoleUser.arn",
		issuedKey:              "responseElements.credentials.accessKeyId",
		returned:               "responseElements._return",
		consoleLogin:           "responseElements.ConsoleLogin",
		checkMFA:               "responseElements.CheckMfa",
		switchRole:             "responseElements.SwitchRole",
		exitRole:               "responseElements.ExitRole",
		renewRole:              "responseElements.RenewRole",
		userAuthentication:     "serviceEventDetails.UserAuthentication",
		credentialVerification: "serviceEventDetails.CredentialVerification",
	}
}

// event is what the summary knows of a record. The text is that of its batch.
type event struct {
	text string
	at   *[fieldCount]span
}

type span struct{ start, end uint32 }

// get is the text of a field, "" if the record does not have it.
func (e event) get(f field) string { return e.text[e.at[f].start:e.at[f].end] }

// Batch holds the fields of some records.
type Batch struct {
	text   string
	spans  [][fieldCount]span
	broken int // records that the evaluator does not take
}

// Reader takes the fields that a summary needs out of records. It implements
// cloudtrail.Worker; several readers can work for one Aggregator.
type Reader struct {
	matcher *evaluator.Matcher
	text    []byte
	spans   [][fieldCount]span
	broken  int
}

// fieldEngine finds the fields in a record; it has no queries.
var fieldEngine = sync.OnceValue(func() *evaluator.Engine {
	return evaluator.NewEngine(nil, append(fieldPaths(), cloudtrail.EnvelopeMembers()...)...)
})

// NewReader returns a reader.
func NewReader() *Reader { return &Reader{matcher: fieldEngine().Matcher()} }

// Scan implements cloudtrail.Worker.
func (r *Reader) Scan(b []byte) int {
	n := r.matcher.Scan(b)
	if n > 0 && cloudtrail.MayHoldRecords(b[:n], func(member int) string { return r.matcher.Text(fieldCount + member) }) {
		return 0
	}
	return n
}

// Take implements cloudtrail.Worker.
func (r *Reader) Take(record cloudtrail.Record) {
	if record.Source != "" && r.matcher.Load(record.Raw) != nil { // else Scan has loaded it
		r.broken++
		return
	}
	r.spans = append(r.spans, [fieldCount]span{})
	spans := &r.spans[len(r.spans)-1]
	for f := range fieldCount {
		if text := r.matcher.Text(f); text != "" {
			start := uint32(len(r.text))
			r.text = append(r.text, text...)
			spans[f] = span{start, uint32(len(r.text))}
		}
	}
}

// Batch implements cloudtrail.Worker.
func (r *Reader) Batch() *Batch {
	b := &Batch{text: string(r.text), spans: r.spans, broken: r.broken}
	r.text, r.spans, r.broken = r.text[:0], make([][fieldCount]span, 0, len(r.spans)), 0
	return b
}
