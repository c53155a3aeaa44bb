# Everything a user or a contributor starts. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

.PHONY: setup
setup: $(VENV)/run-ready ## .venv with vodsplice-index, vodsplice-inspect and vodsplice-serve

$(BIN)/python:
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run-ready: pyproject.toml | $(BIN)/python
	@$(BIN)/python -m pip install --quiet -e '.[demo]'
	@touch $@

$(VENV)/test-ready: pyproject.toml | $(BIN)/python
	@$(BIN)/python -m pip install --quiet -e '.[test]'
	@touch $@ $(VENV)/run-ready

.PHONY: check
check: $(VENV)/test-ready ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/mypy

.PHONY: test
test: $(VENV)/test-ready ## the whole test suite
	@$(BIN)/python -m pytest
