#!/usr/bin/env bash
# Pack, then consume every package from its nupkg
set -euo pipefail
version="0.1.0-ci.$$"
feed="$PWD/artifacts/packages"
rm -rf "$feed"
dotnet pack Mlops.Libraries.sln -c Release -v q -p:Version="$version"
ls "$feed"/*.nupkg
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for package in "$feed"/*."$version".nupkg; do
    name=$(basename "$package" ".$version.nupkg")
    folder="$scratch/$name"
    mkdir -p "$folder"
    cat > "$folder/App.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <RestoreAdditionalProjectSources>$feed</RestoreAdditionalProjectSources>
    <RestorePackagesPath>$scratch/cache</RestorePackagesPath>
    <RestoreFallbackFolders>\$(NuGetPackageRoot)</RestoreFallbackFolders>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="$name" Version="$version" />
  </ItemGroup>
</Project>
PROJECT
    # Alone, without its neighbours: the package must bring all it needs.
    echo "System.Console.WriteLine(System.Reflection.Assembly.Load(\"$name\").GetExportedTypes().Length);" > "$folder/Program.cs"
    echo "-- $name: $(dotnet run --project "$folder" -v q) public types"
done
