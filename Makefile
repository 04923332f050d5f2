# The two commands of the README: `make demo` and `make test`. Both set up all they need.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
STAMPS := .make
# One process of tests for each core; a file's tests stay together, because they share servers.
TESTERS ?= auto
PYTEST := $(BIN)/pytest --numprocesses $(TESTERS) --dist loadfile

.PHONY: demo test test-long lint format serve wheel sbom lock bench screenshots clean setup browser-tools

demo: $(STAMPS)/python
	$(BIN)/pod_app demo --data data/demo-$(PORT) --port $(PORT)

serve: $(STAMPS)/python
	$(BIN)/pod_app serve --port $(PORT)

test: $(STAMPS)/python $(STAMPS)/system $(STAMPS)/interop
	$(PYTEST)

test-long: $(STAMPS)/python $(STAMPS)/system $(STAMPS)/interop
	POD_APP_LONG=1 $(PYTEST)

lint: $(STAMPS)/python
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMPS)/python
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMPS)/python
	$(BIN)/python bench/badges.py
	$(BIN)/python bench/http_get.py
	$(BIN)/python bench/shapes.py
	$(BIN)/python bench/identity.py
	$(BIN)/python bench/collective.py --pods 400 --others 40

# The pictures of the README, taken from a demo of their own.
screenshots: $(STAMPS)/python
	$(BIN)/python docs/screenshots/make.py

wheel: $(STAMPS)/python
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

# What an installation is made of, as CycloneDX.
sbom: $(STAMPS)/python
	$(BIN)/python .ci/bill_of_materials.py dist/pod_app.cdx.json

# Hashes without any index address, so that the same lock works with every package index (ADR 0002).
lock: $(STAMPS)/python
	$(BIN)/uv pip compile pyproject.toml --extra elsewhere --group dev --universal --generate-hashes --no-emit-index-url \
		--python-version 3.11 --no-header --quiet --output-file requirements.lock
	cd tests/interop && ../../$(BIN)/uv pip compile --no-config solid-file.in --universal --generate-hashes --no-emit-index-url \
		--python-version 3.11 --no-header --quiet --output-file solid-file.lock
	cd tests/interop && ../../$(BIN)/uv pip compile --no-config openbadgeslib.in --universal --generate-hashes --no-emit-index-url \
		--python-version 3.11 --no-header --quiet --output-file openbadgeslib.lock

# Compiled here, for all users and where PYTHONDONTWRITEBYTECODE is set: a start would take two seconds more.
$(STAMPS)/python: requirements.lock pyproject.toml
	@mkdir -p $(STAMPS)
	@$(PYTHON) -c 'import sys; sys.exit("pod_app needs Python 3.11 or newer: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes --requirement requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q pod_app
	@touch $@

# Chromium and PostgreSQL come from Debian: installed when this runs as root (containers, CI), else the
# one line to type is printed and the tests that need them are skipped with the reason.
$(STAMPS)/system:
	@mkdir -p $(STAMPS)
	@sh tests/install-system-packages.sh
	@touch $@

$(STAMPS)/interop: tests/interop/package-lock.json bench/css/package-lock.json tests/interop/solid-file.lock tests/interop/openbadgeslib.lock $(STAMPS)/python
	$(BIN)/python tests/interop/install.py
	@touch $@

clean:
	rm -rf $(VENV) $(STAMPS) dist tests/interop/node_modules tests/interop/.venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
