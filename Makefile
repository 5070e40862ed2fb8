# run, test and install set up all they need; a second run takes seconds.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
# CI tests the built wheel, so that a file it lacks is missed; elsewhere the sources, so that a change shows at once.
ifdef CI
WHEEL := build/wheel
PACKAGE = "$$(echo $(WHEEL)/aboveboard-*.whl)
else
PACKAGE = --editable ".
endif
NODE := tests/e2e/node/node_modules/.package-lock.json tests/e2e/clients/node_modules/.package-lock.json

.PHONY: run test install bench bench-insights soak check docs clean

run: install
	$(BIN)/aboveboard serve

test: $(VENV)/.tests $(NODE)
	$(BIN)/python -m pytest $(ARGS)

install: $(VENV)/.server

# Writes bench/report.md; with BASE=REV it says what got slower since REV.
bench: $(VENV)/.bench
	$(BIN)/python -m tests.bench $(if $(BASE),--base $(BASE)) $(ARGS)

bench-insights: $(VENV)/.bench
	$(BIN)/python -m tests.bench.bench_insights 1 10 100

soak: $(VENV)/.tests $(NODE)
	$(BIN)/python -m pytest -m soak --timeout 3600 $(ARGS)

# What pre-commit runs, without the rest of the tests.
check: $(VENV)/.tests
	$(BIN)/python -m pytest tests/test_house.py

clean:
	rm -rf $(VENV) build dist

$(VENV)/bin/python:
	sh scripts/venv $(PYTHON) $(VENV)

$(VENV)/.server: $(VENV)/bin/python pyproject.toml constraints.txt
ifdef CI
	rm -rf $(WHEEL)
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir $(WHEEL) .
endif
	$(PIP) $(PACKAGE)[server]"
	@touch $@

# What the system lacks comes apart from what Python needs: with --jobs both load at once.
$(VENV)/.system: scripts/system $(VENV)/bin/python
	sh scripts/system
	@touch $@

$(VENV)/.tests: $(VENV)/.server $(VENV)/.system
	$(PIP) $(PACKAGE)[server,scan]" --group dev
	@touch $@

$(VENV)/.bench: $(VENV)/.tests
	$(PIP) --group bench
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json $(VENV)/.system
	npm ci --silent --no-audit --no-fund --prefix $*
	@touch $@

docs: $(VENV)/.tests
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/site
	@echo "Open build/site/index.html"
