# `make report`: from a fresh machine to the PDFs. `make check`: lint, types and the tests that take seconds. `make test`: all.

PYTHON ?= python3
PROFILE ?= auto
OUTPUT ?= output
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.reportgen
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: report lint check test test-faults system bench clean

# What pip left uncompiled is kept compiled from its first import on, whatever the environment says.
export PYTHONDONTWRITEBYTECODE =
report: $(STAMP) system
	$(BIN)/reportgen run experiments.yaml --profile $(PROFILE) --output $(OUTPUT) --render

# While one works: two minutes on two cores. Nothing is trained, no PDF is made (see tests/conftest.py).
check: lint
	$(BIN)/pytest $(PARALLEL) -m "not slow"

# All but what needs a tool or hours of its own.
test: lint system
	$(BIN)/pytest $(PARALLEL) --cov --cov-fail-under=95
	$(BIN)/coverage report --include='reportgen/paper/claims/*' --fail-under=100 # every wording has a test

lint: $(STAMP)-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Pango, for the PDF. Without it everything but the PDF still works.
system:
	@sh tools/install_pango.sh

# Without compiling all that no one imports, which takes longer than the rest.
$(STAMP): pyproject.toml constraints.txt
	sh tools/make_venv.sh $(PYTHON) $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable .
	@touch $@

$(STAMP)-test: $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@

# The long drives: a small suite killed at every write and at random times, a training stopped at every step, ten
# thousand damaged suites, and the whole command killed at random times.
test-faults: $(STAMP)-test
	$(BIN)/python tools/faults.py
	$(BIN)/python tools/faults.py --random 30
	REPORTGEN_TEST_STEPS=all $(BIN)/pytest tests/lab/test_checkpoint.py
	REPORTGEN_TEST_EXAMPLES=10000 $(BIN)/pytest tests/suite/test_loading.py
	$(BIN)/python tools/faults.py --quick 30

# Speed as ratios in one run; never part of the tests.
bench: $(STAMP)-test
	$(BIN)/python tools/bench.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
