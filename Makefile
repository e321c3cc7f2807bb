# Every target sets up .venv by itself: with uv when it is there, else with plain python3 and pip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
DEMO ?=
PIP_OPTIONS := --no-deps --require-hashes --quiet --disable-pip-version-check
LOCK_OPTIONS := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --no-annotate
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run dev test check docs bench format lock clean

help:  ## show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "cx360 needs Python 3.11 to 3.13; set PYTHON=/path/to/python3"; exit 1; }
	@echo "Creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the packages of requirements.lock (once, one to three minutes)"
ifdef UV
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --require-hashes -r requirements.lock
else
	@$(BIN)/python -m pip install $(PIP_OPTIONS) -r requirements.lock
endif
	@$(BIN)/python -m pip install --no-deps --no-build-isolation --quiet \
		--disable-pip-version-check --editable .
	@touch $@

$(DEVELOPMENT): requirements-dev.lock $(RUNTIME)
	@echo "Installing the packages of requirements-dev.lock"
ifdef UV
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --require-hashes -r requirements-dev.lock
else
	@$(BIN)/python -m pip install $(PIP_OPTIONS) -r requirements-dev.lock
endif
	@touch $@

run: $(RUNTIME)  ## write the demo company and run the whole flow (DEMO="--customers 30000")
	@$(BIN)/cx360 demo $(DEMO)
	@$(BIN)/cx360 run

dev: $(RUNTIME)  ## the Dagster UI on 127.0.0.1:3000
	@$(BIN)/cx360 dev

test: $(DEVELOPMENT)  ## all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(DEVELOPMENT)  ## linters, types, import directions, generated files
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models
	@$(BIN)/python -m orchestration.generate --check

docs: $(RUNTIME)  ## the input contract, dbt sources and the dbt documentation, written anew
	@$(BIN)/python -m orchestration.generate
	@$(BIN)/cx360 docs

bench: $(DEVELOPMENT)  ## speed and accuracy (needs CX360_PUBLIC_DATA for the public sets)
	@$(BIN)/python -m benchmarks

format: $(DEVELOPMENT)  ## sort imports and apply safe fixes
	@$(BIN)/ruff check --fix .

lock:  ## pin the dependencies anew (needs uv)
	@$(UV) pip compile pyproject.toml $(LOCK_OPTIONS) -o requirements.lock
	@$(UV) pip compile pyproject.toml --group dev -c requirements.lock $(LOCK_OPTIONS) \
		-o requirements-dev.lock

clean:  ## remove what the default home holds; decisions and extracts of your own stay
	@rm -rf data dbt_project/target
