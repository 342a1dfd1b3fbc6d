# The README says what each command is for.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
NEURAL := experiments/neural

.PHONY: book test benchmark experiment-ngrams lab serve publish citation lock clean elsewhere release \
  grade formgrader feedback export experiment experiment-neural pdf epub

book: $(READY)
	$(BIN)/jupyter-book build . -W -n --keep-going
	@echo "The book: $(CURDIR)/_build/html/index.html"

# The book to take along, from the site: _build/book.pdf and _build/book.epub.
pdf: book
	PYTHONPATH=theme $(BIN)/python -m portable pdf

epub: book
	PYTHONPATH=theme $(BIN)/python -m portable epub

test: $(READY)
	$(BIN)/python -m pytest

benchmark: $(READY)
	$(BIN)/python -m pytest tests/benchmarks -o addopts="" --benchmark-disable-gc --benchmark-columns=min,median,max,rounds \
	  --table collapse_lib/data/performance.csv

# What is too slow for a build: experiments/README.md. The neural models have an environment of their own.
experiment: experiment-ngrams experiment-neural

experiment-ngrams: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python experiments/ngrams.py

experiment-neural: $(NEURAL)/.venv/ready
	$(NEURAL)/.venv/bin/python $(NEURAL)/run.py

$(NEURAL)/.venv/ready: $(NEURAL)/requirements.lock
	$(PYTHON) -m venv --clear $(NEURAL)/.venv
	$(NEURAL)/.venv/bin/pip install --quiet --no-deps --require-hashes -r $(NEURAL)/requirements.lock
	touch $@

# JupyterLab opens the chapters (MyST Markdown) as notebooks on a double click.
lab: $(READY)
	PYTHONPATH="$(CURDIR)/theme" $(BIN)/jupyter lab --ServerApp.root_dir="$(CURDIR)" \
	  --ServerApp.contents_manager_class=lab_contents.BookContents "$(CURDIR)/chapters/index.md"

serve: book
	@echo "http://localhost:8000 (Ctrl-C stops)"
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

publish: $(READY)
	$(BIN)/python theme/publish.py

citation: $(READY)
	$(BIN)/python theme/bookbuild/about.py

# The course: assignments/README.md. What it makes lies in this folder, outside git; `make clean` leaves it alone.
COURSE ?= course-work
GRADING = $(BIN)/python -m assignments.grading --course "$(COURSE)"

release: $(READY)
	$(GRADING) release $(ASSIGNMENT)

grade: $(READY)
	@test -n "$(SUBMISSIONS)" || { echo "Say where the notebooks lie: make grade SUBMISSIONS=folder"; exit 1; }
	$(GRADING) grade "$(SUBMISSIONS)" $(if $(AGAIN),--again)

# The essays are graded by hand in nbgrader's own pages.
formgrader: $(READY)
	COURSE="$(abspath $(COURSE))" JUPYTER_CONFIG_PATH="$(CURDIR)/assignments" JUPYTER_PATH="$(CURDIR)/assignments/pages" $(BIN)/jupyter lab \
	  --ServerApp.root_dir="$(abspath $(COURSE))" --LabApp.default_url=/formgrader/gradebook

feedback: $(READY)
	$(GRADING) feedback

export: $(READY)
	$(GRADING) export

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
	uv pip compile $(NEURAL)/requirements.in --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o $(NEURAL)/requirements.lock

clean:
	rm -rf _build .pytest_cache .hypothesis .benchmarks
