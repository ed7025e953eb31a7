# `make` lists the targets. Everything runs in .venv, which the first target that needs it creates from the lock.
.DEFAULT_GOAL := help
.PHONY: help book html test check lab data test-gpu test-colab test-backends bench proofs mutants results pdf slides sync numbers exercises lock audit clean

VENV := .venv
BIN := $(VENV)/bin
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	if $$p -c '$(FITS)' >/dev/null 2>&1; then echo $$p; break; fi; done)
NBVAL := --nbval-lax --nbval-current-env --nbval-cell-timeout=300 -p no:cacheprovider
KERNEL := IPYTHONDIR=$(CURDIR)/tools/ipython TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=0

help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

book: $(VENV)/.ready  ## run the chapters, build the book, serve it on this machine
	$(BIN)/python tools/book.py html --serve

html: $(VENV)/.ready  ## the same without serving
	$(BIN)/python tools/book.py html

pdf: $(VENV)/.ready  ## the whole book as one PDF; needs TeX, and says what to install where it is missing
	$(BIN)/python tools/paper.py

slides: $(VENV)/.ready  ## slides of each chapter, for instructors
	$(BIN)/python tools/slides.py

test: html check  ## everything: unit tests, twins, every notebook, the pages in a browser
	$(BIN)/python -m pytest -n 2 --dist worksteal tests
	rm -rf .build/asserted/nbval
	$(KERNEL) DLCOURSE_ASSERTED=$(CURDIR)/.build/asserted/nbval $(BIN)/python -m pytest $(NBVAL) -n 2 --dist loadfile \
		chapters exercises solutions
	$(BIN)/python tools/reproducible.py .build/asserted/book .build/asserted/nbval

check: $(VENV)/.ready  ## lint, formats, drift of generated files, conventions of the chapters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/sync.py --check
	$(BIN)/python tools/lock.py --check
	$(BIN)/python tools/lint.py
	$(BIN)/python tools/book.py names
	$(BIN)/python tools/results.py --stale

lab: $(VENV)/.ready  ## JupyterLab on the chapters
	$(BIN)/jupyter lab --ServerApp.root_dir=$(CURDIR) --LabApp.app_settings_dir=$(CURDIR)/tools/lab --LabApp.default_url=/lab/tree/chapters/00_first_hour.ipynb

data: $(VENV)/.ready  ## fetch the full-size data sets, checksums verified
	$(BIN)/python tools/data.py

test-gpu: $(VENV)/.ready  ## the chapters at full size on a GPU, measured; fails without one: the page Where it runs
	$(BIN)/python tools/gpu.py

test-colab: $(VENV)/.ready  ## every notebook on Colab's Python and versions, installed as Colab would (6 minutes)
	$(BIN)/python tools/colab.py test

test-backends: $(VENV)/.ready  ## every chapter on TensorFlow, JAX and PyTorch, Python 3.11 to 3.13: the page Where it runs
	$(BIN)/python tools/matrix.py

bench: $(VENV)/.ready  ## time our code beside the frameworks (15 minutes): the page Speed
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/textbook.py --write

proofs: $(VENV)/.ready  ## run the tests, record what they prove: the page Proofs
	$(KERNEL) $(BIN)/python tools/proofs.py

mutants: $(VENV)/.ready  ## branch coverage, and planted errors that the tests must see (40 minutes)
	$(KERNEL) $(BIN)/python tools/mutants.py --jobs 2

results: $(VENV)/.ready  ## make the records of the long runs that are stale
	$(BIN)/python tools/results.py

sync: $(VENV)/.ready  ## refresh generated cells, exercises and the bibliography
	$(BIN)/python tools/sync.py

exercises: sync  ## generate exercises/ from solutions/

numbers: $(VENV)/.ready  ## renumber the equations and figures of the chapters
	$(BIN)/python tools/lint.py --renumber

lock: $(VENV)/.ready  ## resolve the dependencies anew: requirements.lock and environment.yml
	$(BIN)/python tools/lock.py

audit: $(VENV)/.ready  ## known faults of the pinned packages; needs the network
	$(BIN)/python tools/audit.py

clean:  ## remove what was built, but not .venv
	rm -rf .build book/_build

# An environment whose Python is gone, or that lacks or cannot import what the tools import, is made anew.
SOUND := import numpy, nbformat, tqdm, yaml, importlib.util as i; [None for n in ("keras", "tensorflow", "jupyter_book", "uv") if not i.find_spec(n) and exit(1)]
BROKEN := $(if $(wildcard $(VENV)/.ready),$(shell $(BIN)/python -c '$(SOUND)' >/dev/null 2>&1 || echo yes))
ifeq ($(BROKEN),yes)
$(warning $(VENV) is broken: making it anew)
.PHONY: $(VENV)/.ready
endif

# The environment: venv, then uv from the lock, then all of the lock with its hashes. Where uv finds no index, pip does it.
$(VENV)/.ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python of 3.11 to 3.13 found. Install one (Debian and Ubuntu: apt install" \
		"python3 python3-venv; macOS: brew install python@3.13), or name yours: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) lacks venv." \
		"Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -c 'import os, shutil; ("$(BROKEN)" or not os.path.exists("$(VENV)/pyvenv.cfg")) and shutil.rmtree("$(VENV)", True)'
	$(PYTHON) -m venv $(VENV)
	@awk '/^uv==/ {on = 1} on {print} on && !/\\$$/ {exit}' requirements.lock > $(VENV)/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	$(BIN)/uv pip sync --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock \
		|| $(BIN)/python -m pip install --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline -e .
	@touch $@
