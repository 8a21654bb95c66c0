#!/usr/bin/env bash
# Native AOT: publish twice, no IL warning, equal bits
set -euo pipefail
sudo=""; [ "$(id -u)" = 0 ] || sudo=sudo
if ! command -v gcc >/dev/null || [ ! -e /usr/include/zlib.h ]; then
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev zlib1g-dev >/dev/null
fi
rid="linux-x64"
for form in default x86-64-v3; do
    out="$PWD/artifacts/aot/$form"
    extra=(); [ "$form" = default ] || extra=("-p:IlcInstructionSet=$form")
    dotnet publish tests/Mlops.Aot.Tests -c Release -r "$rid" -p:CppCompilerAndLinker=gcc "${extra[@]}" -o "$out" -v q
    echo "-- $form"
    "$out/Mlops.Aot.Tests" | tee "$out.txt"
done
if ! diff <(grep 'kernel bits' artifacts/aot/default.txt) <(grep 'kernel bits' artifacts/aot/x86-64-v3.txt); then
    echo "the kernels gave different bits in the two forms"
    exit 1
fi
