# Needs python3 (3.11 or newer), pip and make; everything else goes into .venv.
PYTHON ?= python3
PY := .venv/bin/python
# pip installs into .venv from outside, so that it works where python3 has no ensurepip (Debian).
PIP_FLAGS := --quiet --quiet --disable-pip-version-check --no-input
PIP := $(PYTHON) -m pip --python $(PY) $(PIP_FLAGS)
RUN_READY := .venv/ready-run
DEV_READY := .venv/ready-dev
PEERS := tests/peers
# Tests wait for other processes more than they compute.
WORKERS = $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')
BENCH := .tools/bench
PEERS_READY := $(PEERS)/node_modules/.ready
SOURCES := warroom checks screens tests setup.py
INSTALL_FAILED := { echo "make: the install failed. pip's reason is above; the usual one is no network: pip has to reach its package index once." >&2; exit 1; }

# An environment works only where it was made, and only while its Python is there.
ifneq ($(shell test -x $(PY) && cat .venv/made-in 2>/dev/null),$(CURDIR))
STALE := stale
endif

.DEFAULT_GOAL := help
.PHONY: stale help setup setup-dev demo test lint types contracts pytest peers bench soak docs picture coverage-map lock clean python-ok
.DELETE_ON_ERROR:

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*  ## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

setup: $(RUN_READY)  ## make .venv with what Warroom needs to run

setup-dev: $(DEV_READY)  ## the same, and what lint, types and tests need

demo: $(RUN_READY)  ## run a launch on the embedded service, in its console (headless when there is no terminal)
	@.venv/bin/warroom demo $(ARGS)

test: $(DEV_READY) peers lint types contracts pytest  ## everything that has to pass: lint, types, contracts, tests

lint: $(DEV_READY)  ## ruff: rules and format
	@echo "== lint: ruff check, ruff format --check"
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet . || { echo "make: run '.venv/bin/ruff format' on the files named above" >&2; exit 1; }

types: $(DEV_READY)  ## mypy --strict
	@echo "== types: mypy --strict"
	@$(PY) -m mypy

contracts: $(DEV_READY)  ## which room may import which
	@echo "== contracts: import-linter"
	@.venv/bin/lint-imports --no-logo

pytest: $(DEV_READY)
	@echo "== tests: pytest"
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

peers:  ## install the npm programs that tests talk to (when npm is there)
	@if command -v npm >/dev/null 2>&1; then $(MAKE) --no-print-directory $(PEERS_READY); \
	else echo "== peers: no npm here, the tests that need it will be skipped (with CI=true they fail)"; fi

$(PEERS_READY): $(PEERS)/package.json $(PEERS)/package-lock.json
	@echo "== peers: npm ci in $(PEERS)"
	@cd $(PEERS) && npm ci --silent --no-audit --no-fund --ignore-scripts || { echo "make: npm ci failed; the usual reason is no network" >&2; exit 1; }
	@touch $@

bench: $(DEV_READY) $(BENCH)/run/.ready $(BENCH)/peers/.ready  ## speed and memory, as ratios measured in one run
	@rm -rf build/lib build/bdist.* build/wheel
	@$(PY) -m pip $(PIP_FLAGS) wheel --no-deps --no-build-isolation --wheel-dir build/wheel .
	@$(PYTHON) -m pip --python $(BENCH)/run/bin/python $(PIP_FLAGS) install --no-deps --force-reinstall build/wheel/*.whl
	@$(PY) -m tests.benchmarks $(ARGS)

soak: $(DEV_READY)  ## disturb real engines for forty minutes: kills, stops, disks, clocks, terminals
	@$(if $(ARGS),,$(PY) -m pytest -m soak -n $(WORKERS))
	@$(PY) -m tests.soak $(ARGS)

# What is measured is the installed wheel, and peers are measured without Warroom's packages beside them.
$(BENCH)/%/.ready: requirements/%.txt $(RUN_READY) | python-ok
	@echo "== bench: what it measures goes into $(BENCH)/$* (a minute the first time)"
	@rm -rf $(BENCH)/$* && $(PYTHON) -m venv --without-pip $(BENCH)/$*
	@$(PYTHON) -m pip --python $(BENCH)/$*/bin/python $(PIP_FLAGS) install --require-hashes -r requirements/$*.txt || $(INSTALL_FAILED)
	@touch $@

docs: $(DEV_READY)  ## make the generated parts of docs/ anew from the models and the command line
	@$(PY) -m tests.docs.generate

picture: $(DEV_READY)  ## draw docs/console.svg anew: a launch on the simulated services, at 120x36
	@$(PY) -m tests.docs.picture $(ARGS)

coverage-map: $(DEV_READY)  ## which requirement is shown by which test
	@$(PY) -m tests.requirements $(ARGS)

lock: .tools/uv/bin/uv  ## make the locks in requirements/ anew from pyproject.toml
	@PATH="$(CURDIR)/.tools/uv/bin:$$PATH" ./requirements/lock $(ARGS)

.tools/uv/bin/uv: | python-ok
	@$(PYTHON) -m venv --without-pip .tools/uv
	@$(PYTHON) -m pip --python .tools/uv/bin/python $(PIP_FLAGS) install uv==0.13.9 || $(INSTALL_FAILED)

clean:  ## remove what make and the tools made (.venv too)
	@rm -rf .venv .tools build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage $(PEERS)/node_modules

stale:

python-ok:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "make: Warroom needs Python 3.11 or newer, and '$(PYTHON)' is not; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import pip; assert tuple(map(int, pip.__version__.split(".")[:2])) >= (22, 3)' 2>/dev/null || \
	{ echo "make: '$(PYTHON)' has no pip, or one older than 22.3 (on Debian: apt-get install python3-pip)" >&2; exit 1; }

$(RUN_READY): requirements/run.txt pyproject.toml setup.py Makefile $(STALE) | python-ok
	@echo "== setup: what Warroom needs goes into .venv (a minute the first time)"
	@test -z "$(STALE)" || { rm -rf .venv && $(PYTHON) -m venv --without-pip .venv && echo "$(CURDIR)" >.venv/made-in; }
	@$(PIP) install --require-hashes -r requirements/run.txt || $(INSTALL_FAILED)
	@$(PIP) install --no-deps --no-build-isolation --editable . || $(INSTALL_FAILED)
	@touch $@

$(DEV_READY): $(RUN_READY) requirements/dev.txt
	@echo "== setup: what lint, types and tests need goes into .venv"
	@$(PIP) install --require-hashes -r requirements/dev.txt || $(INSTALL_FAILED)
	@touch $@
