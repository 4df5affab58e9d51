// Package rules holds the detections that ship with sigmatic. It is data only:
// files embedded in the binary, and no code that reads them.
package rules

import "embed"

// FS holds our own Sigma rules and correlations for AWS CloudTrail, one document per file, under
// cloudtrail/. Their names are aws_<service>_<what>.yml.
//
//go:embed cloudtrail/*.yml
var FS embed.FS

// AbusedAPIs is a table (CSV) of API calls that attackers are known to make:
// the names by which CloudTrail records the call and its service, a technique of
// ATT&CK, a line on what the call is good for, and whether it is one of those
// that are commonly listed as abused.
//
//go:embed lists/abused_apis.csv
var AbusedAPIs []byte
