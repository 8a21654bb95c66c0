#!/usr/bin/env bash
# Kernel tests under every instruction set
set -euo pipefail
results=${1:-artifacts/test-results/10-instruction-sets}
rm -rf "$results"

# What the processor offers; each setting below caps it.
hardware=128
if grep -qw avx2 /proc/cpuinfo; then hardware=256; fi
if grep -qw avx512f /proc/cpuinfo && grep -qw avx512bw /proc/cpuinfo && grep -qw avx512vl /proc/cpuinfo; then hardware=512; fi
echo "the processor has $hardware-bit vectors"

run() { # setting, widest vector it leaves
    local expected=$(($2 < hardware ? $2 : hardware))
    echo "-- $1: $expected bits"
    env "$1" MLOPS_EXPECTED_VECTOR_BITS=$expected dotnet artifacts/bin/Mlops.Statistics.Tests/release/Mlops.Statistics.Tests.dll \
        --filter TestCategory=Kernels --report-trx --report-trx-filename "${1//=/-}.trx" --results-directory "$results" >"$results.log" 2>&1 \
        || { cat "$results.log"; status=1; }
}
status=0
files=4
mkdir -p "$(dirname "$results")"
if [ "$hardware" = 512 ]; then
    files=5
    run DOTNET_PreferredVectorBitWidth=512 512
else
    echo "-- DOTNET_PreferredVectorBitWidth=512: skipped, this processor has none"
fi
run DOTNET_PreferredVectorBitWidth=256 256
run DOTNET_EnableAVX512=0 256
run DOTNET_EnableAVX2=0 128
run DOTNET_EnableHWIntrinsic=0 0

# A run that was stopped early leaves fewer results than its neighbours, a filter that selects nothing leaves none.
python3 eng/count-tests.py "$results" --files "$files" --each 50 --no-skips || status=1
exit "$status"
