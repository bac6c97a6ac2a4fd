# One command per errand. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help demo test quick lint bench conformance lock clean base-set test-set chromium

BIN := .venv/bin
ARGS ?=

help: ## list the commands
	@echo "usage: make COMMAND [ARGS=...]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' Makefile

demo: base-set ## set up, build a node from the samples and serve it (ARGS=--no-serve: table only)
	@$(BIN)/esclusa demo $(ARGS)

test: test-set chromium ## set up and run every test: fast, slow, browser, PostgreSQL
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

quick: test-set ## run the fast tests only
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow and not browser and not postgres" $(ARGS)

lint: test-set ## check style, types and the order of the rooms
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --no-cache --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: test-set ## run each benchmark with its small default size
	@set -e; for file in $$(grep -l '__main__' benchmarks/*.py); do \
		echo "== $$file"; $(BIN)/python $$file $(ARGS); done

conformance: test-set ## print what is read, written and told, sample by sample, case by case
	@$(BIN)/python tools/conformance.py $(ARGS)

lock: test-set ## pin the newest versions that pyproject.toml allows (ARGS=--upgrade for all)
	@tools/lock.sh $(ARGS)

clean: ## remove the environment and all caches
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

base-set:
	@tools/setup.sh base

test-set:
	@tools/setup.sh test

chromium:
	@tools/chromium.sh
