#!/usr/bin/env bash
# The README's two commands, word by word, on a clone that nothing was built in
set -euo pipefail
results=${1:-artifacts/test-results/05-readme}
rm -rf "$results"
mkdir -p "$results"
results=$(realpath "$results")

commands=$(sed -n '/^Two commands/,/^The first one/ s/^dotnet /&/p' README.md)
[ "$(grep -c '^dotnet ' <<<"$commands")" = 2 ] || { echo "README.md does not show two commands"; exit 1; }
run=$(sed -n 1p <<<"$commands") test=$(sed -n 2p <<<"$commands")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
git clone -q . "$scratch/clone"
cd "$scratch/clone"

echo "-- $run"
if env -u MLOPS_STORAGE bash -c "$run" && [ -s mlops-quickstart/result.json ] && [ -s mlops-quickstart/report.html ]; then
    echo "passed: $run" | tee "$results/readme.checks"
else
    echo "FAILED: $run" | tee "$results/readme.checks"
fi

echo "-- $test"
status=0
bash -c "$test --report-trx --results-directory '$results/tests'" || status=1
python3 eng/count-tests.py "$results" --assemblies tests || status=1
exit $status
