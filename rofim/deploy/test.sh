#!/bin/sh
# Everything that must hold: lint, types, import contracts, unit, services, browser, network. usage: test.sh [lint]
set -eu
cd "$(dirname "$0")/../.."
bin=.venv/bin
export DEBUG=true
DATA_DIR=$(mktemp -d)
export DATA_DIR
trap 'rm -rf "$DATA_DIR"' EXIT

step() { printf '\n== %s\n' "$*"; }

step lint
$bin/ruff check .
$bin/ruff format --check .
step types
$bin/mypy rofim accounts patients teleconsult prescriptions manage.py
step contracts
$bin/lint-imports --no-cache
$bin/python manage.py makemigrations --check --dry-run
[ "${1:-all}" = lint ] && exit 0

step "browser modules (node)"
node --test tests/js/*.test.mjs
step "unit and services"
$bin/pytest -q -n 2 --dist loadscope tests/unit tests/services
step browser
# Real browsers on a busy machine: a failure is tried once more, and shown as RERUN in the summary.
$bin/pytest -q -rfER --reruns 1 tests/browser
step network
# Network namespaces want root: an ordinary user is that in a user namespace.
[ "$(id -u)" = 0 ] && as_root="" || as_root="unshare --map-root-user --net"
$as_root $bin/pytest -q -rfER --reruns 1 tests/network
