#!/usr/bin/env bash
# What hot paths allocate is held in Release: a debug build keeps on the heap what an optimised one does not. With one worker, because between its
# shifts the dispatcher of parallel tests may look for work in a loop that allocates, and bytes are counted for the process.
set -euo pipefail
results=${1:-artifacts/test-results/15-allocations}
rm -rf "$results"
mkdir -p "$results"

status=0
run() { # assembly, filter
    dotnet "artifacts/bin/$1/release/$1.dll" --filter "$2" --settings eng/one-worker.runsettings --no-progress --no-ansi --report-trx --report-trx-filename "$1.trx" --results-directory "$results" || status=1
}

run Mlops.Tuning.Tests 'FullyQualifiedName~AskAllocationTests'
run Mlops.Orchestration.Tests 'FullyQualifiedName~CostTests'
run Mlops.Serving.Tests 'FullyQualifiedName~SharedRunTests'
python3 eng/count-tests.py "$results" --files 3 --each 2 --no-skips || status=1
exit "$status"
