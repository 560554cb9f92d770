.DEFAULT_GOAL := help
BIN := .venv/bin
PYTEST_WORKERS ?= 2

.PHONY: help setup demo test test-postgresql-15 check fix bench soak lock migration

help: ## Show what there is to run
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: ## Make .venv with everything needed
	@tools/bootstrap.sh

demo: setup ## Load a small shop, run the main job, and serve it at http://localhost:8600
	@$(BIN)/towpath up --demo

test: check ## Everything CI runs: check, then every test
	$(BIN)/pytest -n $(PYTEST_WORKERS) -m "not soak"

test-postgresql-15: setup ## The engine and condition suites on Debian's PostgreSQL 15
	tools/test_on_postgresql_15.sh

check: setup ## Formatting, lint, types, import order
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: setup ## Repair formatting and what lint can repair
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: setup ## Print the benchmark table, each figure beside its limit
	$(BIN)/python -m benchmarks

soak: setup ## What takes longer than CI has time for
	$(BIN)/pytest -m soak

migration: setup ## Write the migration from the newest schema to the tables: make migration m="Add …"
	$(BIN)/python tools/new_migration.py "$(m)"
	$(BIN)/ruff format --quiet src/towpath/migrations/versions

lock: setup ## Resolve the dependencies again
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --group dev pyproject.toml -o requirements-dev.lock
