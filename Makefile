# Duecourse's commands; `make` alone lists them. Works with POSIX make and with the make of macOS.

UV = uv
# Four processes also on two cores, since tests wait for servers and other programs for much of their time; each file's
# tests stay in one, so that what they share is started once. Without bytecode kept, each program that a test starts would
# compile the whole of the code anew.
PARALLEL = -n 4 --dist loadfile --no-loadscope-reorder
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header --no-strip-extras

.PHONY: help run test check bench format messages pictures lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'make run ARGS="--port 9000" and make test ARGS="-k feed" hand more on; PYTHON=/path/to/python3 picks the Python.'

run: ## install what is missing and serve the demo (what you enter is kept in data/)
	@sh requirements/install.sh run
	@.venv/bin/duecourse serve --demo --data data $(ARGS)

test: check ## check, then run every test
	@sh requirements/install.sh calendar-programs
	@sh requirements/install.sh calendar-scripts
	PYTHONDONTWRITEBYTECODE= .venv/bin/python -m pytest $(PARALLEL) $(ARGS)

check: ## format, lint and types, without changing a file
	@sh requirements/install.sh dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

bench: ## print how fast dates are, beside QuantLib and numpy in the same run
	@sh requirements/install.sh bench
	@PYTHONPATH=. .venv-bench/bin/python bench/date_rules.py

format: ## put the code into its form
	@sh requirements/install.sh dev
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

messages: ## bring the catalogues of translations up to the texts of the code
	@sh requirements/install.sh dev
	@.venv/bin/python -m duecourse.language.collecting

pictures: ## take the pictures of docs/tour.md anew (needs Chromium)
	@sh requirements/install.sh dev
	@.venv/bin/python tests/pictures.py

lock: ## write requirements/*.txt anew from pyproject.toml (needs uv)
	@command -v $(UV) >/dev/null || { echo 'make lock needs uv: python3 -m pip install uv' >&2; exit 1; }
	$(LOCK) pyproject.toml --group build --output-file requirements/run.txt
	$(LOCK) pyproject.toml --group build --group dev --output-file requirements/dev.txt
	$(LOCK) --group calendar-programs --output-file requirements/calendar-programs.txt
	$(LOCK) --group bench --constraints requirements/dev.txt --output-file requirements/bench.txt

clean: ## remove environments, caches and builds; data/ stays
	rm -rf .venv .venv-calendar-programs .venv-bench requirements/calendar-scripts/node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './data/*' -prune -exec rm -rf {} +
