package summary

import (
	"fmt"
	"strings"
)

// By says what a row stands for.
type By string

// What rows can stand for.
const (
	ByRole      By = "role" // the ARN; the sessions of a role are one row
	ByARN       By = "arn"  // the ARN as it stands, a row for each session
	ByKey       By = "key"
	ByIP        By = "ip"
	ByAccount   By = "account" // that of the identity
	ByUserAgent By = "user-agent"
)

// Bys are all of them.
func Bys() []By { return []By{ByRole, ByARN, ByKey, ByIP, ByAccount, ByUserAgent} }

// column is the name of a row's first column.
func (b By) column() string {
	switch b {
	case ByKey:
		return "UserAccessKeyID"
	case ByIP:
		return "SrcIP"
	case ByAccount:
		return "UserAccount"
	case ByUserAgent:
		return "UserAgent"
	case ByRole, ByARN:
	}
	return "UserARN"
}

// name is what an event's row is called.
func (b By) name(e event) string {
	switch b {
	case ByARN:
		return e.identity()
	case ByKey:
		return or(e.get(accessKeyID), "(no access key)")
	case ByIP:
		return or(e.get(sourceIP), "(no address)")
	case ByAccount:
		return or(e.account(), "(no account)")
	case ByUserAgent:
		return or(e.get(userAgent), "(no user agent)")
	case ByRole:
	}
	return e.role()
}

// member is what a row is made of: sessions of a role, else identities.
func (b By) member(e event) string {
	switch b {
	case ByRole:
		if e.isSession() {
			return e.get(userARN)
		}
		return ""
	case ByARN:
		return ""
	case ByKey, ByIP, ByAccount, ByUserAgent:
	}
	return e.identity()
}

// isSession reports whether the identity is a session of something that it can
// be rolled up to.
func (e event) isSession() bool {
	return e.get(userType) == "AssumedRole" && e.get(userARN) != "" || e.get(userType) == "FederatedUser" && e.get(issuerARN) != "" && e.get(userARN) != ""
}

// role is the identity without its session: the issuer's ARN, or what the ARN of
// the session tells of it (the role's path is not in there).
func (e event) role() string {
	if !e.isSession() {
		return e.identity()
	}
	if issuer := e.get(issuerARN); issuer != "" {
		return issuer
	}
	return roleOfSession(e.get(userARN))
}

// roleOfSession turns arn:aws:sts::123:assumed-role/name/session into the ARN of
// the role, as far as the session tells it.
func roleOfSession(arn string) string {
	head, rest, ok := strings.Cut(arn, ":assumed-role/")
	if !ok {
		return arn
	}
	name, _, _ := strings.Cut(rest, "/")
	return strings.Replace(head, ":sts:", ":iam:", 1) + ":role/" + name
}

// identity is the ARN, or else what names who acted: the service, the account, the
// user of an identity provider.
func (e event) identity() string {
	if arn := e.get(userARN); arn != "" {
		return arn
	}
	kind := e.get(userType)
	if e.get(principalID) == "ANONYMOUS" || e.get(accountID) == "ANONYMOUS_PRINCIPAL" {
		return "anonymous"
	}
	switch kind {
	case "AWSService":
		return label(kind, or(e.get(invokedBy), e.get(sourceIP)))
	case "AWSAccount":
		return label(kind, join(e.get(accountID), e.get(principalID)))
	case "IdentityCenterUser":
		return label(kind, or(e.get(onBehalfOf), e.get(userName), e.get(principalID)))
	case "SAMLUser", "WebIdentityUser":
		return label(kind, or(e.get(principalID), join(e.get(identityProvider), e.get(userName))))
	case "":
		if e.get(invokedBy) != "" {
			return label("AWSService", e.get(invokedBy))
		}
		kind = "unknown"
	}
	return label(kind, join(e.get(accountID), or(e.get(userName), e.get(principalID))))
}

// account is the account of the identity; that of the trail for an identity that
// has none, such as a service.
func (e event) account() string {
	if id := e.get(accountID); id != "" {
		return id
	}
	return e.get(recipientAccount)
}

func label(kind, name string) string {
	if name == "" {
		return kind
	}
	return fmt.Sprintf("%s:%s", kind, name)
}

// join puts a slash between what there is.
func join(a, b string) string {
	if a == "" || b == "" || a == b {
		return or(a, b)
	}
	return a + "/" + b
}

func or(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
