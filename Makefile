# The commands of the house; `make help` lists them. Each makes .venv by itself and installs what is missing.
PORT ?= 8000
DEMO_DIR ?= var/demo
PYTHON := .venv/bin/python
export PORT DEMO_DIR

.PHONY: help demo test lint bench clean
.DEFAULT_GOAL := help

help: ## Liste ces commandes
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: .venv/.demo ## Démonstration complète sur cette machine (PORT=8000, DEMO_DIR=var/demo)
	@exec $(PYTHON) manage.py demo

test: .venv/.test ## Tout vérifier : style, types, contrats, unités, services, navigateurs
	@rofim/deploy/test.sh

lint: .venv/.test ## Style, types et contrats d’import seulement
	@rofim/deploy/test.sh lint

bench: .venv/.test ## Mesures (JSON) : appel, relais, ordonnance, liste, ouverture, messages, connexion, reprise
	@for bench in relay join prescription list opening messages login; do $(PYTHON) -m tests.bench.$$bench || exit 1; done
	@$$([ $$(id -u) = 0 ] || echo unshare --map-root-user --net) $(PYTHON) -m tests.bench.recovery

clean: ## Efface .venv, var et les caches
	rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.demo: pyproject.toml uv.lock rofim/deploy/bootstrap.sh
	@rofim/deploy/bootstrap.sh demo && touch $@

.venv/.test: pyproject.toml uv.lock rofim/deploy/bootstrap.sh
	@rofim/deploy/bootstrap.sh test && touch $@
