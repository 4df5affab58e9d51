package summary

import (
	"sync"
	"unsafe"

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

// event is what the summary knows of a record. The text is that of its batch, and
// has the fields one behind the other.
type event struct {
	text string
	ends *[fieldCount + 1]uint32 // of each field; before them, where the first begins
}

// get is the text of a field, "" if the record does not have it.
func (e event) get(f field) string { return e.text[e.ends[f]:e.ends[f+1]] }

// Batch holds the fields of some records, until it is reused.
type Batch struct {
	text   []byte
	ends   [][fieldCount + 1]uint32
	broken int // records that the evaluator does not take
}

// event is the i-th. It is valid until the batch is reused.
func (b *Batch) event(i int) event {
	return event{unsafe.String(unsafe.SliceData(b.text), len(b.text)), &b.ends[i]}
}

// Reader takes the fields that a summary needs out of records. It implements
// cloudtrail.Worker; several readers can work for one Aggregator.
type Reader struct {
	matcher *evaluator.Matcher
	batches *sync.Pool // of the aggregator
	batch   *Batch
}

// fieldEngine finds the fields in a record; it has no queries.
var fieldEngine = sync.OnceValue(func() *evaluator.Engine {
	return evaluator.NewEngine(nil, append(fieldPaths(), cloudtrail.EnvelopeMembers()...)...)
})

// NewReader returns a reader for this aggregator.
func (a *Aggregator) NewReader() *Reader {
	return &Reader{fieldEngine().Matcher(), &a.batches, &Batch{}}
}

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
		r.batch.broken++
		return
	}
	b := r.batch
	ends := [fieldCount + 1]uint32{uint32(len(b.text))}
	for f := range fieldCount {
		b.text = append(b.text, r.matcher.Text(f)...)
		ends[f+1] = uint32(len(b.text))
	}
	b.ends = append(b.ends, ends)
}

// Batch implements cloudtrail.Worker.
func (r *Reader) Batch() *Batch {
	b := r.batch
	var reused bool
	if r.batch, reused = r.batches.Get().(*Batch); !reused {
		r.batch = &Batch{}
	}
	return b
}
