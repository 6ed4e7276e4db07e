# The course's commands. `make help` lists them. Windows without make: see README.md.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The book has packages of its own, which nobody needs to run a lesson.
BOOK := .venv-book
BOOK_STAMP := $(BOOK)/.installed
# The first Python on this machine that the course runs on; PYTHON=… chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo "$$p" && break; done)

# Tests and full runs find a shared copy of MNIST where there is one.
ifneq ($(wildcard ../shared/data/mnist.npz),)
export COURSE_DATA ?= $(abspath ../shared/data)
endif

# Tests run in two processes, with one thread of TensorFlow each.
PYTEST := TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1 "$(BIN)/python" -m pytest -n 2
UNIT := -m "not notebook and not slow and not browser"
NBVAL := $(PYTEST) --dist loadfile --nbval-lax --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg

SHORTEST := $(wildcard notebooks/01_*.ipynb notebooks/A_*.ipynb)

.DEFAULT_GOAL := help
.PHONY: course test test-all setup check lint lock book bench reproduce margins matrix colab-test lab-test lab clean help

course: setup  ## run every lesson in full; notebooks and pages land in build/
	"$(BIN)/course" run

check: lint  ## the inner loop, two minutes: format, lint, types, unit tests, what is stale
	$(PYTEST) $(UNIT)
	"$(BIN)/course" stale

test: lint book  ## what a change must pass, ten to twenty minutes: `check`, the book, and every notebook with quick settings
	$(PYTEST) $(UNIT) --cov --cov-fail-under=0 --cov-report=
	"$(BIN)/course" stale
	$(PYTEST) -m "notebook and not slow" --cov --cov-append --cov-fail-under=0 --cov-report=
	"$(BIN)/coverage" report
	$(NBVAL) build/quick/*/*.ipynb
	$(NBVAL) $(SHORTEST) exercises/*.ipynb

test-all: test  ## everything: notebooks in full, second runs, mutations, load, benchmarks, a browser (three quarters of an hour)
	$(PYTEST) -m slow
	$(NBVAL) $(filter-out $(SHORTEST),$(wildcard notebooks/*.ipynb))
	$(MAKE) lab-test

lint: setup
	"$(BIN)/ruff" format --check .
	"$(BIN)/ruff" check .
	"$(BIN)/mypy"

setup: $(STAMP)  ## make .venv and install everything from requirements.lock

define need-python
@test -n "$(PYTHON)" || { echo "The course needs Python 3.11, 3.12 or 3.13; none was found. Name one: make PYTHON=/path/to/python3.12"; exit 2; }
endef

$(STAMP): requirements.lock pyproject.toml
	$(need-python)
	"$(PYTHON)" -m venv $(VENV)
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $(STAMP)

COMPILE = "$(BIN)/uv" pip compile --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock" --quiet

lock: setup  ## renew the two locks: the newest versions that pyproject.toml allows
	$(COMPILE) pyproject.toml --extra dev --group lock -o requirements.lock
	$(COMPILE) --group book --fork-strategy fewest -o requirements-book.lock

book: $(BOOK_STAMP)  ## the course as a site, in build/book; no notebook is run
	"$(BOOK)/bin/python" -m book

$(BOOK_STAMP): requirements-book.lock
	$(need-python)
	"$(PYTHON)" -m venv $(BOOK)
	"$(BOOK)/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-book.lock
	@touch $(BOOK_STAMP)

bench: setup  ## recipes against lessons, side by side (half an hour; PARTS="R1 growth" for some)
	"$(BIN)/python" -m benchmarks $(PARTS)

reproduce: setup  ## do the committed numbers and figures come out again? (LESSONS="03 04" for some; TOLERANCE=1 on another machine)
	"$(BIN)/python" tools/reproduce.py $(if $(TOLERANCE),--tolerance) $(LESSONS)

margins: setup  ## how far claims are from their bounds, in standard deviations over the committed seeds
	"$(BIN)/python" tools/margins.py

matrix: setup  ## tests on other Pythons and versions (long; NAMES="lock-3.12 jax-3.13" for some)
	"$(BIN)/python" tools/matrix.py $(NAMES)

colab-test: setup  ## the lessons as Colab would run them (LESSONS="03 04" for some)
	"$(BIN)/python" tools/colab.py $(LESSONS)

lab-test: setup book  ## book, accessibility, JupyterLab, Notebook 7, playgrounds: in the system's Chromium, without a window (npm too)
	npm ci --silent --prefix tools/axe
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --no-build-isolation -e ".[browser]"
	"$(BIN)/python" -m pytest tests -m browser
	"$(BIN)/python" tools/lab.py
	"$(BIN)/python" tools/playgrounds.py

lab: setup  ## open the project, lessons and exercises, in JupyterLab
	"$(BIN)/jupyter" lab

clean:  ## remove what runs leave behind: build/ and caches (not .venv, .venv-book, not data/)
	rm -rf build .coverage .pytest_cache .ruff_cache .mypy_cache .hypothesis *.egg-info
	find . -name __pycache__ -not -path "./$(VENV)/*" -not -path "./$(BOOK)/*" -prune -exec rm -rf {} +

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { sub(/:.*/, "", $$1); printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
