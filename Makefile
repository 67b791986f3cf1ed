# One word for each intent. `make install` is the only step the others need.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8321
DOCUMENTS ?= ../shared/documents
DATA ?= ../shared/data
BIN := .venv/bin

# Small matrices lose more to threads than they gain; on a busy machine, minutes.
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: install run build test faults conformance clients soak fuzz lint lock docs bench bench-http clean

install: .venv/installed

.venv/installed: pyproject.toml .ci/constraints.txt .ci/environment.py
	@echo "Installing into .venv; this takes a minute or two"
	$(PYTHON) .ci/environment.py .venv
	$(BIN)/python -m pip install --quiet --constraint .ci/constraints.txt --editable '.[documents]' --group dev
	@touch $@

run: build
	$(BIN)/foedus serve --host $(HOST) --port $(PORT)

build: install
	$(BIN)/foedus build

# The faults have a process of their own: they measure how a server stands limits on memory and
# time, and a process that holds everything the other tests loaded is no such server.
test: faults
	$(BIN)/python -m pytest -q --numprocesses=2 --ignore=tests/test_faults.py

faults: install
	$(BIN)/python -m pytest -q tests/test_faults.py

conformance: install
	PYTHONPATH=tests $(BIN)/python -m conformance

clients: install
	if command -v npm >/dev/null; then npm ci --no-audit --no-fund --prefix tests/clients; fi
	$(BIN)/python -m pytest -q tests/clients

soak: build
	$(BIN)/python bench/soak.py

fuzz: install
	$(BIN)/python -m pytest -q -m hypothesis --hypothesis-profile=long \
	  tests/test_fuzz.py tests/test_engine_*.py tests/test_web_connections.py tests/test_web_doors.py

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: install
	$(BIN)/python docs/generate.py

bench: build
	$(BIN)/python bench/build.py --documents $(DOCUMENTS)
	$(BIN)/python bench/serve.py

bench-http: install
	$(BIN)/python bench/http --data $(DATA) --make-rdflib

lock: install
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra documents --group dev \
	  --no-annotate --no-header --no-emit-package foedus -o .ci/constraints.txt pyproject.toml

clean:
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
