#!/usr/bin/env bash
# Run the engine and condition suites on Debian's PostgreSQL 15, the oldest version supported.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=/usr/lib/postgresql/15/bin
if [ ! -x "$programs/postgres" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "PostgreSQL 15 is not installed: apt-get install postgresql-15 as root." >&2
    exit 1
  fi
  # Debian starts a cluster of its own when the package is installed; none is wanted here.
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] ||
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15 >/dev/null
fi
place=$(mktemp -d)
as_server() (
  if [ "$(id -u)" = 0 ]; then
    cd / && exec setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
  fi
  exec "$@"
)
if [ "$(id -u)" = 0 ]; then chown postgres "$place"; fi
finish() { as_server "$programs/pg_ctl" -D "$place/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$place"; }
trap finish EXIT
as_server "$programs/initdb" -D "$place/data" -U towpath -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
chmod 755 "$place"
as_server "$programs/pg_ctl" -D "$place/data" -w -l "$place/log" \
  -o "-c listen_addresses= -c unix_socket_directories=$place -c fsync=off -c timezone=UTC" start >/dev/null
export TOWPATH_TEST_DATABASE_URL="postgresql://towpath@/postgres?host=$place"
.venv/bin/pytest -n "${PYTEST_WORKERS:-2}" -m "not soak" tests/flows tests/audiences tests/people tests/messaging tests/test_migrations.py
