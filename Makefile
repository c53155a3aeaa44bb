# Everything that a user or a contributor starts; `make` alone lists it.
#
# Archives may lie anywhere. An archive's id is its path below the media folder, so the media folder is
# MEDIA_DIR where that is given, else the deepest folder that holds all of ARCHIVES: /films for
# ARCHIVES=/films, / for ARCHIVES="/films /more/*.mp4". Nothing is copied or linked, what changes there is
# seen at once, and only what has been indexed is served. Indexes go to INDEX_DIR, mirroring the ids.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help tools setup run index serve demo test check verify stack install upgrade rollback bench exam fuzz \
	corpus-report clean

ARCHIVES ?=
MEDIA_DIR ?=
INDEX_DIR ?= var/index
SEGMENT_DURATION ?=
JOBS ?=
HOST ?= 127.0.0.1
PORT ?= 8080
SECONDS ?= 60
ARGS ?=

PYTHON ?= python3
BIN := .venv/bin
RUN_READY := .venv/demo-ready
TEST_READY := .venv/test-ready
FUZZ_READY := .venv/fuzz-ready
DEMO := var/media/demo.mp4
PLAYERS := tests/player/node_modules/.package-lock.json
export PIP_DISABLE_PIP_VERSION_CHECK := 1

define FOLDER_OF_ALL
import os, sys
paths = [os.path.realpath(path) for path in sys.argv[1:]]
print(os.path.commonpath([path if os.path.isdir(path) else os.path.dirname(path) for path in paths]))
endef
export FOLDER_OF_ALL
media_dir = $(or $(MEDIA_DIR),$(if $(ARCHIVES),$$($(BIN)/python -c "$$FOLDER_OF_ALL" $(ARCHIVES)),var/media))

indexing = $(BIN)/vodsplice-index --media-dir "$(media_dir)" --index-dir "$(INDEX_DIR)" \
	$(if $(SEGMENT_DURATION),--segment-duration $(SEGMENT_DURATION)) $(if $(JOBS),--jobs $(JOBS)) \
	$(or $(ARCHIVES),"$(media_dir)")
host = $(patsubst [%],%,$(HOST))
serving = $(BIN)/vodsplice-serve --media-dir "$(media_dir)" --index-dir "$(INDEX_DIR)" \
	--bind "$(if $(findstring :,$(host)),[$(host)],$(host)):$(PORT)"

# vodsplice-serve names its own setting where a port is taken; here that is PORT.
define free_port
if (exec 3<> /dev/tcp/$(host)/$(PORT)) 2> /dev/null; then
	echo "port $(PORT) of $(HOST) is taken: name a free one, as in make $@ PORT=$$(($(PORT) + 1))" >&2
	exit 1
fi
endef

help: ## this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' Makefile | expand -t 16

setup: $(RUN_READY) ## .venv with vodsplice-index, vodsplice-inspect, vodsplice-serve
	@echo "ready: $(BIN)/vodsplice-index, vodsplice-inspect, vodsplice-serve"

run: $(RUN_READY) $(if $(ARCHIVES)$(MEDIA_DIR),,$(DEMO)) ## index ARCHIVES="/films /more/*.mp4" (none: a demo clip) and serve it on PORT=8080
	@trap 'exit 0' INT
	$(free_port)
	$(indexing) || [ $$? != 2 ]  # but for wrong usage, what could be indexed is served
	exec $(serving)

index: $(RUN_READY) ## index ARCHIVES= [MEDIA_DIR= INDEX_DIR= SEGMENT_DURATION= JOBS=]
	@$(indexing)

serve: $(RUN_READY) ## serve what is indexed: [MEDIA_DIR= (or the same ARCHIVES=) INDEX_DIR= HOST= PORT=]
	@$(free_port)
	exec $(serving)

demo: $(DEMO) ## the demo clip of `make run`, var/media/demo.mp4

# A process a core; each takes neighbouring cases, so that what a module starts is started once or twice.
test: tools $(TEST_READY) $(PLAYERS) ## every test; installs its tools as root on Debian [ARGS="-k playlist"]
	@$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal $(ARGS)

check: $(TEST_READY) ## ruff, mypy --strict; perltidy and perlcritic
	@$(BIN)/ruff check
	# Text in the locale's encoding; of preview rules this one alone.
	$(BIN)/ruff check --preview --select PLW1514 app indexer deploy
	$(BIN)/mypy
	if [ "$${CI:-}" != true ] && ! type -P perltidy perlcritic > /dev/null; then
		echo "no perltidy or no perlcritic: nginx/*.pm not checked"
		exit
	fi
	for module in $(wildcard nginx/*.pm); do
		perlcritic --quiet $$module
		perltidy --profile=nginx/.perltidyrc --assert-tidy --standard-error-output --standard-output $$module > /dev/null
	done

verify: ## check an origin with curl alone: BASE=http://host:port ID=the-archive
	@deploy/verify-origin.sh "$(BASE)" "$(ID)"

stack: $(RUN_READY) $(if $(ARCHIVES)$(MEDIA_DIR),,$(DEMO)) ## nginx and gunicorn together: [MEDIA_DIR= INDEX_DIR= (none: a demo clip) HOST= PORT= ARGS=--no-splice]
	@$(if $(ARCHIVES)$(MEDIA_DIR),,$(indexing))
	exec $(BIN)/python -m deploy.stack --media-dir "$(media_dir)" --index-dir "$(INDEX_DIR)" --host "$(host)" --port $(PORT) $(ARGS)

install: ## a release in PREFIX=/opt/vodsplice, with its units; starts nothing [DESTDIR= PYTHON=]
	@deploy/release.sh install

upgrade: ## a release of this tree into use, without a failed request
	@deploy/release.sh upgrade

rollback: ## the release before into use again, likewise
	@deploy/release.sh rollback

bench: $(TEST_READY) ## the figures, as a table and as JSON; wants an idle machine
	@$(BIN)/python -m tests.bench $(ARGS)

exam: tools $(TEST_READY) $(PLAYERS) ## the slow tests: load, faults, endurance
	@$(BIN)/python -m pytest -m exam $(ARGS)

fuzz: $(FUZZ_READY) ## mutated archives against the indexer for SECONDS=60
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

corpus-report: $(TEST_READY) ## the table of the media corpus in tests/corpus.md: served or refused, and why
	@$(BIN)/python -m tests.corpus_report

clean: ## remove what make made: .venv, var (demo clip, indexes), caches
	@rm -rf .venv var build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/player/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian keeps ensurepip in a package of its own.
$(BIN)/python:
	@usable() { $(PYTHON) -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; }
	if ! usable && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
		apt-get -qq update
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends python3-venv > /dev/null
	fi
	if ! usable; then
		echo "Python 3.11 or later with venv is needed: sudo apt-get install python3-venv," \
			"or name another, as in make PYTHON=/opt/python/bin/python3" >&2
		exit 1
	fi
	$(PYTHON) -m venv .venv

# A stamp is named after the extra of pyproject.toml that is installed when it is newer than that file.
.venv/%-ready: pyproject.toml | $(BIN)/python
	@echo "setting up .venv ($*): once, a minute or so"
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	touch $@

# As root on Debian it installs the programs that tests start; elsewhere it says which are missing.
tools: | $(BIN)/python
	@$(BIN)/python tests/setup/tools.py

$(PLAYERS): tests/player/package-lock.json | tools
	@if command -v npm > /dev/null; then npm ci --prefix tests/player --silent; touch $@; fi

$(DEMO): $(wildcard indexer/demo/*.py) | $(RUN_READY)
	@echo "making a demo clip of 30 s"
	$(BIN)/python -m indexer.demo $@
