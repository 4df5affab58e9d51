# The commands of this project. `make` alone lists them.

GO ?= go
FUZZTIME ?= 30s
# What the benchmark of scan reads: so many generated events, or the gzip delivery files in a folder.
SCAN_EVENTS ?= 50000
SCAN_LOGS ?=
PAIRS ?= 10000000
# Where the engines are built and run; empty for the user's cache folder.
ENGINES_DIR ?=
# Pinned: a linter that changes by itself breaks builds of unchanged code.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.DEFAULT_GOAL := help
.PHONY: help build test race lint fuzz sequences bench engine-pairs record proof engines engines-test engines-stop release reproducible

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  %-14s %s\n", $$1, $$2 }'

build: ## build bin/sigmatic
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/sigmatic ./cmd/sigmatic

test: ## run the tests; those that need an engine are skipped without one
	$(GO) test ./...

race: ## run the tests with the race detector
	$(GO) test -race ./...

lint: ## gofmt, go vet and staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

fuzz: ## run each fuzz target for FUZZTIME (30s)
	@set -e; for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$package; \
		done; \
	done

sequences: ## put a million random sequences to random correlations, by the engine and by the reference
	SIGMATIC_SEQUENCES=1000000 $(GO) test -count=1 -timeout 60m -run TestEngineIsReference ./evaluator/correlate

bench: ## run the benchmarks; SCAN_EVENTS or SCAN_LOGS says on how much `scan` runs
	$(GO) test -run '^$$' -bench . -benchmem $$($(GO) list ./... | grep -v cmd/internal/cli)
	$(GO) test -run '^$$' -bench . -benchmem ./cmd/internal/cli -args -scan-events $(SCAN_EVENTS) -scan-logs "$(SCAN_LOGS)"

engine-pairs: ## hold the compiled engine to the reference on PAIRS generated pairs of a query and an event
	$(GO) test -run 'TestEngine$$' -timeout 2h ./evaluator -args -pairs $(PAIRS)

record: ## write the golden files anew, where a package's tests know -record
	@set -e; for dir in $$(grep -rlE --include='*_test.go' 'flag\.Bool(Var)?\(.*"record"' . | sed 's|/[^/]*$$||' | sort -u); do \
		$(GO) test $$dir -count=1 -run Golden -record; \
	done

proof: ## hold every query of a public rule set to its rule, on the interpreters (needs SIGMATIC_SHARED)
	SIGMATIC_PROOF=all $(GO) test -count=1 -timeout 30m -run '^TestProof' -v ./cmd/internal/verify

engines: ## build and start the real engines (needs a JDK and Maven)
	testdata/engines/start.sh $(ENGINES_DIR)

engines-test: ## start the engines and run the tests that need them
	dir=$$(testdata/engines/start.sh $(ENGINES_DIR)) && set -a && . "$$dir/env" && set +a && \
		SIGMATIC_ENGINES=require $(GO) test -count=1 -timeout 20m -run ^TestLive ./cmd/internal/verify/...

engines-stop: ## stop the engines
	testdata/engines/stop.sh $(ENGINES_DIR)

# A release's bytes depend on the source, the version and the Go release alone.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMITTED ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
RELEASE_FLAGS := -trimpath -buildvcs=false -ldflags '-s -w -X sigmatic/cmd/internal/cli.version=$(VERSION)'

release: ## build static programs for all platforms into dist/, with a bill of materials (CycloneDX) for each, and checksums
	@rm -rf dist && mkdir -p dist
	@set -e; for platform in $(PLATFORMS); do \
		os=$${platform%/*}; arch=$${platform#*/}; ext=; [ $$os = windows ] && ext=.exe; \
		name=sigmatic-$$os-$$arch; echo "dist/$$name$$ext"; \
		GOFLAGS= CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build $(RELEASE_FLAGS) -o dist/$$name$$ext ./cmd/sigmatic; \
		$(GO) run ./cmd/internal/sbom -version '$(VERSION)' -time $(COMMITTED) dist/$$name$$ext > dist/$$name.cdx.json; \
	done
	@cd dist && if command -v sha256sum >/dev/null; then sha256sum sigmatic-*; else shasum -a 256 sigmatic-*; fi > SHA256SUMS

reproducible: ## show that two builds of the last commit, in two places and from nothing, give the same bytes
	@set -e; dir=$$(mktemp -d); trap 'chmod -R u+w "$$dir"; rm -rf "$$dir"' EXIT; \
	for place in one another/place; do \
		mkdir -p "$$dir/$$place"; git archive HEAD | tar -x -C "$$dir/$$place"; \
		(cd "$$dir/$$place" && GOFLAGS= GOCACHE="$$dir/cache/$$place" CGO_ENABLED=0 $(GO) build $(RELEASE_FLAGS) -o sigmatic ./cmd/sigmatic); \
	done; \
	cmp "$$dir/one/sigmatic" "$$dir/another/place/sigmatic"; echo "the two are the same"
