# Every target does the set-up it needs, in .venv. `make` alone lists them.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help demo run test bench chaos soak clean

help:
	@echo "make demo    everything running, with simulated customers; nothing leaves this machine"
	@echo "make run     everything running for real, from the environment"
	@echo "make test    every test there is"
	@echo "make bench   the benchmarks"
	@echo "make soak    a wall stands for two hours in a browser; MINUTES=120 RATE=1 RESTARTS=3 say how"
	@echo "make chaos   kills everything while webhooks arrive; RUNS=20 COUNT=1000 SEED=… say how"

demo: $(VENV)/run
	@$(BIN)/python manage.py demo

run: $(VENV)/run
	@$(BIN)/python manage.py serve --port $${PORT:-8000}

test: $(VENV)/test
	@scripts/test

bench: $(VENV)/test
	@$(BIN)/python -m tests.bench

RUNS := 1
COUNT := 1000
chaos: $(VENV)/test
	@$(BIN)/python -m tests.chaos --runs $(RUNS) --count $(COUNT) $(if $(SEED),--seed $(SEED)) $(if $(ALERTS),--alerts)

MINUTES := 120
RATE := 1
RESTARTS := 3
soak: $(VENV)/test
	@MIS_TEST_BROWSER=$$(scripts/browser) $(BIN)/python -m tests.soak --minutes $(MINUTES) --rate $(RATE) --restarts $(RESTARTS)

clean:
	rm -rf $(VENV) var

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "MIS needs Python 3.11: install it, or write make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run: requirements.txt | $(BIN)/python
	@echo "Installing what MIS needs into $(VENV) (about a minute, once)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/test: requirements-dev.txt $(VENV)/run
	@echo "Installing what the tests need…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
