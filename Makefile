# Two commands do everything on a fresh machine with Python 3.11+ and make: `make run`, `make test`.

PYTHON ?= python3
BROKERS ?= $(or $(FORTALER_BROKERS),1)
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help run test faults bench check freeze lock clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY) ## Bring up the whole platform (BROKERS=3: three Kafka brokers), and play its story
	@FORTALER_BROKERS=$(BROKERS) $(BIN)/fortaler up

test: $(READY) ## Run every test, on a real PostgreSQL and a real Apache Kafka
	$(BIN)/python -m pytest

faults: $(READY) ## Play the big faults: a storm of 10,000 events, outages of a minute (FAULT_SEED=7)
	FAULT_EVENTS=$${FAULT_EVENTS:-10000} FAULT_OUTAGE_S=$${FAULT_OUTAGE_S:-60} \
		$(BIN)/python -m pytest tests/faults/test_storm.py tests/faults/test_outages.py

bench: $(READY) ## Measure ratios, twelve minutes at most (ONLY=relay,consumer picks), into docs/performance.md
	BENCH_ONLY=$(ONLY) $(BIN)/python -m bench; ended=$$?; $(BIN)/python -m bench.results; exit $$ended

check: $(READY) ## Check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

freeze: $(READY) ## Freeze events, refusing what would break a reader, and API documents for review
	$(BIN)/python -m contracts.freeze
	$(BIN)/python -m tests.api.freeze

COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate --quiet

lock: $(READY) ## Resolve every dependency anew into both locks, hashed and without addresses
	$(BIN)/$(COMPILE) --all-extras -o requirements.lock
	$(BIN)/$(COMPILE) -c requirements.lock -o requirements.runtime.lock

clean: ## Remove the environment; the data in .local stay
	rm -rf .venv

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Fortaler needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Making the environment in .venv (once, about a minute) ..."
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing (Debian: python3-venv)."; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)
