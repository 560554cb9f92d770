#!/bin/sh
# Make .venv with everything Towpath needs, from Python alone. Runs again only when a lock changed.
set -eu
cd "$(dirname "$0")/.."
UV_VERSION=0.13.9
PYTHON="${PYTHON:-python3}"

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Towpath needs Python 3.11 or newer; set PYTHON=/path/to/python3." >&2
  exit 1
}

find_uv() {
  if command -v uv >/dev/null 2>&1; then UV=uv; return; fi
  UV=.tools/bin/uv
  [ -x "$UV" ] && return
  # Debian packs venv and pip apart from Python; as root we fetch what is missing.
  if ! "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
      apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv
    else
      echo "Python's venv module is missing: run 'apt-get install python3-venv' as root." >&2
      exit 1
    fi
  fi
  "$PYTHON" -m venv .tools
  .tools/bin/python -m pip install --quiet "uv==$UV_VERSION"
}

stamp=.venv/.installed
if [ -f "$stamp" ] && [ "$stamp" -nt requirements-dev.lock ] && [ "$stamp" -nt pyproject.toml ]; then
  exit 0
fi
find_uv
[ -x .venv/bin/python ] || "$UV" venv --quiet --python "$PYTHON" .venv
VIRTUAL_ENV="$PWD/.venv" "$UV" pip install --quiet --compile-bytecode --require-hashes -r requirements-dev.lock
VIRTUAL_ENV="$PWD/.venv" "$UV" pip install --quiet --no-deps -e .
touch "$stamp"
