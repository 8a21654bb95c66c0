#!/usr/bin/env bash
# The Quickstart on SQLite and on PostgreSQL: both must reach the goals and agree byte for byte
set -euo pipefail
results=${1:-artifacts/test-results/40-quickstart}
rm -rf "$results"
mkdir -p "$results"
quickstart=artifacts/bin/Quickstart/release/Quickstart
check() { # name, command...
    local name=$1
    shift
    if "$@"; then echo "passed: $name"; else echo "FAILED: $name"; fi | tee -a "$results/quickstart.checks"
}

check "the Quickstart runs on SQLite" env -u MLOPS_STORAGE "$quickstart" --output "$results/sqlite"
check "it explains a prediction" env -u MLOPS_STORAGE "$quickstart" explain 2012-03-14 --output "$results/sqlite"
check "it runs on PostgreSQL" eng/with-postgresql.sh "$quickstart" --output "$results/postgresql"
check "both engines give the same result.json" cmp "$results/sqlite/result.json" "$results/postgresql/result.json"
check "the replay reaches its goals" python3 eng/check-quickstart.py "$results/sqlite/result.json"
rm -rf "$results/sqlite" "$results/postgresql"
python3 eng/count-tests.py "$results" --each 5
