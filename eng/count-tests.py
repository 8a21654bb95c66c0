"""Prints 'N passed, N failed, N skipped' from the result files below a folder; exits with 1 when something failed or too little ran.

Result files are *.trx and *.checks, the latter with lines 'passed: what' and 'FAILED: what'.
"""
import argparse
import pathlib
import sys
import xml.etree.ElementTree as xml

SPACE = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("results", type=pathlib.Path)
parser.add_argument("--assemblies", type=pathlib.Path, help="folder of test projects, each of which must have run a test")
parser.add_argument("--files", type=int, default=1, help="result files there must be")
parser.add_argument("--each", type=int, default=1, help="results that each file must have")
parser.add_argument("--no-skips", action="store_true")
arguments = parser.parse_args()

passed = failed = skipped = 0
ran: set[str] = set()
problems: list[str] = []
failures: list[str] = []
files = sorted([*arguments.results.rglob("*.trx"), *arguments.results.rglob("*.checks")])
for file in files:
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    if file.suffix == ".trx":
        root = xml.parse(file).getroot()
        for result in root.iter(f"{SPACE}UnitTestResult"):
            outcome = result.get("outcome")
            kind = "passed" if outcome == "Passed" else "skipped" if outcome == "NotExecuted" else "failed"
            counts[kind] += 1
            if kind == "failed":
                said = [text for tag in ("Message", "StackTrace") if (text := result.findtext(f".//{SPACE}{tag}"))]
                failures.append("\n".join([result.get("testName", "?"), *said])[:2000])
        if counts["passed"] + counts["failed"]:
            ran.update(pathlib.Path(method.get("codeBase", "")).stem for method in root.iter(f"{SPACE}TestMethod"))
    else:
        for line in file.read_text().splitlines():
            counts["passed"] += line.startswith("passed: ")
            counts["failed"] += line.startswith("FAILED: ")
            failures += [line] if line.startswith("FAILED: ") else []
    if counts["passed"] + counts["failed"] < arguments.each:
        problems.append(f"{file.name} has {counts['passed'] + counts['failed']} results, expected at least {arguments.each}")
    passed, failed, skipped = passed + counts["passed"], failed + counts["failed"], skipped + counts["skipped"]

if len(files) < arguments.files:
    problems.append(f"{len(files)} result files, expected {arguments.files}")
if arguments.no_skips and skipped:
    problems.append(f"{skipped} tests were skipped")
if arguments.assemblies:
    expected = {p.stem for p in arguments.assemblies.glob("*.Tests/*.csproj") if p.stem != "Mlops.Aot.Tests"}
    problems += [f"{name} ran no test" for name in sorted(expected - ran)]
# Last, where whoever sees only the end of a log finds what broke.
for failure in failures:
    print(failure, end="\n\n")
for problem in problems:
    print(problem)
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or problems or not passed else 0)
