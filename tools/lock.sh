#!/usr/bin/env bash
# Writes the lock: requirements/*.txt. Versions with hashes, no index address.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}

compile() { # compile TARGET SOURCE...
    local target=requirements/$1.txt
    shift
    "$uv" pip compile "$@" --universal --python-version 3.11 --generate-hashes --quiet \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
        --output-file "$target"
    sed -i '1i # Written by `make lock`; do not edit.' "$target"
    if grep -n '://' "$target"; then
        echo "lock: $target names an address; it must not" >&2
        exit 1
    fi
}

compile base pyproject.toml requirements/build.in "$@"
compile postgres pyproject.toml --extra postgres requirements/build.in \
    --constraint requirements/base.txt "$@"
compile test pyproject.toml --extra postgres --extra learn requirements/build.in requirements/test.in \
    --constraint requirements/postgres.txt "$@"
compile bootstrap requirements/bootstrap.in "$@"
