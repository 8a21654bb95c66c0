"""Looks into every packed nupkg, then builds and runs an application on it that is outside the source tree.

The application is the first example of the package's README (see tests/Mlops.Tests/Readme). Where that example needs other packages of
the family as well, a second application references the package alone and loads every type and signature, so that a missing
dependency shows. Lines 'passed: ...' and 'FAILED: ...' go to the output.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as xml
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "tests/Mlops.Tests/Readme"

# Runs without a server: the refusal comes from the driver below, which is therefore there.
WITHOUT_SERVER = """
using Mlops.Storage;
using Mlops.Storage.PostgreSql;

await using var database = new PostgreSqlDatabase("Host=127.0.0.1;Port=1;Timeout=2");
try
{
    await database.OpenAsync();
}
catch (StorageException exception)
{
    Console.WriteLine($"refused by {database.Dialect.Name}, transient: {exception.IsTransient}");
}
"""

# The same for the object stores.
WITHOUT_S3 = """
using Mlops.Storage;
using Mlops.Storage.S3;

Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "nobody");
Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "nothing");
Environment.SetEnvironmentVariable("AWS_MAX_ATTEMPTS", "1");
using var store = new S3ArtifactStore(new S3ArtifactOptions { Bucket = "bucket", ServiceUrl = new Uri("http://127.0.0.1:1"), AllowHttp = true, ForcePathStyle = true });
try
{
    await store.ExistsAsync(ContentHash.Of([]));
}
catch (StorageException exception)
{
    Console.WriteLine($"refused, transient: {exception.IsTransient}");
}
"""
WITHOUT_AZURE = """
using Mlops.Storage;
using Mlops.Storage.AzureBlobs;

var store = new AzureBlobArtifactStore("DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey=bm90aGluZw==;BlobEndpoint=http://127.0.0.1:1/nobody", "container", new AzureBlobArtifactOptions { AllowHttp = true });
try
{
    await store.ExistsAsync(ContentHash.Of([]));
}
catch (StorageException exception)
{
    Console.WriteLine($"refused, transient: {exception.IsTransient}");
}
"""
REPLACED = {
    "Mlops.Storage.PostgreSql": (WITHOUT_SERVER, "refused by postgresql, transient: True\n"),
    "Mlops.Storage.S3": (WITHOUT_S3, "refused, transient: True\n"),
    "Mlops.Storage.AzureBlobs": (WITHOUT_AZURE, "refused, transient: True\n"),
}

ALONE = """
using System.Reflection;

const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
int members = 0;
foreach (Type type in Assembly.Load("{name}").GetTypes())
{{
    foreach (MemberInfo member in type.GetMembers(All))
        members += member.ToString()!.Length > 0 ? 1 : 0;
}}

Console.WriteLine(members > 0);
"""


def report(passed: bool, what: str, reason: str = "") -> None:
    print(f"{'passed' if passed else 'FAILED'}: {what}" + (f"\n  {reason}" if reason and not passed else ""), flush=True)


def look_into(nupkg: pathlib.Path, name: str) -> set[str]:
    """Reports what lacks and returns the packages that it depends on."""
    with zipfile.ZipFile(nupkg) as package:
        files = {entry.filename for entry in package.infolist() if entry.file_size}
        nuspec = xml.fromstring(package.read(f"{name}.nuspec"))
        documentation = package.read(f"lib/net10.0/{name}.xml").decode() if f"lib/net10.0/{name}.xml" in files else ""
    space = nuspec.tag.partition("}")[0] + "}"
    metadata = nuspec.find(f"{space}metadata")
    assert metadata is not None
    value = lambda tag: (metadata.findtext(f"{space}{tag}") or "").strip()
    licence, repository = metadata.find(f"{space}license"), metadata.find(f"{space}repository")
    symbols = nupkg.with_suffix(".snupkg")
    lacks = [
        what
        for what, there in {
            "README.md": "README.md" in files and value("readme") == "README.md",
            "icon.png": "icon.png" in files and value("icon") == "icon.png",
            "the assembly": f"lib/net10.0/{name}.dll" in files,
            "XML documentation": "<member name=" in documentation,
            "the license expression": licence is not None and licence.get("type") == "expression" and licence.text == "Apache-2.0",
            "a description": value("description") not in ("", "Package Description"),
            "tags": bool(value("tags")),
            "the project's URL": value("projectUrl").startswith("https://"),
            "the commit it was built from": repository is not None and re.fullmatch("[0-9a-f]{40}", repository.get("commit", "")),
            "symbols": symbols.exists() and f"lib/net10.0/{name}.pdb" in zipfile.ZipFile(symbols).namelist(),
        }.items()
        if not there
    ]
    report(not lacks, f"{name}: contents of the package", "lacks " + ", ".join(lacks))
    return {dependency.get("id", "") for dependency in metadata.iter(f"{space}dependency")}


def marked(text: str, *kinds: str) -> list[str]:
    """The lines between markers of these kinds, in the order of the file."""
    lines: list[str] = []
    inside = None
    for line in text.splitlines():
        marker = re.fullmatch(r"\s*// (readme|given): (begin|end)", line)
        if marker:
            inside = marker[1] if marker[2] == "begin" else None
        elif inside in kinds:
            lines.append(line)
    return lines


def plain(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def first_example(name: str) -> str:
    readme = (ROOT / f"src/{name}/README.md").read_text()
    snippet = re.search(r"^```csharp\n(.*?)^```$", readme, re.S | re.M)
    if snippet is None:
        raise LookupError("its README has no C# snippet")
    for file in sorted(EXAMPLES.glob("*Example.cs")):
        text = file.read_text()
        if plain(marked(text, "readme")) == plain(snippet[1].splitlines()):
            return text
    raise LookupError("no file in tests/Mlops.Tests/Readme has the README's first snippet")


def write_app(folder: pathlib.Path, program: str, references: dict[str, str], restore: str) -> pathlib.Path:
    folder.mkdir(parents=True)
    (folder / "Program.cs").write_text(program)
    items = "\n".join(f'    <PackageReference Include="{name}" Version="{version}" />' for name, version in sorted(references.items()))
    project = folder / "App.csproj"
    project.write_text(
        f"""<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <InvariantGlobalization>true</InvariantGlobalization>
    {restore}
  </PropertyGroup>
  <ItemGroup>
{items}
  </ItemGroup>
</Project>
"""
    )
    return project


def run_app(project: pathlib.Path) -> tuple[str, str]:
    """What the application printed, and why it counts as failed."""
    assembly = project.parent / "bin/Release/net10.0/App.dll"
    if not assembly.exists():
        return "", "it did not build"
    # In a folder of its own, as a reader's first run is.
    folder = project.parent / "run"
    folder.mkdir()
    quiet = os.environ | {"Logging__LogLevel__Default": "None"}
    try:
        ran = subprocess.run(["dotnet", assembly], cwd=folder, env=quiet, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired as error:
        return "", f"it had not ended after {error.timeout:.0f} s"
    return ran.stdout, "" if ran.returncode == 0 else f"it ended with {ran.returncode}: {ran.stderr.strip()[:2000]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("feed", type=pathlib.Path)
    parser.add_argument("version")
    parser.add_argument("scratch", type=pathlib.Path)
    arguments = parser.parse_args()
    feed, scratch = arguments.feed.resolve(), arguments.scratch.resolve()

    names = sorted(project.stem for project in (ROOT / "src").glob("*/*.csproj"))
    dependencies = {}
    for name in names:
        nupkg = feed / f"{name}.{arguments.version}.nupkg"
        if nupkg.exists():
            dependencies[name] = look_into(nupkg, name)
        else:
            report(False, f"{name}: contents of the package", f"{nupkg.name} was not packed")

    def closure(name: str) -> set[str]:
        return {name}.union(*(closure(other) for other in dependencies[name] if other in dependencies))

    # The packed versions go to the scratch folder, everything else is read from the machine's cache.
    cache = subprocess.run(["dotnet", "nuget", "locals", "global-packages", "--list"], capture_output=True, text=True, check=True)
    restore = (
        f"<RestoreAdditionalProjectSources>{feed}</RestoreAdditionalProjectSources>"
        f"<RestorePackagesPath>{scratch / 'cache'}</RestorePackagesPath>"
        f"<RestoreFallbackFolders>{cache.stdout.split(': ', 1)[1].strip()}</RestoreFallbackFolders>"
    )
    versions = dict(re.findall(r'PackageVersion Include="([^"]+)" Version="([^"]+)"', (ROOT / "Directory.Packages.props").read_text()))

    apps: list[tuple[str, pathlib.Path, str | None]] = []
    for name in dependencies:
        example = None
        if name in REPLACED:
            program, printed = REPLACED[name]
        else:
            try:
                example = first_example(name)
            except LookupError as error:
                report(False, f"{name}: the README's first example on the package", str(error))
                continue
            program, printed = "\n".join(marked(example, "readme", "given")), None
        usings = set(re.findall(r"^using ([\w.]+);", program, re.M))
        references = {other: arguments.version for other in usings & dependencies.keys() | {name}}
        references |= {other: versions[other] for other in usings & {"Microsoft.Extensions.Hosting"}}
        apps.append((f"{name}: the README's first example on the package", write_app(scratch / name / "example", program, references, restore), printed))
        if not references.keys() <= closure(name):
            alone = write_app(scratch / name / "alone", ALONE.format(name=name), {name: arguments.version}, restore)
            apps.append((f"{name}: alone", alone, "True\n"))

    # One build for all applications; one that fails leaves no assembly.
    (scratch / "Directory.Build.props").write_text("<Project />\n")
    (scratch / "all.proj").write_text(
        '<Project>\n  <ItemGroup><App Include="*/*/App.csproj" /></ItemGroup>\n'
        '  <Target Name="Restore"><MSBuild Projects="@(App)" Targets="Restore" BuildInParallel="true" /></Target>\n'
        '  <Target Name="Build"><MSBuild Projects="@(App)" Targets="Build" Properties="Configuration=Release" BuildInParallel="true" ContinueOnError="true" /></Target>\n'
        "</Project>\n"
    )
    environment = os.environ | {"MSBUILDDISABLENODEREUSE": "1"}
    for target in ("Restore", "Build"):
        subprocess.run(["dotnet", "msbuild", scratch / "all.proj", f"-t:{target}", "-m", "-v:q", "-nologo", "-nodeReuse:false"], env=environment)

    for what, project, expected in apps:
        printed, reason = run_app(project)
        if not reason and expected is not None and printed != expected:
            reason = f"it printed {printed!r} instead of {expected!r}"
        elif not reason and expected is None and printed and f"```\n{printed}```" not in (ROOT / f"src/{what.partition(':')[0]}/README.md").read_text():
            reason = f"the README does not show what it printed:\n{printed}"
        report(not reason, what, reason)
    return 0


sys.exit(main())
