#!/usr/bin/env bash
# Gets Chromium for the browser tests where there is none: through apt as root or with a password-less
# sudo, else Playwright's own build. Never asks and never fails: a test that finds no Chromium says
# so, and `make test` counts it under "could not run".
set -u
cd "$(dirname "$0")/.." || exit 0
say() { printf 'chromium: %s\n' "$*" >&2; }

[ -n "${ESCLUSA_CHROMIUM:-}" ] && exit 0
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
compgen -G "$HOME/.cache/ms-playwright/chromium*" >/dev/null && exit 0

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}
apt() {
    as_root env DEBIAN_FRONTEND=noninteractive timeout "$1" \
        apt-get -qq -o DPkg::Lock::Timeout=60 -o Dpkg::Use-Pty=0 "${@:2}" >&2
}
from_apt() {
    apt 60 update
    apt 300 -y --no-install-recommends install chromium fonts-dejavu-core
}
# Ubuntu has no Chromium package outside snap, and not everybody may use apt.
from_playwright() { timeout 300 .venv/bin/python -m playwright install --only-shell chromium >&2; }
twice() {
    "$1" && return
    say "that failed; trying once more"
    sleep 5
    "$1"
}

say "none found; installing one (once)"
if command -v apt-get >/dev/null && as_root true 2>/dev/null; then
    twice from_apt && exit 0
fi
from_playwright || say "could not be installed; the browser tests will say so"
exit 0
