"""Prints 'N passed, N failed, N skipped' from the result files of a test run; fails when an assembly ran no test."""
import pathlib
import sys
import xml.etree.ElementTree as xml

results, tests = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
space = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"
passed = failed = skipped = 0
ran = set()
for file in sorted(results.rglob("*.trx")):
    root = xml.parse(file).getroot()
    counted = 0
    for result in root.iter(f"{space}UnitTestResult"):
        outcome = result.get("outcome")
        if outcome == "Passed":
            passed += 1
            counted += 1
        elif outcome == "NotExecuted":
            skipped += 1
        else:
            failed += 1
            counted += 1
    for method in root.iter(f"{space}TestMethod"):
        if counted:
            ran.add(pathlib.Path(method.get("codeBase", "")).stem)

expected = {p.stem for p in tests.glob("*.Tests/*.csproj") if p.stem != "Mlops.Aot.Tests"}
for name in sorted(expected - ran):
    print(f"{name} ran no test")
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or expected - ran or not passed else 0)
