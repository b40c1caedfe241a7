# The verbs of the project; each is one command. `make book` and `make test` work from nothing.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
CLASS := _build/class
NAME ?= max_pooling
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: help setup site release class book test check-site check-handbook check-package check-lowest wheel picture \
  figures pdf grade bench bench-cifar serve lock clean

help:
	@echo "make book     build the site, release the assignment, grade a sample class (does all set-up)"
	@echo "make test     run the tests (does all set-up)"
	@echo "make serve    look at the site: http://127.0.0.1:8000"
	@echo "make pdf      print the book, to _build/book.pdf"
	@echo "make grade    grade what was handed in: make grade NAME=max_pooling"
	@echo "make bench    measure; prints a table and writes _build/bench.json"
	@echo "make setup    only the environment, in .venv   (GPU=1 for TensorFlow with CUDA)"
	@echo "make lock     refresh requirements.txt from pyproject.toml"

setup: $(READY)

# A lock with CUDA differs in one line only: the name of the TensorFlow wheel.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; choose one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || scripts/need ensurepip:python3-venv
	@echo "Installing the locked set into .venv (a few minutes the first time) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@mkdir -p _build
	@sed '$(if $(GPU),s/^tensorflow-cpu==/tensorflow[and-cuda]==/)' requirements.txt > _build/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r _build/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

# After a failure all pages are read again: Sphinx would not repeat its warnings about those that have not changed.
site: setup
	@$(BIN)/jupyter-book build -W -n --keep-going --config _config.yml --path-output . book \
	  || { rm -rf _build/.doctrees; exit 1; }

RELEASED := assignments/release/$(NAME)/$(NAME).ipynb
RESULTS := _build/class/$(NAME).txt
GRADER := $(wildcard course_lib/*.py course_lib/grading/*.py course_lib/grading/*/*.py course_lib/pooling/*.py)

release: $(RELEASED)

$(RELEASED): assignments/$(NAME).py assignments/nbgrader_config.py $(GRADER) | $(READY)
	@-scripts/need bwrap:bubblewrap
	$(BIN)/course release $(NAME)
	@touch $@

class: $(RESULTS)
	@cat $(RESULTS)

# A course of its own, so that the sample hand-ins never meet those of real students.
$(RESULTS): $(RELEASED) $(wildcard tests/assignments/$(NAME)/*/*.py tests/assignments/$(NAME)/*.*)
	@rm -rf $(CLASS) && mkdir -p $(CLASS)
	@cp assignments/nbgrader_config.py assignments/$(NAME).py $(CLASS)/
	$(BIN)/course --root $(CLASS) release $(NAME)
	$(BIN)/course --root $(CLASS) sample $(NAME) --from tests/assignments/$(NAME)
	$(BIN)/course --root $(CLASS) grade $(NAME) > $@.part && mv $@.part $@

# In this order also under `make -j`: the site stands even where no sandbox works, and the table comes last.
book: site
	@$(MAKE) --no-print-directory class

test: setup
	@scripts/need bwrap:bubblewrap
	$(BIN)/ruff check .
	$(BIN)/python -m pytest

check-site: setup
	@scripts/need chromium:chromium
	$(BIN)/python -m pytest -m site

# README and handbook, word for word, in copies of this repository.
check-handbook: setup
	@scripts/need bwrap:bubblewrap
	$(BIN)/python -m pytest -m walk tests/handbook

# The wheel, with each of its extras, in environments of their own; on each Python that uv finds or fetches.
check-package: setup
	@scripts/need bwrap:bubblewrap
	$(BIN)/python -m pytest -m package tests/packaging

# The oldest versions that pyproject.toml promises.
check-lowest: setup
	@scripts/need bwrap:bubblewrap
	@mkdir -p _build
	$(BIN)/uv pip compile --quiet --resolution lowest-direct --python-version 3.11 --no-header \
	  --extra tf-cpu --extra dev --output-file _build/lowest.txt pyproject.toml
	$(BIN)/uv venv --quiet --clear --no-project --python 3.11 _build/lowest
	$(BIN)/uv pip install --quiet --python _build/lowest/bin/python -r _build/lowest.txt
	$(BIN)/uv pip install --quiet --python _build/lowest/bin/python --no-deps .
	_build/lowest/bin/python -m pytest

# By way of a source archive, so that nothing of an earlier build comes along.
wheel: setup
	@rm -rf _build/dist
	$(BIN)/uv build --quiet --out-dir _build/dist .

# The picture in README.md, from the built site and the report of a graded class.
picture: site
	@scripts/need chromium:chromium
	$(BIN)/python scripts/picture.py

# The figures that are drawn of real images: measured anew, written to book/pooling/results.
figures: setup
	@test -n "$(CIFAR10_PATH)" || { echo "Say where CIFAR-10 lies: make figures CIFAR10_PATH=..." >&2; exit 1; }
	$(BIN)/python -m course_lib.figures --data "$(CIFAR10_PATH)"

pdf: setup
	@scripts/need chromium:chromium
	$(BIN)/jupyter-book build --builder singlehtml --config _config.yml --path-output . book
	$(BIN)/python scripts/pdf.py

grade: setup
	$(BIN)/course grade $(NAME)

bench: setup
	$(BIN)/python -m benchmarks reference layers grading classroom lighthouse

# CIFAR10_PATH=... says where the data lie; without it accuracies are not measured.
bench-cifar: setup
	$(BIN)/python -m benchmarks cifar --output _build/bench-cifar.json

serve: setup
	$(BIN)/python scripts/serve.py

lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --no-header \
	  --extra tf-cpu --extra dev --output-file requirements.txt pyproject.toml

clean:
	rm -rf _build
