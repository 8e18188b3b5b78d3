.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
ROOMS := fashionos assistant insights analytics preferences realtime
export DATA_DIR ?= $(CURDIR)/.data

.PHONY: help run test check lint format types imports security checks coverage conformance lock bench

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: .venv/run ## install, start everything, serve on HOST:PORT (127.0.0.1:8000)
	@DEBUG=1 exec $(BIN)/python -m fashionos.run

test: .venv/dev conformance/node_modules/.package-lock.json ## the whole suite, against a private PostgreSQL (ARGS="-k blockers")
	@$(BIN)/python -m fashionos.embedded -- $(BIN)/python -m pytest $(or $(ARGS),--numprocesses=logical --dist=worksteal)

coverage: .venv/dev conformance/node_modules/.package-lock.json ## the suite, and which lines and branches it never took
	@$(BIN)/python -m fashionos.embedded -- $(BIN)/python -m pytest -q --cov --cov-report=term $(ARGS)

conformance: .venv/dev conformance/node_modules/.package-lock.json ## every call of the official client, on Node, against real servers
	@$(BIN)/python -m fashionos.testing.conformance $(ARGS)

check: lint types imports security checks test ## all that CI does before conformance, in the same order

lint: .venv/dev ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/dev ## ruff, writing
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: .venv/dev ## mypy, strict
	$(BIN)/mypy .

imports: .venv/dev ## who may import whom
	$(BIN)/lint-imports

security: .venv/dev ## insecure code (bandit), known holes of packages (pip-audit)
	$(BIN)/bandit -q -r $(ROOMS) -c pyproject.toml
	@$(BIN)/python -m fashionos.testing.audit

checks: .venv/dev ## every model change has its migration, production's settings pass
	@$(BIN)/python -m fashionos.embedded -- $(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python -m fashionos.embedded -- env DEBUG=0 SITE_URL=https://fashionos.example \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

lock: .venv/dev ## pin and hash requirements*.in
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' requirements-dev.in -o requirements-dev.txt

bench: .venv/dev ## measure (docs/performance.md says what)
	@$(BIN)/python -m benchmarks

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "FashionOS needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv

.venv/run: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ .venv/run

# The official client, which tests run on Node.
conformance/node_modules/.package-lock.json: conformance/package-lock.json | .venv/dev
	@$(BIN)/python -m fashionos.testing.node
	@touch $@
