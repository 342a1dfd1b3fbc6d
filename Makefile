# The README says what each command is for.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: book test benchmark experiment-ngrams lab serve lock clean elsewhere

book: $(READY)
	$(BIN)/jupyter-book build . -W -n --keep-going
	@echo "The book: $(CURDIR)/_build/html/index.html"

test: $(READY)
	$(BIN)/python -m pytest

benchmark: $(READY)
	$(BIN)/python -m pytest tests/benchmarks -o addopts="" --benchmark-disable-gc --benchmark-columns=min,median,max,rounds \
	  --table collapse_lib/data/performance.csv

# What is too slow for a build: experiments/README.md.
experiment-ngrams: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python experiments/ngrams.py

# JupyterLab opens the chapters (MyST Markdown) as notebooks on a double click.
lab: $(READY)
	PYTHONPATH="$(CURDIR)/theme" $(BIN)/jupyter lab --ServerApp.root_dir="$(CURDIR)" \
	  --ServerApp.contents_manager_class=lab_contents.BookContents "$(CURDIR)/chapters/index.md"

serve: book
	@echo "http://localhost:8000 (Ctrl-C stops)"
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

# The environment, exactly as locked. `--no-deps`: what the lock does not name is not installed.
$(READY): requirements.lock pyproject.toml theme/lab.json
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --no-index -e .
	mkdir -p .venv/share/jupyter/lab/settings
	cp theme/lab.json .venv/share/jupyter/lab/settings/overrides.json
	echo "$(CURDIR)" > $@

# An environment holds the path where it was made: in a moved or copied folder it is made anew.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
$(READY): elsewhere
endif

lock:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o requirements.lock

clean:
	rm -rf _build .pytest_cache .hypothesis .benchmarks
