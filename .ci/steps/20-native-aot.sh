#!/usr/bin/env bash
# Native AOT: publish twice, no IL warning, equal bits
set -euo pipefail
results=${1:-artifacts/test-results/20-native-aot}
rm -rf "$results"
mkdir -p "$results"

# An IL warning is an error of the publish; a package that is not rooted would not be looked at. One that says it is not for Native AOT, and
# why, is not (Mlops.Serving.GraphQL: GraphQL.NET finds its types by reflection).
for project in src/*/*.csproj; do
    name=$(basename "$project" .csproj)
    grep -q "<IsAotCompatible>false<" "$project" && continue
    grep -qE "TrimmerRootAssembly.*[\";]$name[\";]" tests/Mlops.Aot.Tests/Mlops.Aot.Tests.csproj || { echo "FAILED: $name is not rooted" | tee -a "$results/roots.checks"; status=1; }
done

case $(uname -m) in
    x86_64) rid=linux-x64 forms="default x86-64-v3" ;;
    *) rid=linux-arm64 forms=default ;;
esac
status=${status:-0}
for form in $forms; do
    out="$PWD/artifacts/aot/$form"
    options=()
    if [ "$form" != default ]; then
        options=("-p:IlcInstructionSet=$form")
        grep -qw avx2 /proc/cpuinfo || { echo "this processor cannot run the form $form"; exit 1; }
    fi
    echo "-- $form"
    rm -rf "$out"
    dotnet publish tests/Mlops.Aot.Tests -c Release -r "$rid" -p:CppCompilerAndLinker=gcc "${options[@]}" -o "$out" -v q
    "$out/Mlops.Aot.Tests" | tee "$results/$form.checks" || status=1
done

bits=$(grep -h '^kernel bits' "$results"/*.checks | sort -u)
if [ "$(echo "$bits" | wc -l)" = 1 ]; then
    echo "passed: equal kernel bits" | tee "$results/bits.checks"
else
    echo "FAILED: equal kernel bits" | tee "$results/bits.checks"
    status=1
fi

# A form that used no wider vectors than the other would not have compared anything.
if [ "$forms" != default ] && [ "$(grep -h '^vector bits' "$results"/*.checks | sort -u | wc -l)" != 2 ]; then
    echo "FAILED: two widths compared" | tee -a "$results/bits.checks"
    status=1
fi
python3 eng/count-tests.py "$results" --files $(($(echo "$forms" | wc -w) + 1)) || status=1
exit "$status"
