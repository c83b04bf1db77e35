# Each target is one or two commands a person could type. `make demo` and `make test` need nothing but Python 3.11 or newer and make.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# Tests with a browser wait often, so three processes share two cores; those before a camera decode all the time, two at once.
# What failed beside another runs once more, alone.
SUITE = late=; $(BIN)/pytest -n 2 --dist loadfile -m camera || late=1; $(BIN)/pytest -n 3 --dist loadfile -m "not camera" || late=1; \
	[ -z "$$late" ] || { echo "What failed runs once more, alone: several browsers at once on two cores can be late. Both runs count as shown."; \
	$(BIN)/pytest --last-failed --last-failed-no-failures none; }

.PHONY: looks demo run test check explore format coverage-map bench shots lock vendor clean

demo: .venv/run.done ## the sample office on port 8080
	$(BIN)/python main.py demo

run: .venv/run.done ## the server on the office's own data
	$(BIN)/python main.py serve

test: .venv/test.done ## the whole suite
	@sh tests/tools.sh
	$(SUITE)

check: .venv/test.done ## what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(SUITE)

explore: .venv/test.done ## the property tests with examples never tried before
	HYPOTHESIS_PROFILE=explore $(BIN)/pytest $$(grep -rl "^from hypothesis" tests --include="test_*.py")

format: .venv/test.done
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

coverage-map: .venv/test.done ## every requirement with the tests that prove it
	$(BIN)/python -m tests.coverage_map

bench: .venv/bench.done ## name value unit ratio reference, and bench/results.json
	$(BIN)/python -m bench

shots: .venv/test.done ## the screenshots of the README and docs, from a running sample office
	$(BIN)/python -m tests.shots

looks: .venv/test.done ## what a machine can see of every page's looks
	$(BIN)/python -m tests.looks

lock: .venv/test.done ## pin the dependencies anew
	$(BIN)/pip install -q uv && sh tests/lock.sh

vendor: .venv/run.done ## refresh the browser files of others
	$(BIN)/python -m mobile.floor.vendor

.venv/python.done:
	@test -n "$(PYTHON)" || { echo "Foyer needs Python 3.11 or newer; none was found on the PATH."; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/run.done: requirements.lock | .venv/python.done
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/test.done: requirements-test.lock | .venv/run.done
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

.venv/bench.done: requirements-bench.lock | .venv/test.done
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
