#!/usr/bin/env bash
# Worker processes killed with SIGKILL, 60 times per engine and suite (MLOPS_KILLS), in Release; seeds are drawn anew and printed, MLOPS_SEED repeats one
set -euo pipefail
results=${1:-artifacts/test-results/25-kills}
rm -rf "$results"
mkdir -p "$results"
export MLOPS_KILLS=${MLOPS_KILLS:-60}

status=0
for name in Mlops.Orchestration.Tests Mlops.Tuning.Tests; do
    dotnet "artifacts/bin/$name/release/$name.dll" --filter TestCategory=Kills --output Detailed --no-progress --no-ansi \
        --report-trx --report-trx-filename "$name.trx" --results-directory "$results" >"$results/$name.log" 2>&1 || status=1
    grep -E '^ *(passed|failed) |seed|kills' "$results/$name.log" | sort -u || true
    [ "$status" = 0 ] || cat "$results/$name.log"
done

# One test per engine in each suite; PostgreSQL must not be passed over.
python3 eng/count-tests.py "$results" --files 2 --each 2 --no-skips || status=1
exit "$status"
