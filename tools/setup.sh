#!/usr/bin/env bash
# Brings .venv up to date from the lock: `tools/setup.sh base` to run, `tools/setup.sh test` to test.
# Quick when nothing changed: .venv/.lock-<set> holds the hash of what was installed.
set -euo pipefail
cd "$(dirname "$0")/.."
set_name=${1:-base}
venv=.venv
stamp=$venv/.lock-$set_name

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local name
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python; do
        if command -v "$name" >/dev/null && new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    fail "no Python 3.11 or newer found; install one (Debian, Ubuntu: apt-get install python3)" \
        "or name it: PYTHON=/path/to/python3 make …"
}

# Debian and Ubuntu leave ensurepip out of python3; then virtualenv makes the environment.
make_venv() {
    local python=$1 boot
    "$python" -m venv "$venv" 2>/dev/null && "$venv/bin/python" -m pip --version >/dev/null 2>&1 \
        && return
    rm -rf "$venv"
    if "$python" -m virtualenv --version >/dev/null 2>&1; then
        "$python" -m virtualenv --quiet "$venv"
        return
    fi
    "$python" -m pip --version >/dev/null 2>&1 ||
        fail "this Python has neither venv with ensurepip nor pip;" \
            "install one (Debian, Ubuntu: apt-get install python3-venv)"
    boot=$(mktemp -d)
    "$python" -m pip install -qq --disable-pip-version-check --target "$boot" \
        --require-hashes -r requirements/bootstrap.txt
    PYTHONPATH=$boot "$python" -m virtualenv --quiet "$venv"
    rm -rf "$boot"
}

pip_install() {
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input "$@"
}

key() { cat "requirements/$set_name.txt" pyproject.toml tools/setup.sh | sha256sum | cut -c1-64; }

[ -f "requirements/$set_name.txt" ] || fail "unknown set '$set_name', expected base or test"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(key)" ] && new_enough "$venv/bin/python"; then
    exit 0
fi

new_enough "$venv/bin/python" || {
    rm -rf "$venv"
    make_venv "$(find_python)"
}
say "installing requirements/$set_name.txt into $venv (a minute or two the first time)"
pip_install --require-hashes -r "requirements/$set_name.txt" || {
    say "that failed; trying once more"
    sleep 5
    pip_install --require-hashes -r "requirements/$set_name.txt"
}
pip_install --no-deps --no-build-isolation --no-index -e .
rm -f "$venv"/.lock-*
key >"$stamp"
# The test set holds everything of the base set.
[ "$set_name" != test ] || set_name=base key >"$venv/.lock-base"
