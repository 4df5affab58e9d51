package summary

import "strings"

// outcome is how a call ended.
type outcome int

const (
	succeeded outcome = iota
	denied
	throttled
	failedOtherwise
	outcomes int = iota
)

// outcome of an event. A call failed if its record has an error code or an error
// message, whatever their words, or if the response says so: signing in fails
// without an error code ("ConsoleLogin": "Failure"), and EC2 answers _return.
func (e event) outcome() outcome {
	code, message := e.get(errorCode), e.get(errorMessage)
	if code != "" || message != "" {
		return failure(code, message)
	}
	for _, f := range [...]field{consoleLogin, checkMFA, switchRole, exitRole, renewRole, userAuthentication, credentialVerification} {
		if e.get(f) == "Failure" {
			return denied
		}
	}
	if e.get(returned) == "false" {
		return failedOtherwise
	}
	return succeeded
}

// The services spell their codes in their own ways: AccessDenied (S3, IAM),
// AccessDeniedException, Client.UnauthorizedOperation (EC2), AuthorizationError
// (SNS), NotAuthorizedException (Cognito). Each word stands for a family.
var (
	deniedWords    = []string{"accessdenied", "unauthorized", "notauthorized", "authorizationerror", "authfailure", "forbidden", "invalidclienttokenid", "unrecognizedclient", "signaturedoesnotmatch", "expiredtoken", "optinrequired"}
	throttledWords = []string{"throttl", "requestlimitexceeded", "toomanyrequests", "slowdown", "throughputexceeded", "bandwidthlimitexceeded"}
	// For the codes that say nothing of the kind, the message decides.
	deniedMessages    = []string{"not authorized to perform", "access denied", "failed authentication", "no username found in supplied account"}
	throttledMessages = []string{"rate exceeded"}
)

func failure(code, message string) outcome {
	switch code, message := strings.ToLower(code), strings.ToLower(message); {
	case hasAny(code, throttledWords):
		return throttled
	case hasAny(code, deniedWords):
		return denied
	case hasAny(message, throttledMessages):
		return throttled
	case hasAny(message, deniedMessages):
		return denied
	}
	return failedOtherwise
}

func hasAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// compatOutcome is Suzaku's: only one code is a failure.
func (e event) compatOutcome() outcome {
	if e.get(errorCode) == "AccessDenied" {
		return denied
	}
	return succeeded
}
