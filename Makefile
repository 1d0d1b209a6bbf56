# Tocsin in few words. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo run test soak check fix bench lock docs
BIN := .venv/bin
PYTHON := $(BIN)/python
ARGS ?=
COGGED = git grep -lF '[[[cog' -- '*.md'
SCHEMA = $(BIN)/tocsin runbook schema > runbooks/runbook.schema.json

help: ## list these words
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | while IFS='	' read -r word text; do printf '  make %-6s %s\n' "$$word" "$$text"; done

setup: .venv/.ready ## make .venv with everything in it, from requirements.lock
	@:

.venv/.ready: requirements.lock pyproject.toml
	@.ci/uv --version >/dev/null
	@echo "setting up .venv"
	@.ci/uv venv --quiet --allow-existing --python python3 .venv
	@.ci/uv pip sync --quiet --compile-bytecode --require-hashes --only-binary :all: --no-binary splunk-sdk \
		--build-constraint requirements.lock --python $(PYTHON) requirements.lock
	@.ci/uv pip install --quiet --no-deps --no-build-isolation --python $(PYTHON) --editable .
	@touch $@

demo: setup ## break a small shop and watch Tocsin bring it back (ARGS=--unattended: approve by itself)
	@tests/servers/install prometheus
	@exec $(PYTHON) deploy/demo/demo.py $(ARGS)

run: setup ## start Tocsin, with tocsin.yaml if there is one
	@exec $(BIN)/tocsin run $(ARGS)

test: setup ## run the tests, real servers included, long suites as a sample (ARGS: for pytest)
	@tests/servers/install
	@exec $(BIN)/pytest -n 2 $(ARGS)

soak: setup ## run the long suites in full: hours; goes on where it stopped (ARGS: names of suites)
	@tests/servers/install
	@exec $(PYTHON) -m tests.soak $(ARGS)

check: setup ## format, lint, types, import contracts, house rules, documents
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(COGGED) | xargs -r $(BIN)/cog -P --check
	@$(BIN)/pytest -q tests/house

fix: setup ## put right what a machine can: format, lint, generated parts of the documents
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix
	@$(COGGED) | xargs -r $(BIN)/cog -P -r
	@$(SCHEMA)

bench: setup ## measure start-up, memory and speed, and print them beside their goals
	@tests/servers/install prometheus
	@exec $(PYTHON) -m tests.bench $(ARGS)

docs: setup ## write the generated parts of the documents anew
	@$(COGGED) | xargs -r $(BIN)/cog -P -r
	@$(SCHEMA)

lock: ## resolve the dependencies of pyproject.toml anew into requirements.lock
	@.ci/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--all-extras --group dev --output-file requirements.lock pyproject.toml
