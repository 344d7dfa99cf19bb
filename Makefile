PYTHON ?= python3
BIN := .venv/bin
S ?=
F ?=

.DEFAULT_GOAL := help

help: ## Say what can be done here
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: venv ## Start the whole stack behind one URL; again: only what is missing or changed
	@$(BIN)/python -m deploy.local up

down: ## End the stack and remove its data; only downloads stay
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m deploy.local down; else echo "Nothing was running."; fi

test: venv ## Run the whole suite on real Postgres and Kafka, in three processes
	@$(BIN)/pytest -n 3 --no-loadscope-reorder --durations=10

lint: venv
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

check: lint ## Format, lint, types, import contracts, architecture and unit tests: a minute or two
	@$(BIN)/pytest --quiet tests/architecture tests/unit

unit: venv ## Run the unit tests: no server, no network
	@$(BIN)/pytest tests/unit

integration: venv ## Run the tests against real Postgres and Kafka
	@$(BIN)/pytest tests/integration

e2e: venv ## Run the story through HTTP, and the fault tests
	@$(BIN)/pytest tests/e2e tests/faults

demo: up ## Play a year of a community against the running stack
	@$(BIN)/python -m tests.e2e.demo

cluster-test: venv ## Deploy to the cluster that KUBECONFIG names; roll, kill and count there
	@$(BIN)/python -m tests.cluster

bench: venv ## Measure ours beside the limit and a peer; writes bench/out/results.json
	@$(BIN)/python -m bench

contracts: venv ## Write AsyncAPI, schemas, OpenAPI and catalogues into docs/
	@$(BIN)/python -m tools.contracts

feature: venv ## Lay down a new feature: make feature S=billing F=gift
	@$(BIN)/python -m tools.feature $(S) $(F)

migrate: venv ## Bring the schema of the running stack up to date
	@$(BIN)/python -m deploy.local migrate

rebuild: venv ## Build read models anew beside the old: make rebuild S=billing [F=projection]
	@$(BIN)/python -m deploy.local run $(S) rebuild $(or $(F),all)

venv:
	@$(PYTHON) deploy/local/venv.py

.PHONY: help up down test lint check unit integration e2e demo cluster-test bench contracts feature migrate rebuild venv
