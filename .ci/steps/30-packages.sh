#!/usr/bin/env bash
# Pack what was built, then consume every package from its nupkg
set -euo pipefail
results=${1:-artifacts/test-results/30-packages}
rm -rf "$results" artifacts/packages
mkdir -p "$results"

# A version of this run alone, so that no cache can answer in its place.
suffix="ci.$(date -u +%Y%m%d%H%M%S)"
dotnet pack Mlops.Libraries.sln -c Release --no-build -v q -p:VersionSuffix="$suffix"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$(sed -n 's|.*<VersionPrefix>\(.*\)</VersionPrefix>.*|\1|p' Directory.Build.props)
python3 eng/consume-packages.py artifacts/packages "$prefix-$suffix" "$scratch" | tee "$results/packages.checks"
python3 eng/count-tests.py "$results" --each $((2 * $(ls -d src/*/ | wc -l)))
