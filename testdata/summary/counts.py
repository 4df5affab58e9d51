"""Counts the events of CloudTrail logs (one record a line) in its own way.

It knows nothing of the program, and shares no code with it: a test compares the
two. It prints, for each identity, the number of events, of failures, and of
every value of every column.
"""
import collections
import gzip
import json
import sys


def identity(u):
    if u.get("arn"):
        if u.get("type") in ("AssumedRole", "FederatedUser"):
            issuer = u.get("sessionContext", {}).get("sessionIssuer", {}).get("arn")
            if issuer:
                return issuer
        if u.get("type") == "AssumedRole" and ":assumed-role/" in u["arn"]:
            partition, account, role = u["arn"].split(":")[1], u["arn"].split(":")[4], u["arn"].split("/")[1]
            return f"arn:{partition}:iam::{account}:role/{role}"
        return u["arn"]
    return None  # what names it else is a matter of taste: the test compares the sum


def failed(r):
    response = r.get("responseElements") or {}
    if r.get("errorCode") or r.get("errorMessage"):
        return True
    if not isinstance(response, dict):
        return False
    signin = any(response.get(k) == "Failure" for k in ("ConsoleLogin", "CheckMfa", "SwitchRole", "ExitRole", "RenewRole"))
    return signin or response.get("_return") is False


def main():
    rows = collections.defaultdict(lambda: collections.defaultdict(collections.Counter))
    seen, events = set(), 0
    for path in sys.argv[1:]:
        with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8", errors="replace") as f:
            for line in f:
                if not line.strip():
                    continue
                r = json.loads(line)
                if r.get("eventID"):
                    if r["eventID"] in seen:
                        continue
                    seen.add(r["eventID"])
                events += 1
                u = r.get("userIdentity") or {}
                row = rows[identity(u) or ""]
                outcome = "failed" if failed(r) else "success"
                row["events"]["all"] += 1
                row["outcome"][outcome] += 1
                row["apis_" + outcome][f"{r.get('eventName') or '-'} ({r.get('eventSource') or '-'})"] += 1
                for column, value in (
                    ("aws_regions", r.get("awsRegion")),
                    ("src_ips", r.get("sourceIPAddress")),
                    ("user_types", u.get("type")),
                    ("user_access_key_ids", u.get("accessKeyId")),
                    ("user_agents", r.get("userAgent")),
                ):
                    if value:
                        row[column][value] += 1
    json.dump({"events": events, "rows": rows}, sys.stdout)


main()
