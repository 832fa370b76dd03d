# Faultline: `make demo` and `make test` set everything up themselves.
.PHONY: help setup demo test lint format docs clean bench-app

help:
	@echo "make setup   install into .venv (and the Debian packages that are missing)"
	@echo "make demo    the main job end to end on this machine"
	@echo "make test    all tests"
	@echo "make lint    ruff, mypy --strict, import-linter"
	@echo "make docs    the documentation, into site/"
	@echo "make bench-app   the service under kills, storms and load (half an hour)"

setup: .venv/.complete

.venv/.complete: pyproject.toml constraints.txt deploy/setup.sh
	@sh deploy/setup.sh

demo: setup
	@.venv/bin/faultline demo

test: setup
	.venv/bin/python -m pytest -q -n 2 --dist loadfile $(TESTS)

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench-app: setup
	.venv/bin/python tests/load.py --probot
	.venv/bin/python tests/kills.py --kills 50
	.venv/bin/python tests/storms.py --pulls 20

format: setup
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

docs: setup
	.venv/bin/python -m analyzer.catalog docs/rules
	.venv/bin/mkdocs build --strict --quiet

clean:
	rm -rf .venv site .cache .mypy_cache .ruff_cache .pytest_cache
