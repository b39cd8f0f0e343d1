#!/usr/bin/env python3
"""How soon `portico serve` shows what was saved: one article at a time, and thousands of files at once.

In: how many items and sites (or a group made before). Out: a Markdown table on stdout, what is going on on stderr. Makes the corpus with
`examples/synth`, starts the preview, adds a sentence to an article and asks for its page until the sentence stands in it; then changes many
files as a `git pull` would and asks for pages spread over them. Everything asked for is checked; the corpus is put back as it was.
Exit status: 0 measured, 1 a page never showed what was saved, 2 the machine or a tool failed. Python 3.11, standard library only.
"""

import argparse
import http.client
import json
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def stop(text, status=2):
    say(text)
    sys.exit(status)


def wanted():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=197201)
    parser.add_argument("--sites", type=int, default=94)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--saves", type=int, default=15, help="articles saved, one after another (15)")
    parser.add_argument("--pause", type=float, default=4.0, help="seconds between two saves (4): the rest of the group follows each")
    parser.add_argument("--pull", type=int, default=5000, help="files changed at once (5000)")
    parser.add_argument("--pulls", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("/tmp/portico-serve"), help="folder for the corpus")
    parser.add_argument("--corpus", type=Path, help="a group made before with examples/synth, instead")
    parser.add_argument("--portico", type=Path, help="a built program; without it cargo builds it")
    parser.add_argument("--synth", type=Path, help="likewise")
    return parser.parse_args()


def built(args):
    if not args.portico or not (args.corpus or args.synth):
        subprocess.run(["cargo", "build", "--release", "--examples", "--bins"], cwd=ROOT, check=True, stdout=sys.stderr)
    release = ROOT / "target/release"
    return args.portico or release / "portico", args.synth or release / "examples/synth"


def corpus(args, synth):
    if args.corpus:
        return args.corpus
    folder = args.work / "group"
    if not folder.exists():
        say(f"making {args.items} items in {args.sites} sites")
        command = [synth, "--sites", args.sites, "--items", args.items, "--seed", args.seed, folder]
        subprocess.run([str(part) for part in command], check=True, stdout=sys.stderr)
    return folder


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Page:
    """One page of the preview, asked for on a connection of its own."""

    def __init__(self, port, site, path):
        self.port, self.host, self.path = port, f"{site}.localhost:{port}", path
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def text(self):
        self.connection.request("GET", self.path, headers={"Host": self.host})
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def wait_for(self, sentence):
        begun = time.monotonic()
        while time.monotonic() - begun < PATIENCE:
            status, text = self.text()
            if status == 200 and sentence in text:
                return time.monotonic()
            time.sleep(0.001)
        stop(f"{self.host}{self.path} never showed “{sentence}”", 1)


def page_of(port, content, file):
    site, path = file.relative_to(content).parts[0], file.relative_to(content)
    column = next(parent for parent in path.parents if not parent.name.isdigit())
    return Page(port, site, "/" + "/".join(column.parts[1:]) + f"/{path.stem}.html")


def articles(content):
    """News and notices: plain articles, whose pages lie in their column without the folders of years."""
    files = sorted(f for f in content.glob("*/**/n*.md") if any(part in ("news", "notices", "notice", "focus") for part in f.parts))
    return files or stop("there are no news in this group")


class Edit:
    """A sentence added to a file, as an editor saves it, and taken away again in the end."""

    def __init__(self, file):
        self.file, self.before = file, file.read_bytes()

    def save(self, sentence):
        self.file.write_bytes(self.before + f"\n{sentence}\n".encode())

    def undo(self):
        self.file.write_bytes(self.before)


def start(portico, group, port):
    command = [str(portico), "serve", "--root", str(group), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    begun = time.monotonic()
    for line in server.stderr:
        if f"localhost:{port}" in line:
            break
    if server.poll() is not None:
        stop("the preview did not start")
    # Whatever else it says must not fill the pipe.
    import threading
    threading.Thread(target=lambda: [None for _ in server.stderr], daemon=True).start()
    say(f"first build: {time.monotonic() - begun:.1f} s")
    return server


def quiet(port):
    """Waits until the preview has looked at everything: its number stands still."""
    page, last, since = Page(port, "www", "/"), None, time.monotonic()
    while time.monotonic() - since < 3.0:
        number = page.text()[1].rpartition('data-build="')[2].partition('"')[0]
        if number != last:
            last, since = number, time.monotonic()
        time.sleep(0.05)


def saves(args, port, content, chosen):
    took = []
    for i, file in enumerate(chosen):
        page, edit, sentence = page_of(port, content, file), Edit(file), f"本次更新的第{i}号补充说明。"
        if page.text()[0] != 200:
            stop(f"{page.host}{page.path} is not there")
        edit.save(sentence)
        saved = time.monotonic()
        took.append(page.wait_for(sentence) - saved)
        time.sleep(args.pause)
        edit.undo()
        time.sleep(args.pause)
    return took


def pulls(args, port, content, files, rng):
    took = []
    for i in range(args.pulls):
        edits = [Edit(file) for file in rng.sample(files, min(args.pull, len(files)))]
        sentence = f"本次合并的第{i}号补充说明。"
        begun = time.monotonic()
        for edit in edits:
            edit.save(sentence)
        pulled = time.monotonic()
        # The last of them to be shown counts.
        asked = [page_of(port, content, edit.file) for edit in rng.sample(edits, min(200, len(edits)))]
        shown = max(page.wait_for(sentence) for page in asked)
        took.append((pulled - begun, shown - pulled))
        quiet(port)
        for edit in edits:
            edit.undo()
        quiet(port)
    return took


def main():
    args = wanted()
    portico, synth = built(args)
    group = corpus(args, synth)
    content, rng, port = group / "content", random.Random(args.seed), free_port()
    files = articles(content)
    server = start(portico, group, port)
    try:
        quiet(port)
        one = saves(args, port, content, rng.sample(files, args.saves))
        many = pulls(args, port, content, files, rng) if args.pull else []
        memory = next(int(line.split()[1]) for line in Path(f"/proc/{server.pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    finally:
        server.terminate()
        server.wait()
    items = sum(1 for _ in content.glob("**/*.md"))
    shown = lambda seconds: f"{seconds * 1000:.0f} ms"
    print(f"\n`portico serve`, {items:,} items, peak memory {memory / 1024:.0f} MB\n\n| what | runs | median | least | most |\n| --- | --- | --- | --- | --- |")
    print(f"| an article saved → its page shown | {len(one)} | {shown(statistics.median(one))} | {shown(min(one))} | {shown(max(one))} |")
    if many:
        after = [after for _, after in many]
        print(f"| {args.pull:,} files pulled → 200 of their pages shown | {len(many)} | {shown(statistics.median(after))} | {shown(min(after))} | {shown(max(after))} |")
        print(f"\nWriting the files of a pull took {shown(statistics.median(before for before, _ in many))} of itself; the preview's time counts from its end.")
    print(json.dumps({"items": items, "saves": one, "pulls": many}), file=sys.stderr)
    if not args.corpus:
        shutil.rmtree(args.work, ignore_errors=True)


if __name__ == "__main__":
    main()
