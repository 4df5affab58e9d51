// Package rules holds the detections that ship with sigmatic. It is data only:
// files embedded in the binary, and no code that reads them.
package rules

import "embed"

// FS holds our own Sigma rules for AWS CloudTrail, one document per file, under
// cloudtrail/. Their names are aws_<service>_<what>.yml.
//
//go:embed cloudtrail/*.yml
var FS embed.FS
