# Two commands for a fresh checkout, `make demo` and `make test`; each makes what it needs in .venv.
PYTHON ?= python3
VENV ?= .venv
CORPUS ?=
PYTESTFLAGS ?=

python := $(VENV)/bin/python
pip := $(python) -m pip install --quiet
# the package itself by a link to this folder; FASTW2V_ONLY=none: it is compiled already
link := FASTW2V_ONLY=none $(pip) --no-build-isolation --editable
build_tools := "setuptools>=77" "cython>=3.1"  # [build-system] of pyproject.toml
sources := setup.py $(shell find fastw2v -name '*.pyx' -o -name '*.px[di]' -o -name '*.h')

.PHONY: help demo test lint docs bench plots figures build wheel sanitize emulate clean

help:
	@echo "make demo                 train on real text, ask the vectors, show speed and loss"
	@echo "make demo CORPUS=my.txt   the same on a text of your own, one sentence per line"
	@echo "make test                 run the tests      (PYTESTFLAGS='-k loss -x' to choose)"
	@echo "make lint                 ruff and mypy --strict"
	@echo "make docs                 the documentation as a site, in build/site"
	@echo "make bench                measure speed beside gensim, into benchmarks/results"
	@echo "make plots                pictures of all results; make figures, the tables of README and docs from them"
	@echo "make build                compile after a change; make wheel, make sanitize, make emulate, make clean"
	@echo "PYTHON=python3.12 VENV=.venv312 choose another interpreter and environment"

demo: $(VENV)/.ready
	@$(python) -m fastw2v.demo $(if $(CORPUS),"$(CORPUS)")

test: $(VENV)/.ready-test
	$(python) -m pytest $(PYTESTFLAGS)

lint: $(VENV)/.ready-lint
	@$(python) -m ruff check .; status=$$?; $(python) -m mypy && exit $$status

bench: $(VENV)/.ready-bench
	$(python) benchmarks/bench_train.py

plots: $(VENV)/.ready-bench
	$(python) benchmarks/report.py

figures:
	$(PYTHON) benchmarks/figures.py

docs: $(VENV)/.ready-docs
	$(python) -m mkdocs build --strict

build: $(VENV)/.built

wheel: $(VENV)/.venv
	$(pip) build
	$(python) -m build

# The tests of everything that reads bytes from outside, under AddressSanitizer and UBSan (gcc or clang on Linux).
sanitize: $(VENV)/.ready-test
	FASTW2V_SANITIZE=1 $(python) setup.py -q build_ext --inplace --force
	LD_PRELOAD="$$($${CC:-cc} -print-file-name=libasan.so) $$($${CC:-cc} -print-file-name=libubsan.so)" \
		ASAN_OPTIONS=detect_leaks=0 $(python) -m pytest -p no:cacheprovider \
			tests/kernels tests/query tests/text tests/phrases tests/formats; \
		status=$$?; $(python) setup.py -q build_ext --inplace --force; exit $$status

# Gradient checks of the AVX-512 kernels on a processor without it; needs SIMDe (Debian: libsimde-dev).
emulate: $(VENV)/.ready-test
	FASTW2V_EMULATE=1 $(python) setup.py -q build_ext --inplace --force
	FASTW2V_REQUIRE_ISA=baseline,avx2,avx512 $(python) -m pytest -p no:cacheprovider tests/kernels tests/query; \
		status=$$?; $(python) setup.py -q build_ext --inplace --force; exit $$status

clean:
	rm -rf $(VENV) build dist *.egg-info
	find fastw2v -name '*.so' -delete

# ---------------------------------------------------------------------------- environment ----

$(VENV)/.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "$(PYTHON) is missing or older than 3.10: name a newer one, as in: make demo PYTHON=python3.12"; exit 1; }
	@command -v $${CC:-cc} >/dev/null || { \
		echo "there is no C compiler: install gcc or clang, or name yours, as in: make demo CC=gcc-12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		echo "$(PYTHON) -m venv failed: on Debian and Ubuntu install python3-venv"; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.build-tools: $(VENV)/.venv
	@echo "installing build tools into $(VENV)"
	@$(pip) $(build_tools)
	@touch $@

$(VENV)/.built: $(VENV)/.build-tools $(sources)
	@echo "compiling (about a minute the first time)"
	@$(python) setup.py -q build_ext --inplace
	@touch $@

$(VENV)/.ready: $(VENV)/.built pyproject.toml
	@echo "installing run-time requirements into $(VENV)"
	@$(link) .
	@touch $@

$(VENV)/.ready-%: $(VENV)/.ready
	@echo "installing the requirements of '$*' into $(VENV)"
	@$(link) ".[$*]"
	@touch $@
