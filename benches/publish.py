#!/usr/bin/env python3
"""What publishing costs: a first release, then one-article releases, a release by the watcher, going back.

In: how many items and sites. Out: a Markdown table on stdout; what is going on goes to stderr. Makes the corpus with
`examples/synth`. Exit status: 0 measured and checked, 1 a check failed, 2 the machine or a tool failed. Python 3.11, standard
library only.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

AT = "2026-11-20 18:00"


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def wanted():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=20000)
    parser.add_argument("--sites", type=int, default=94)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--work", type=Path, default=Path("/tmp/portico-publish"))
    parser.add_argument("--root", type=Path, help="a group that is there already; one article of it is edited and put back")
    parser.add_argument("--precompress", default="gzip, br", help="what is written to sites/group.yaml")
    parser.add_argument("--portico", type=Path, required=True)
    parser.add_argument("--synth", type=Path, help="needed without --root")
    return parser.parse_args()


def publish(wish, root, *more):
    begun = time.monotonic()
    command = [wish.portico, "publish", "--root", root, "--to", wish.work / "releases", "--at", AT, "--format", "json", *more]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wall = time.monotonic() - begun
    if done.returncode != 0:
        say(done.stderr.decode()[-2000:])
        sys.exit(2)
    return wall, json.loads(done.stdout)


def used(folder):
    """Bytes of the disk that the file system has given out, whoever asked: read on a quiet machine."""
    os.sync()
    facts = os.statvfs(folder)
    return (facts.f_blocks - facts.f_bfree) * facts.f_frsize


def article(root):
    """The newest news of the biggest department."""
    sites = [d for d in (root / "content").iterdir() if d.name != "www" and (d / "news").is_dir()]
    site = max(sites, key=lambda d: sum(1 for _ in (d / "news").rglob("*.md")))
    dated = lambda p: re.search(r"^date: (.*)$", p.read_text("utf-8"), re.M).group(1)
    return max((site / "news").rglob("*.md"), key=dated)


def main():
    wish = wanted()
    wish.work.mkdir(parents=True, exist_ok=True)
    root = wish.root
    if root is None:
        root = wish.work / "group"
        if not root.exists():
            subprocess.run([wish.synth, "--sites", str(wish.sites), "--items", str(wish.items), "--seed", "1", root], check=True, stdout=sys.stderr)
        settings = root / "sites/group.yaml"
        text = re.sub(r"^publish:.*\n", "", settings.read_text("utf-8"), flags=re.M)
        settings.write_text(text.rstrip("\n") + f"\npublish: {{precompress: [{wish.precompress}]}}\n", "utf-8")
    shutil.rmtree(wish.work / "releases", ignore_errors=True)
    rows, bad = [], 0
    before = used(wish.work)
    wall, said = publish(wish, root)
    rows.append(("first release", [wall], said["steps_ms"], used(wish.work) - before, said["release"]["changes"]["added"]))
    wall, said = publish(wish, root)
    rows.append(("nothing changed", [wall], said["steps_ms"], 0, 0))
    path = article(root)
    original = path.read_bytes()
    kinds = {
        "a sentence added": lambda text, n: text.rstrip("\n") + f"\n\n第{n}次补充。\n",
        "its title changed": lambda text, n: re.sub(r'^title: "?(.*?)"?$', rf'title: "\1（{n}订）"', text, count=1, flags=re.M),
    }
    for kind, edit in kinds.items():
        walls, steps, disk, changed = [], {}, [], 0
        for n in range(wish.runs):
            path.write_text(edit(original.decode("utf-8"), n), "utf-8")
            time.sleep(0.2)
            before = used(wish.work)
            wall, said = publish(wish, root)
            walls.append(wall)
            steps, changed = said["steps_ms"], said["release"]["changes"]["changed"]
            disk.append(used(wish.work) - before)
            if kind == "a sentence added" and changed != 1:
                bad += 1
                say(f"CHECK FAILED: {changed} files changed")
        rows.append((kind, walls, steps, statistics.median(disk), changed))
    walls = []
    for _ in range(wish.runs):
        begun = time.monotonic()
        subprocess.run([wish.portico, "rollback", "--root", root, "--to", wish.work / "releases"], check=True, stderr=subprocess.DEVNULL)
        walls.append(time.monotonic() - begun)
    rows.append(("going back", walls, {}, 0, 0))
    path.write_bytes(original)
    print("| | s (least–most) | steps of the last, ms | disk, MB | files other |\n| --- | --- | --- | --- | --- |")
    for name, walls, steps, disk, changed in rows:
        spread = f"{statistics.median(walls):.2f} ({min(walls):.2f}–{max(walls):.2f})"
        print(f"| {name} | {spread} | {', '.join(f'{k} {v}' for k, v in steps.items())} | {disk / 1e6:.1f} | {changed} |")
    sys.exit(1 if bad else 0)


main()
