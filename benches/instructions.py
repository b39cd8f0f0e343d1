#!/usr/bin/env python3
"""How many instructions builds take: a guard against regressions that does not depend on how busy the machine is.

In: nothing (it makes a group of its own with `examples/synth`). Out: a table on stdout of a cold build, one with nothing changed and one
with an article edited, each beside what `benches/instructions.json` notes. Exit status: 0 within the allowance, 1 above it, 2 a tool
failed. `--note` writes what was counted, for a commit that says why it grew or shrank. Needs valgrind; Python 3.11, standard library only.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
NOTED = HERE / "instructions.json"
# Another compiler or C library moves counts by a few per cent; a slip in a loop moves them by more.
ALLOWED = 1.10
AT = "2026-11-20 18:00"


def wanted():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--note", action="store_true", help="write what was counted to benches/instructions.json")
    parser.add_argument("--portico", type=Path, help="a built program; without it cargo builds it")
    parser.add_argument("--synth", type=Path, help="likewise")
    return parser.parse_args()


def count(portico, group, out):
    """Instructions of one build on one thread, and how many files it wrote."""
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", portico, "build", "--no-search", "--root", group, "--out", out]
    done = subprocess.run([str(part) for part in command] + ["--at", AT, "--threads", "1", "--format", "json"], capture_output=True, text=True)
    found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    if done.returncode != 0 or not found:
        print(done.stderr, file=sys.stderr)
        sys.exit(2)
    return int(found[1].replace(",", "")), json.loads(done.stdout)["written"]


def counts(portico, synth, work):
    group, out = work / "group", work / "out"
    subprocess.run([str(synth), "--sites", "3", "--items", "2000", "--seed", "1", str(group)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kinds = {"cold": count(portico, group, out), "nothing changed": count(portico, group, out)}
    article = max((group / "content").glob("*/news/**/n*.md"))
    article.write_text(article.read_text(encoding="utf-8") + "\n补充说明一句。\n", encoding="utf-8")
    kinds["article edited"] = count(portico, group, out)
    written = [written for _, written in kinds.values()]
    if not (written[0] > 2000 and written[1:] == [0, 1]):
        print(f"these are not the builds meant: {written} files written", file=sys.stderr)
        sys.exit(2)
    return {kind: instructions for kind, (instructions, _) in kinds.items()}


def main():
    args = wanted()
    if not (args.portico and args.synth):
        subprocess.run(["cargo", "build", "--release", "--quiet", "--bins", "--examples"], cwd=ROOT, check=True)
    release = ROOT / "target/release"
    with tempfile.TemporaryDirectory() as work:
        now = counts(args.portico or release / "portico", args.synth or release / "examples/synth", Path(work))
    noted = json.loads(NOTED.read_text()) if NOTED.exists() else {}
    above = [kind for kind, count in now.items() if count > noted.get(kind, count) * ALLOWED]
    print("| build | million instructions | noted | ratio |\n| --- | --- | --- | --- |")
    for kind, instructions in now.items():
        before = noted.get(kind, instructions)
        print(f"| {kind} | {instructions / 1e6:.1f} | {before / 1e6:.1f} | {instructions / before:.3f} |")
    if args.note:
        NOTED.write_text(json.dumps(now, indent=2) + "\n")
    elif above:
        print(f"more than {ALLOWED:.2f} times what is noted: {', '.join(above)}; `benches/instructions.py --note` accepts it", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
