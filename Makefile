# How to run, test and build everything. `make help` lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# Results live in the user's cache, so that a fresh clone is quick.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/qingjiao
export CARGO_TARGET_DIR ?= $(CACHE)/target
export QINGJIAO_AGENT ?= $(CARGO_TARGET_DIR)/agent/agent
# Where tests leave screenshots and times.
export ARTEFACTS ?= $(CURDIR)/tests/artefacts

UP_PACKAGES := bubblewrap iproute2
TEST_PACKAGES := $(UP_PACKAGES) chromium fonts-noto-cjk postgresql-15 jupyter-notebook jq libnss3-tools
BENCH_PACKAGES := $(UP_PACKAGES) postgresql-15 nginx-light wrk docker-registry

# suite NAME BUDGET_S COMMAND...: runs it and says how long it took.
suite := scripts/suite

.PHONY: help up test check bench soak browser cluster images web agent deps

help: ## This list
	@echo "Usage: make TARGET"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  %-8s %s\n' "$$name" "$$text"; done

up: ## Start a whole region on this computer and print a link to it
	@scripts/claim
	@scripts/deps $(UP_PACKAGES)
	@scripts/web
	@scripts/agent $(QINGJIAO_AGENT)
	cargo run --locked --package region -- up

test: ## Everything, as the pipeline does it: lints, licences, both databases, simulation, a real browser
	@scripts/claim
	@rm -f $(ARTEFACTS)/suites.txt
	$(suite) makefile 5 scripts/check-makefile
	$(suite) packages 120 scripts/deps $(TEST_PACKAGES)
	@scripts/trim
	$(suite) web 60 scripts/web check
	$(suite) agent 90 scripts/agent $(QINGJIAO_AGENT)
	$(suite) format 10 cargo fmt --all --check
	$(suite) lints 180 scripts/lints
	$(suite) licences 15 scripts/deny
	$(suite) build 360 cargo test --locked --workspace --no-run
	$(suite) chart 120 scripts/chart
	$(suite) clients 420 tests/mirror/tools
	$(suite) tests 480 cargo test --locked --workspace
	$(suite) browser 150 scripts/browser
	@cat $(ARTEFACTS)/suites.txt

check: ## The inner loop: format, lints, unit tests of every crate
	@scripts/claim
	$(suite) makefile 5 scripts/check-makefile
	$(suite) web 60 scripts/web check
	$(suite) format 10 cargo fmt --all --check
	$(suite) lints 180 scripts/lints
	$(suite) units 180 cargo test --locked --workspace --exclude tests

bench: ## Measure a region beside its peers into docs/benchmarks.md; S=name for one section
	@scripts/deps $(BENCH_PACKAGES)
	@scripts/web
	@scripts/agent $(QINGJIAO_AGENT)
	scripts/bench $(S)

soak: ## Long random campaigns: simulation, chaos, hostile bytes, churn in T=minutes (30); mirror and cluster on top
	@scripts/deps $(TEST_PACKAGES)
	@scripts/web
	@scripts/agent $(QINGJIAO_AGENT)
	scripts/soak $(or $(T),30)

browser: ## The flow of a whole region in a real Chromium
	@scripts/deps $(TEST_PACKAGES)
	@scripts/web
	@scripts/agent $(QINGJIAO_AGENT)
	scripts/browser

cluster: ## Start a two-node Kubernetes for tests and print its kubeconfig; DOWN=1 stops it
	tests/cluster/cluster $(if $(DOWN),stop,start)

images: ## Make the images of the chart and push them; REGISTRY=127.0.0.1:5000, TAG=the version
	@scripts/web
	scripts/images $(or $(REGISTRY),127.0.0.1:5000)/qingjiao $(TAG)

web: ## Build the pages into web/dist, if their sources changed
	scripts/web

agent: ## Build the static agent that runs inside machines
	scripts/agent $(QINGJIAO_AGENT)

deps: ## Install the Debian packages that are missing, as root or by sudo
	scripts/deps $(TEST_PACKAGES)
