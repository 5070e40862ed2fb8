# run, test and install set up all they need; a second run takes seconds.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE := tests/e2e/node/node_modules/.package-lock.json tests/e2e/clients/node_modules/.package-lock.json

.PHONY: run test install bench soak check clean

run: install
	$(BIN)/aboveboard serve

test: $(VENV)/.tests $(NODE)
	$(BIN)/python -m pytest $(ARGS)

install: $(VENV)/.server

bench: $(VENV)/.bench
	$(BIN)/python -m tests.bench

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
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --editable '.[server]'
	@touch $@

$(VENV)/.tests: $(VENV)/.server scripts/system
	sh scripts/system
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --editable '.[server,scan]' --group dev
	@touch $@

$(VENV)/.bench: $(VENV)/.tests
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --group bench
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json $(VENV)/.tests
	npm ci --silent --no-audit --no-fund --prefix $*
	@touch $@
