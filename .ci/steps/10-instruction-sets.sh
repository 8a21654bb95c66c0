#!/usr/bin/env bash
# Kernel tests under every instruction set
set -euo pipefail
for setting in DOTNET_EnableAVX512=0 DOTNET_EnableAVX2=0 DOTNET_EnableHWIntrinsic=0 DOTNET_PreferredVectorBitWidth=256; do
    echo "-- $setting"
    env "$setting" dotnet run -c Release --no-build --project tests/Mlops.Statistics.Tests -- --filter "FullyQualifiedName~Kernels|FullyQualifiedName~Moments|FullyQualifiedName~Summaries" \
        | grep -E "Passed!|Failed!|failed|total:" || { echo "the kernel tests failed under $setting"; exit 1; }
done
