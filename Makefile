# Everything a bare machine needs: python3 (3.11 or newer) and make.
PYTHON ?= python3
VENV := .venv
UV := $(VENV)/bin/uv pip install --python $(VENV)/bin/python -c constraints.txt $(foreach place,$(PIP_FIND_LINKS),--find-links $(place))
# Without a local wheel of torch, ask for the build that brings no GPU libraries; where that index is out of reach, take any.
CPU_TORCH := $(if $(PIP_FIND_LINKS),,--torch-backend cpu)
EXTRAS := simulation,deep,quantum,renaissance,plots,proof,test

.PHONY: demo test proof setup lint types clean

demo: setup
	$(VENV)/bin/physathon demo

test: setup
	$(VENV)/bin/python -m pytest --numprocesses auto --dist loadfile

proof: setup
	$(VENV)/bin/python -m benchmarks

setup: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet -c constraints.txt uv
	$(UV) $(CPU_TORCH) --editable '.[$(EXTRAS)]' || $(UV) --editable '.[$(EXTRAS)]'
	touch $@

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: setup
	$(VENV)/bin/pyrefly check --python-interpreter-path $(VENV)/bin/python

clean:
	rm -rf $(VENV) build *.egg-info
