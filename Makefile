# Everything a bare machine needs: python3 (3.11 or newer, with venv) and make.
PYTHON ?= python3
VENV := .venv
UV := $(VENV)/bin/uv pip install --python $(VENV)/bin/python -c constraints.txt $(foreach place,$(PIP_FIND_LINKS),--find-links $(place))
# Without a local wheel of torch, ask for the build that brings no GPU libraries; where that index is out of reach, take any.
CPU_TORCH := $(if $(PIP_FIND_LINKS),,--torch-backend cpu)
EXTRAS := simulation,deep,quantum,renaissance
TEST_EXTRAS := $(EXTRAS),proof,test
# Bytecode is kept, whatever the shell says: without it each process that is started compiles all that it loads.
export PYTHONDONTWRITEBYTECODE :=
install = $(UV) $(CPU_TORCH) --editable '.[$(1)]' || $(UV) --editable '.[$(1)]'

.PHONY: demo test proof setup setup-test lint types clean

demo: setup
	$(VENV)/bin/physathon demo

test: setup-test
	$(VENV)/bin/python -m pytest --numprocesses auto --dist loadfile

proof: setup-test
	$(VENV)/bin/python -m pytest -m proof --numprocesses auto --dist loadfile
	PHYSATHON_TEST_DATABASE=postgresql $(VENV)/bin/python -m pytest --numprocesses auto --dist loadfile tests/leaderboard
	$(VENV)/bin/python -m benchmarks

lint: setup-test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: setup-test
	$(VENV)/bin/pyrefly check --python-interpreter-path $(VENV)/bin/python

setup: $(VENV)/installed
setup-test: $(VENV)/installed-test

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo '$(PYTHON) cannot make virtual environments: install the package python3-venv (Debian, Ubuntu), or name a Python 3.11 or newer that can by make PYTHON=...' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet -c constraints.txt uv
	$(call install,$(EXTRAS))
	@# The web process may not write here and could not keep what it compiles.
	$(VENV)/bin/python -c 'import leaderboard.site.web'
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(call install,$(TEST_EXTRAS))
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-* build *.egg-info
