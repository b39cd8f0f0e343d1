#!/usr/bin/env python3
"""What checking costs: cold, with nothing changed, after one edit; and what it finds in a body of text in which nothing is wrong.

In: how many items and sites. Out: a Markdown table of wall time and peak memory, and the findings of each rule for every thousand files, on
stdout; what is going on goes to stderr. Makes the corpus with `examples/synth`. Exit status: 0 measured, 1 false alarms of privacy above
0.1 %, 2 the machine or a tool failed. Python 3.11, standard library only.
"""

import argparse
import collections
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
    parser.add_argument("--work", type=Path, help="a folder with room for the corpus and its output (4 GB for all items) [a temporary one]")
    parser.add_argument("--root", type=Path, help="a group that is there already; one article of it is edited and put back")
    parser.add_argument("--portico", type=Path, required=True)
    parser.add_argument("--synth", type=Path, help="needed without --root")
    return parser.parse_args()


def run(wish, root, out, command):
    """Wall seconds, CPU seconds, peak memory in MB, and the JSON on stdout."""
    begun = time.monotonic()
    arguments = [str(wish.portico.resolve()), command, "--root", str(root), "--out", str(out), "--at", AT, "--format", "json"]
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(arguments, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begun
        if os.waitstatus_to_exitcode(status) == 2:
            say(f"{command} failed")
            sys.exit(2)
        out.seek(0)
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, json.load(out)


def article(root):
    """One article of the biggest site."""
    sites = sorted((root / "content").iterdir(), key=lambda d: sum(1 for _ in d.rglob("*.md")))
    return max(sites[-1].glob("news/**/*.md"))


def main():
    wish = wanted()
    with tempfile.TemporaryDirectory(dir=wish.work) as work:
        root = wish.root or Path(work) / "group"
        if not wish.root:
            say("the corpus")
            subprocess.run([str(wish.synth), "--items", str(wish.items), "--sites", str(wish.sites), str(root)], check=True, stdout=sys.stderr)
        shutil.rmtree(root / ".portico", ignore_errors=True)
        out = Path(work) / "out"
        rows = []

        def measure(name, command="check"):
            wall, cpu, peak, said = run(wish, root, out, command)
            rows.append((name, wall, cpu, peak, said.get("opened", "")))
            say(f"{name}: {wall:.1f} s, {peak:.0f} MB, {said.get('phases_ms')}")
            return said

        measure("a cold build", "build")
        measure("check, the build being there")
        shutil.rmtree(out)
        shutil.rmtree(root / ".portico")
        cold = measure("build and check, both cold")
        time.sleep(0.2)
        measure("nothing changed")
        target = article(root)
        text = target.read_text()
        for round_ in range(3):
            target.write_text(text + f"\n第 {round_} 次修改。\n")
            time.sleep(0.2)
            measure("one article edited")
        target.write_text(text)
        print("| run | wall, s | CPU, s | peak memory, MB | files opened |\n| --- | --- | --- | --- | --- |")
        for name, wall, cpu, peak, opened in rows:
            print(f"| {name} | {wall:.1f} | {cpu:.1f} | {peak:.0f} | {opened} |")
        counts = collections.Counter(f["rule"] for f in cold["findings"])
        print(f"\n{cold['files']} files. Findings of each rule for a thousand files (nothing was planted):\n\n| rule | findings | per thousand |\n| --- | --- | --- |")
        for rule, count in counts.most_common():
            print(f"| {rule} | {count} | {1000 * count / cold['files']:.2f} |")
        private = sum(count for rule, count in counts.items() if rule.startswith("private-"))
        print(f"\nPrivacy: {private} of {cold['files']} files ({100 * private / cold['files']:.3f} %).")
        sys.exit(1 if private > cold["files"] / 1000 else 0)


if __name__ == "__main__":
    main()
