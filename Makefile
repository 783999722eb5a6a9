# keshi: every command a person or a machine needs. All of them may be run again at any time.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help build demo test lint docs bench

# Always the whole workspace with one profile and one set of features, so that every target reuses what another has built.
CARGO_FLAGS := --workspace --locked

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | while IFS=$$'\t' read -r name text; do printf 'make %-7s %s\n' "$$name" "$$text"; done

build: ## builds the server (development profile, hot crates optimised)
	@scripts/need.sh build
	cargo build $(CARGO_FLAGS)

demo: ## installs what is missing, builds, serves http://127.0.0.1:8080 and plays a training month in (KESHI_DEMO_EXIT=1 stops after printing)
	@scripts/need.sh demo
	cargo build $(CARGO_FLAGS)
	@"$$(scripts/binary.sh)" demo $(ARGS)

test: ## installs what is missing and runs the whole suite: both databases, S3 and a browser included
	@scripts/need.sh test
	@scripts/test.sh

lint: ## formatting, clippy, rustdoc, licences: the part of `make test` that runs nothing
	@scripts/need.sh build
	@scripts/lint.sh

docs: ## writes the generated documents (docs/*.md that say so in their first lines, openapi.json)
	@scripts/need.sh build
	cargo build $(CARGO_FLAGS)
	"$$(scripts/binary.sh)" docs docs

bench: ## ratios against plain programs on this machine, release profile (the first build takes a while); ARGS=upload measures that alone
	@scripts/need.sh bench
	cargo bench $(CARGO_FLAGS) --bench ratios -- $(ARGS)
