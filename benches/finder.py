#!/usr/bin/env python3
"""What a question costs a reader who searches without the service: parts of the index fetched, and their bytes.

In: the folder of a built site (`OUT/www`). Out: a table on stdout over questions cut from its titles: two to eight neighbouring letters.
It goes through the index as `static/js/search.js` does. Exit status 1 when a question does not find the title it was cut from among what
was read, though there was room. Python 3.11, standard library only.
"""

import gzip
import json
import random
import sys
from pathlib import Path

QUESTIONS, ENOUGH, BLOCKS, PAIRS = 300, 20, 8, 6


def fold(text):
    letters = (chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text)
    return "".join(c.lower() for c in letters if c.isalnum())


def shard_of(pair, shards):
    value = 0x811C9DC5
    units = pair.encode("utf-16-le")
    for i in range(0, len(units), 2):
        value = ((value ^ int.from_bytes(units[i : i + 2], "little")) * 0x01000193) & 0xFFFFFFFF
    return (value ^ value >> 16) & (shards - 1)


class Index:
    def __init__(self, site):
        self.folder, self.read = site / "search", {}
        self.front = self.part("index.json")

    def part(self, name):
        raw = (self.folder / name).read_bytes()
        self.read[name] = (len(raw), len(gzip.compress(raw, 6)))
        return json.loads(raw)

    def blocks(self, word):
        left = list(range(self.front["blocks"]))[::-1]
        pairs = list(dict.fromkeys(word[i : i + 2] for i in range(len(word) - 1)))
        if not self.front["shards"] or not pairs:
            return left
        for i, pair in enumerate(pairs):
            if i * PAIRS // len(pairs) != (i - 1) * PAIRS // len(pairs):
                at, there = 0, set()
                for distance in self.part(f"s{shard_of(pair, self.front['shards'])}.json").get(pair, []):
                    at += distance
                    there.add(at)
                left = [block for block in left if block in there]
        return left

    def ask(self, question):
        """Titles found, and whether older blocks are left."""
        self.read, word = {}, fold(question)
        left, found, read = self.blocks(word), [], 0
        while left and read < BLOCKS and len(found) < ENOUGH:
            items = self.part(f"b{left.pop(0)}.json")["items"]
            found += [title for title, *_ in items if word in fold(title)]
            read += 1
        return found, bool(left)


def main():
    index = Index(Path(sys.argv[1]))
    titles = [item[0] for block in range(index.front["blocks"]) for item in index.part(f"b{block}.json")["items"]]
    chance, costs, lost = random.Random(1), [], 0
    for _ in range(QUESTIONS):
        title = chance.choice([t for t in (chance.choice(titles) for _ in range(20)) if len(t) >= 2] or ["云岫"])
        length = min(chance.randint(2, 8), len(title))
        start = chance.randint(0, len(title) - length)
        found, more = index.ask(title[start : start + length])
        lost += title not in found and not more and bool(fold(title[start : start + length]))
        costs.append((len(index.read), *map(sum, zip(*index.read.values()))) if index.read else (0, 0, 0))
    print(f"{index.front['items']} items, {index.front['blocks']} blocks, {index.front['shards']} shards; {QUESTIONS} questions")
    for name, column in zip(("parts", "bytes", "bytes, gzip"), zip(*costs)):
        ordered = sorted(column)
        print(f"{name:12} median {ordered[len(ordered) // 2]:7}  p90 {ordered[len(ordered) * 9 // 10]:7}  most {ordered[-1]:7}")
    print(f"lost: {lost}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
