#!/usr/bin/env python3
"""What photographs cost: one of 12 megapixels, an album of hundreds, the largest that are allowed.

In: how many photographs. Out: a Markdown table on stdout; what is going on goes to stderr. Makes its groups with `examples/album`. Exit status: 0
measured and checked, 1 a check failed, 2 the machine or a tool failed. Python 3.11, standard library only.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
from pathlib import Path

from peers import PROBLEMS, ROOT, measured, problem, run


def wanted():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=300, help="photographs of the album (300)")
    parser.add_argument("--runs", type=int, default=3, help="builds of each kind (3)")
    parser.add_argument("--work", type=Path, default=Path("/tmp/portico-media"), help="folder for groups and outputs; some 6 MB a photograph")
    return parser.parse_args()


class Bench:
    def __init__(self, wish):
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
        run(["cargo", "build", "--release", "--bin", "portico", "--example", "album"], cwd=ROOT)
        self.portico, self.album = target / "portico", target / "examples" / "album"
        self.wish, self.work, self.rows = wish, wish.work, []
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)

    def group(self, name, *options):
        root = self.work / name
        run([self.album, root, *options])
        return root

    def build(self, root, *options, out="out", made=None, written=None):
        command = [self.portico, "build", "--no-search", "--root", root, "--at", "2026-11-20", "--format", "json", "--lang", "en", "--out", root / out, *options]
        result = measured(command, self.work, "build")
        told = json.loads(result["printed"])
        for key, expected in (("photos_made", made), ("written", written)):
            if expected is not None and told[key] != expected:
                problem(f"{root.name} {' '.join(map(str, options))}: {key} is {told[key]}, expected {expected}")
        return result

    def row(self, what, results, each=1):
        middle = {key: statistics.median(r[key] for r in results) for key in ("wall", "cpu", "rss")}
        self.rows.append(f"| {what} | {middle['wall'] / each:.3f} | {middle['cpu'] / each:.3f} | {middle['rss'] / 1e6:.0f} |")


def forget(root):
    for part in (".portico", "out"):
        shutil.rmtree(root / part, ignore_errors=True)


def one_photo(bench):
    """Ten photographs on one thread, less the same group without any."""
    root, bare = bench.group("ten", "--photos", 10), bench.group("none", "--photos", 0)
    results = []
    for _ in range(bench.wish.runs):
        forget(root)
        forget(bare)
        full, empty = bench.build(root, "--threads", 1, made=10), bench.build(bare, "--threads", 1, made=0)
        results.append({"wall": full["wall"] - empty["wall"], "cpu": full["cpu"] - empty["cpu"], "rss": full["rss"]})
    bench.row("one photograph of 12 megapixels, one thread (a tenth of ten)", results, each=10)


def ten_sites(bench):
    root = bench.group("sites", "--sites", 10)
    bench.row("one photograph used by ten sites, cold", [bench.build(root, made=1)])


def album(bench):
    count = bench.wish.photos
    root = bench.group("album", "--photos", count)
    cold, other, same, edited = [], [], [], []
    news = root / "content/s0/news/opening.md"
    for number in range(bench.wish.runs):
        forget(root)
        cold.append(bench.build(root, made=count))
        same.append(bench.build(root, made=0, written=0))
        news.write_text(news.read_text() + f"\n第 {number + 1} 次补充。\n")
        edited.append(bench.build(root, made=0, written=1))
        other.append(bench.build(root, out="other", made=0))
        shutil.rmtree(root / "other")
    bench.row(f"album of {count}, cold", cold)
    bench.row("the same, nothing changed", same)
    bench.row("the same, an article edited", edited)
    bench.row("the same, into another folder (from the cache)", other)
    shutil.rmtree(root)


def largest(bench):
    for what, *options in (
        ("four of 100 megapixels", "--width", 11500, "--height", 8690),
        ("four of 61 megapixels, progressive", "--width", 9000, "--height", 6770, "--progressive"),
    ):
        root = bench.group(what.replace(" ", "-"), "--photos", 4, *options)
        result = bench.build(root, made=4)
        bench.row(what + ", cold", [result])
        if result["rss"] > 1e9:
            problem(f"{what}: {result['rss'] / 1e6:.0f} MB")
        shutil.rmtree(root)


def main():
    bench = Bench(wanted())
    for part in (one_photo, ten_sites, album, largest):
        part(bench)
    print("| work, fresh process | wall, s | CPU, s | peak memory, MB |\n| --- | --- | --- | --- |")
    print("\n".join(bench.rows))
    sys.exit(1 if PROBLEMS else 0)


if __name__ == "__main__":
    main()
