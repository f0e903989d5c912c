# `make book` and `make test` are each enough by themselves: they set up .venv first.
#   PYTHON=/path/to/python3.12   which Python (3.11 to 3.13; otherwise looked for on PATH)
#   TORCH=cpu                    torch's build without CUDA (or, say, cu128), where pip finds both
#   PORT=8000                    where serve-book listens

PYTHON ?=
TORCH ?=
PORT ?= 8000

SITE := _build/html
in_env := env PATH="$(CURDIR)/.venv/bin:$$PATH"

# The kernels of the environment before a user's own; nothing reported to anyone.
export JUPYTER_PREFER_ENV_PATH := 1
export DVC_NO_ANALYTICS := 1
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help book test env lab serve-book pages test-gpu bench lint lock clean

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name what; do \
	  printf '  make %-11s %s\n' "$$name" "$$what"; done
	@sed -n 's/^#   /  /p' Makefile

book: env ## Execute the default run and publish the site to _build/html
	@$(in_env) dvc repro
	@$(in_env) stockcast publish
	@echo "To read it: open $(SITE)/index.html in a browser, or: make serve-book"

test: env ## Run every test
	@$(in_env) python -m pytest -n 2 --dist loadfile
	@echo "What to do next: CONTRIBUTING.md; the book itself: make book"

env: # Set up .venv, unless it is as requirements.lock says
	@$(call setup)

lab: env ## Open the source notebooks in JupyterLab
	@$(in_env) STOCKCAST_PROGRESS=1 jupyter lab notebooks

serve-book: ## Serve the published site on this machine only
	@test -e $(SITE)/index.html || { echo "no site yet; make it with: make book" >&2; exit 1; }
	@echo "http://127.0.0.1:$(PORT)/ (Ctrl-C ends it)"
	@$(in_env) python -m http.server $(PORT) --bind 127.0.0.1 --directory $(SITE)

pages: book ## Execute the real run, too, where STOCKCAST_REAL_DATA names a panel
	@if [ -n "$$STOCKCAST_REAL_DATA" ]; then \
	  $(in_env) stockcast run params/ashare.yml --pages book/ashare; \
	else echo "STOCKCAST_REAL_DATA is not set: the pages of the real run stay as committed"; fi
	@$(in_env) stockcast publish

test-gpu: env ## Compare CUDA's results with the CPU's (skipped, with the reason, without CUDA)
	@$(in_env) python -m pytest -m gpu -rs

bench: env ## Run the benchmarks, one JSON line a figure
	@for script in benchmarks/*.py; do \
	  test ! -e "$$script" || $(in_env) python "$$script" || exit 1; done

lint: env ## Check style, format and the direction of imports
	@$(in_env) ruff check .
	@$(in_env) ruff format --check .
	@$(in_env) lint-imports

lock: ## Renew requirements.lock from pyproject.toml (on Debian 12's Python 3.11.2)
	@$(call setup,--lock)

clean: ## Remove the site, the default run's artifacts and all caches; other runs and .venv stay
	@rm -rf _build runs/simulated .dvc/cache .dvc/tmp .pytest_cache .ruff_cache .import_linter_cache
	@find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

# Any Python 3.6 can run tools/setup.py, which finds the right one or says what to install.
define setup
for python in "$(PYTHON)" python3 python3.13 python3.12 python3.11; do \
  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 6))' >/dev/null 2>&1; then \
    exec "$$python" tools/setup.py --python "$(PYTHON)" --torch "$(TORCH)" $(1); fi; done; \
echo "setup: needs Python 3.11 to 3.13 and finds none; install python3 and python3-venv" >&2; exit 1
endef
