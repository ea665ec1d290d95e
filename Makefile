# Everything a person types, and CI types the same. `make` alone lists the targets.
SHELL := /bin/sh
PYTHON ?= python3
LAB ?= 01
VENV := .venv
BIN := $(VENV)/bin
# Two thirds of a test's time is waiting for a server, so there are more workers than cores. TESTS=tests/checks runs one room.
TESTS ?= tests
# Thousands of processes import the same modules here: they are compiled once, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE
JOBS ?= $(shell expr $$(nproc 2>/dev/null || echo 2) \* 2)

# Debian packs Python's venv apart. As root, in a container for example, it is installed here; others are told how.
INSTALL_VENV = [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "==> Installing Debian's python3-venv" && \
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null

.DEFAULT_GOAL := help
.PHONY: help setup lab test lint bench release audit clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.labkit  ## create .venv with the pinned dependencies

lab: $(VENV)/.labkit  ## open the course in JupyterLab (LAB=05 opens another lab)
	@$(BIN)/labkit lab $(LAB)

test: $(VENV)/.labkit-test lint  ## run every test on all cores
	@echo "==> Running the tests"
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n $(JOBS) $(TESTS)

lint: $(VENV)/.labkit-test  ## ruff, mypy, import-linter
	@echo "==> Checking style, types and imports"
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.labkit-test  ## measure speed: ratios and rates in one run
	@$(BIN)/python -m tests.bench

release: $(VENV)/.labkit-test  ## rebuild labs/ and stack/parts/ from solutions/*.py
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/grader sources
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/grader release
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/grader lint

audit: $(VENV)/.labkit-test  ## prove the checks: right answers pass, wrong ones get their hints
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/grader audit

clean:  ## remove .venv and what tools left in this folder
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@echo "==> Creating the virtual environment $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "This course needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); $(INSTALL_VENV) && $(PYTHON) -m venv $(VENV); } || \
	  { rm -rf $(VENV); echo "Python cannot make a virtual environment. Try: sudo apt install python3-venv"; exit 1; }

# A stamp file is newer than the files it depends on, so a second run starts at once.
$(VENV)/.labkit: pyproject.toml constraints.txt | $(BIN)/python
	@echo "==> Installing the course and its pinned dependencies (a minute or two, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.labkit-test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "==> Installing the course, its pinned dependencies and the test tools (a minute or two, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.labkit
