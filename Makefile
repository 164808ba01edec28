# One command each: demo, test, bench. `make setup` alone makes the environment they use.
VENV := .venv
BIN  := $(VENV)/bin

.PHONY: setup demo test bench wheel lock format mosquitto clean

setup:
	@.ci/setup

demo: setup
	$(BIN)/menshen demo

# What is pure is tested to the last branch; the rest to nine in ten. Processes that tests start are measured too.
test: setup mosquitto
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses 2 --cov --cov-report=
	$(BIN)/coverage report --fail-under=90
	$(BIN)/coverage report --fail-under=100 --include='protocols/*,agent/domain/*'

bench: setup mosquitto
	$(BIN)/python -m tests.bench

# What a gateway box gets: see deploy/install.md.
wheel: setup
	rm -rf dist
	$(BIN)/python -m build --no-isolation --wheel .
	cp -r requirements.txt deploy dist/

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The tests speak to a real broker. Root installs it where it is missing; others are told what to install.
mosquitto:
	@command -v mosquitto >/dev/null || test -x /usr/sbin/mosquitto || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "make: installing Mosquitto for the tests" >&2; \
		(apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mosquitto) >/dev/null || \
		{ echo "make: Mosquitto could not be installed. Is there a network, or a mirror for apt?" >&2; exit 69; }; \
	else \
		echo "make: the tests need Mosquitto. Install it, then run this again: sudo apt-get install mosquitto" >&2; exit 69; \
	fi

# Pins with hashes and without index addresses, so that any mirror of the packages serves.
PIP_COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host --no-annotate --no-header

lock:
	$(PIP_COMPILE) -o requirements.txt pyproject.toml
	$(PIP_COMPILE) --extra demo --extra dev --extra office -o requirements-dev.txt pyproject.toml

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
