# The build in a few words; the work is done by the scripts in tools/. A server is chosen by PG_CONFIG=<path of pg_config> (a server you have), else
# by PG_MAJOR=<15..18>, else it is the newest of these that the system's packages offer.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

ifdef PG_CONFIG
export PG_CONFIG
endif
ifdef PG_MAJOR
export PG_MAJOR
endif

# Prints the pg_config chosen, for the scripts that want it in the environment. Evaluated when used: after `deps`.
CHOSEN = $$(source tools/lib.sh && choose_server && echo "$$PG_CONFIG")

.PHONY: help demo test test-core test-interop test-upgrade install bench lint clean deps build

help: ## says what there is
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1 \2/p' $(MAKEFILE_LIST) | while read -r target text; do printf '  make %-12s %s\n' "$$target" "$$text"; done
	@echo "  With PG_CONFIG=<path of pg_config>: for that server. With PG_MAJOR=<15..18>: for that major's package of the system."

demo: install ## builds, installs, and shows the extension at work on a private server
	@PG_CONFIG="$(CHOSEN)" tools/demo

test: install ## runs all tests on one server
	@tools/deps --tests
	@tools/run-tests

test-core: install ## PostgreSQL's own regression suite, with the library preloaded and without
	@PG_CONFIG="$(CHOSEN)" tools/test-core

test-interop: install ## runs sixteen migration tools against a guarded database, on one server
	@PG_CONFIG="$(CHOSEN)" tests/interop/run --all

test-upgrade: ## pg_upgrade of a guarded database, between the majors that have the extension installed
	@tools/test-upgrade

install: build ## builds and copies the extension into a server (PG_CONFIG=...)
	@tools/install

bench: install ## measures the cost of backfill, guard and check, replays migrations, fuzzes
	@PG_CONFIG="$(CHOSEN)" bench/run
	@PG_CONFIG="$(CHOSEN)" bench/check
	@PG_CONFIG="$(CHOSEN)" bench/guard
	@PG_CONFIG="$(CHOSEN)" bench/replay
	@PG_CONFIG="$(CHOSEN)" bench/precision
	@PG_CONFIG="$(CHOSEN)" bench/throughput
	@bench/fuzz

lint: deps ## formatting, clippy, and the repository's own rules
	@tools/lint

clean: ## removes what builds and tests left
	rm -rf target

deps:
	@tools/deps

build: deps
	@tools/build
