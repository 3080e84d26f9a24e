# make run    a first result: environment, core, one example
# make test   everything that must hold
# Packages come from the index that pip is configured with; nothing else is fetched.

VENV ?= .venv
JOBS ?= 2
BIN := $(VENV)/bin
STEP := $(BIN)/python -m tools.ci_step
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install

.PHONY: help run test test-hsm test-arm lint release bench clean

help:
	@echo "make run     set up $(VENV) with the core and run examples/ising.qjob"
	@echo "make test    set up the development extras and run all checks and tests"
	@echo "make test-hsm install SoftHSM2 and test keys in PKCS#11 tokens; nothing is skipped for want of a token"
	@echo "make test-arm test the CPU kernels on an emulated ARM64 processor; on Debian, installs QEMU"
	@echo "make lint    ruff, mypy and the import contracts only"
	@echo "make release build the wheel twice, its bill of materials and checksums, and sign them, in dist/"
	@echo "make bench   measure start-up, compile time, size and determinism; prints one table"
	@echo "make clean   remove $(VENV) and everything that can be made again"

run: $(VENV)/.core-installed
	$(BIN)/qlangc run examples/ising.qjob

# Each step leaves an in-toto link in build/ci, see tools/ci_step.py.
test: $(VENV)/.dev-installed
	$(STEP) lint -- $(MAKE) --no-print-directory lint
	$(STEP) fast --product fast.xml -- $(BIN)/pytest -q -rsfE -n $(JOBS) -m "not slow" --junitxml=build/ci/fast.xml
	$(STEP) vectors -- $(BIN)/python -m tests.trust.vectors
	$(STEP) slow --product slow.xml -- $(BIN)/pytest -q -rsfE -n $(JOBS) -m slow --junitxml=build/ci/slow.xml
	$(STEP) --verify lint fast vectors slow

test-hsm: $(VENV)/.dev-installed
	tests/trust/token/install.sh --all
	$(BIN)/pytest -q -rs tests/trust/token --require-tokens

test-arm: $(VENV)/.dev-installed
	VENV=$(VENV) tests/kernels/cpu/emulated_arm.sh

lint: $(VENV)/.dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The wheel twice, its bill of materials, checksums and their signatures, in dist/.
release: $(VENV)/.dev-installed
	$(BIN)/python -m tools.release

bench: $(VENV)/.dev-installed
	@$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find qlang tests benchmarks -type d -name __pycache__ -prune -exec rm -rf {} +

# The first interpreter of a supported version that can make an environment; PYTHON=… chooses another.
$(VENV)/bin/python:
	@for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
	  if $$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	  then echo "$$python -m venv $(VENV)"; exec $$python -m venv $(VENV); fi; \
	done; \
	echo "qlang needs Python 3.11, 3.12 or 3.13 with the venv module: install one, or name it by make PYTHON=..." >&2; \
	exit 1

$(VENV)/.core-installed: pyproject.toml $(VENV)/bin/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev-installed: pyproject.toml $(VENV)/bin/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.core-installed
