# Everything needs only Python >= 3.11 and make; each target does all its own set-up, without root.
# 只需 Python ≥ 3.11 和 make；每个目标自行完成安装，不需要 root。
.POSIX:
.SUFFIXES:
.NOTPARALLEL:
.PHONY: help run demo test soak bench lock fonts clean always
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
WORKSPACE ?= workspace
DEMO ?= demo
PORT ?= 8000
ARGS ?=
# Worker processes of the tests.
JOBS ?= 2
BIN = $(VENV)/bin
SETUP = sh scripts/setup.sh "$(PYTHON)" --venv "$(VENV)"
INPUTS = pyproject.toml requirements.lock scripts/bootstrap.py

# An environment that was copied or moved here, or whose Python is gone, is made anew.
FRESH := $(shell [ "$$(cat "$(VENV)/.tree" 2>/dev/null)" = "$$(pwd -P)" ] && [ -x "$(VENV)/bin/python" ] || echo always)

help:
	@echo 'make run      编制月报             / make the bulletin of the latest month   [WORKSPACE=workspace] [ARGS="--month 2025-08"]'
	@echo 'make demo     打开合成数据的门户   / the portal over synthetic data              [DEMO=demo] [PORT=8000]'
	@echo 'make test     检查与测试           / checks and tests'
	@echo 'make soak     长时间测试           / the long-running tests'
	@echo 'make bench    基准测试             / benchmarks'
	@echo 'make lock     重新锁定依赖         / lock the dependencies again (needs uv)   [UPGRADE=1]'
	@echo 'make fonts    重新制作字体子集     / build the font subset again (needs npm)'
	@echo 'make clean    删除环境与缓存       / remove the environment and caches'

demo: $(VENV)/.ready-run
	@[ -f "$(DEMO)/qinggong.toml" ] || "$(BIN)/qinggong" init --synthetic --workspace "$(DEMO)"
	@ls "$(DEMO)"/releases/*/manifest.json >/dev/null 2>&1 || "$(BIN)/qinggong" run --workspace "$(DEMO)"
	"$(BIN)/qinggong" serve --workspace "$(DEMO)" --port "$(PORT)"

run: $(VENV)/.ready-run
	@"$(BIN)/qinggong" run --workspace "$(WORKSPACE)" $(ARGS)

test: $(VENV)/.ready-test
	@"$(BIN)/python" scripts/programs.py
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/mypy" --strict src
	OPENBLAS_NUM_THREADS=1 "$(BIN)/python" -m pytest -n $(JOBS) --dist loadfile -m "not soak" $(ARGS)

soak: $(VENV)/.ready-test
	OPENBLAS_NUM_THREADS=1 "$(BIN)/python" -m pytest -m soak $(ARGS)

bench: $(VENV)/.ready-run
	OPENBLAS_NUM_THREADS=1 "$(BIN)/python" benchmarks/run.py $(ARGS)

fonts: $(VENV)/.ready-run
	"$(BIN)/python" scripts/build_fonts.py $(ARGS)

lock:
	@UPGRADE="$(UPGRADE)" sh scripts/lock.sh

clean:
	@if [ -f "$(VENV)/pyvenv.cfg" ]; then rm -rf "$(VENV)"; fi
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
	find src tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(VENV)/.ready-run: $(INPUTS) $(FRESH)
	@$(SETUP) --for run

$(VENV)/.ready-test: $(INPUTS) requirements-test.lock $(FRESH)
	@$(SETUP) --for test

always:
