# Everything sets itself up in .venv: `make demo`, `make run`, `make test` and `make check` need Python 3.11+ only.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo demo-check run test check screenshots format setup clean

setup: $(VENV)/.ready

$(VENV)/.ready: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Allmende needs Python 3.11 or newer.")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: setup  ## Three nodes, one story, printed; they stay up until Ctrl-C
	$(BIN)/allmende demo

demo-check: setup  ## The same story, asserted
	$(BIN)/allmende demo --check

run: setup  ## One node on SQLite at http://127.0.0.1:8400
	ALLMENDE_NODE_URL=http://127.0.0.1:8400 ALLMENDE_NODE_DEVELOPMENT=true $(BIN)/allmende serve

test: setup  ## Every test, two files at a time
	$(BIN)/python -m pytest --numprocesses 2 --dist loadscope

check: setup  ## Lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --config-file setup.cfg
	$(BIN)/lint-imports --config setup.cfg

screenshots: setup  ## A picture of every page, for a desk and a phone, in screenshots/
	$(BIN)/python -m tests.pages.screenshots screenshots

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build *.egg-info
