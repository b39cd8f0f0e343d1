#!/usr/bin/env python3
"""What the search index costs: made whole, with nothing changed, after one edit, after one item is withdrawn; and how large it is.

In: how many items and sites (made with `examples/synth`), or a group that is there already, with its output. Out: a Markdown table on stdout; what is
going on goes to stderr. Each figure is of a fresh `portico build`; the index's own time is what it tells, the rest is the pages'. After each edit the
index is looked at again: an update that made more documents than it should is an error. Exit status: 0 measured, 1 a check failed, 2 a tool failed.
Python 3.11, standard library only.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AT = "2026-11-20 18:00"


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def wanted():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=197201)
    parser.add_argument("--sites", type=int, default=94)
    parser.add_argument("--work", type=Path, help="a folder with room for the corpus, its output and the index (5 GB for all items) [a temporary one]")
    parser.add_argument("--root", type=Path, help="a group that is there already; one article of it is edited, hidden and put back")
    parser.add_argument("--out", type=Path, help="its output [ROOT/out]")
    parser.add_argument("--portico", type=Path, required=True)
    parser.add_argument("--synth", type=Path, help="needed without --root")
    return parser.parse_args()


def build(wish, root, out, *more):
    arguments = [str(wish.portico.resolve()), "build", "--root", str(root), "--out", str(out), "--at", AT, "--format", "json", *more]
    with tempfile.TemporaryFile() as printed:
        begun = time.monotonic()
        child = subprocess.Popen(arguments, stdout=printed, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begun
        if os.waitstatus_to_exitcode(status) == 2:
            say("the build failed")
            sys.exit(2)
        printed.seek(0)
        return wall, usage.ru_maxrss / 1024, json.load(printed)


def main():
    wish = wanted()
    wrong = []
    with tempfile.TemporaryDirectory(dir=wish.work) as work:
        root = wish.root or Path(work) / "group"
        if not wish.root:
            say("the corpus")
            subprocess.run([str(wish.synth), "--items", str(wish.items), "--sites", str(wish.sites), str(root)], check=True, stdout=sys.stderr)
        out, index = wish.out or root / "out", root / ".portico/search"
        say("the pages")
        wall, peak, said = build(wish, root, out, "--no-search")
        say(f"pages: {wall:.1f} s, {peak:.0f} MB")
        rows = []

        def measure(name, made=None, removed=0):
            wall, peak, said = build(wish, root, out)
            index_said = said.get("search") or {"elapsed_ms": 0, "documents": 0, "made": 0, "removed": 0}
            size = sum(f.stat().st_size for f in index.rglob("*") if f.is_file()) / 1e6
            rows.append((name, index_said["elapsed_ms"] / 1000, wall, index_said["documents"], index_said["made"], peak, size))
            say(f"{name}: {index_said}, {wall:.2f} s, {peak:.0f} MB, {size:.0f} MB")
            if made is not None and (index_said["made"], index_said["removed"]) != (made, removed):
                wrong.append(f"{name}: {index_said}")

        shutil.rmtree(index, ignore_errors=True)
        measure("the whole index")
        time.sleep(0.2)
        measure("nothing changed", 0)
        sites = sorted((root / "content").iterdir(), key=lambda d: sum(1 for _ in d.rglob("*.md")))
        target = max(sites[-1].glob("news/**/*.md"))
        text = target.read_text()
        for round_ in range(3):
            target.write_text(text + f"\n第 {round_} 次修改。\n")
            time.sleep(0.2)
            measure("one article edited", 1)
        target.write_text(text.replace("\n---\n", "\naudience: internal\n---\n", 1))
        time.sleep(0.2)
        measure("one article withdrawn", None)
        target.write_text(text)
        print("| run | index, s | whole run, s | documents | made | peak memory, MB | index, MB |\n| --- | --- | --- | --- | --- | --- | --- |")
        for name, seconds, wall, documents, made, peak, size in rows:
            print(f"| {name} | {seconds:.2f} | {wall:.2f} | {documents:,} | {made:,} | {peak:.0f} | {size:.0f} |")
    for line in wrong:
        say(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
