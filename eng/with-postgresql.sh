#!/usr/bin/env bash
# Runs a command with MLOPS_STORAGE set to an empty database of a throw-away PostgreSQL cluster on a Unix socket, and stops the cluster afterwards.
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
folder=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root.
    chown nobody "$folder"
    as=(runuser -u nobody --)
fi

stop() {
    "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
"${as[@]}" "$bin/initdb" -D "$folder/data" -U mlops -A trust -E UTF8 --locale=C --no-instructions >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" -o "-c listen_addresses= -k $folder" start >/dev/null
"$bin/psql" -h "$folder" -U mlops -d postgres -q -c "CREATE DATABASE mlops"
cd "$OLDPWD"
MLOPS_STORAGE="Host=$folder;Username=mlops;Database=mlops" "$@"
