#!/usr/bin/env python3
"""From a push to the content repository until everybody can read it.

In: how many items and sites (or a group made before with examples/synth; it is changed). Out: a Markdown table on stdout; what is going on
goes to stderr. Puts the group into a bare repository with the hook that `portico deploy git-hook` prints, starts `portico publish --watch`,
pushes articles and looks behind `live`, every other millisecond, until the article's page, its column, the main portal's list, the feeds and the site map
show each. Goes back and forth at the end. Exit status: 0 measured and checked, 1 a check failed, 2 a tool failed. Python 3.11, standard
library, Git.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

AT = "2026-11-20 18:00"
PATIENCE = 120
SITE = "d13"
# Of this run: in a group that was there before, a new article must be new.
RUN = f"{time.time_ns() // 10**9 % 10**6:06}"
OWNERS = "offices:\n  市交通运输局: '*@d13.qingyu.gov.example'\n  信息中心: '*@xxzx.qingyu.gov.example'\npaths:\n  content/d13: [市交通运输局, 信息中心]\n  content/www: 信息中心\n  sites: 信息中心\n"


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def wanted():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=197201)
    parser.add_argument("--sites", type=int, default=94)
    parser.add_argument("--pushes", type=int, default=12, help="new articles pushed, and as many edits of them")
    parser.add_argument("--pause", type=float, default=6.0, help="seconds between two pushes")
    parser.add_argument("--precompress", default="gzip, br", help="what is written to sites/group.yaml")
    parser.add_argument("--work", type=Path, default=Path("/tmp/portico-push"), help="some 8 GB at 197,201 items")
    parser.add_argument("--portico", type=Path, required=True)
    parser.add_argument("--synth", type=Path)
    parser.add_argument("--alone", action="store_true", help="without a publisher that watches: the hook publishes by itself")
    return parser.parse_args()


def git(repository, *words, feed=None, more=None):
    command = ["git", "--git-dir", repository, "-c", "user.name=林晓", "-c", "user.email=lin@d13.qingyu.gov.example", *words]
    done = subprocess.run([str(w) for w in command], input=feed, stdout=subprocess.PIPE, check=True, env={**os.environ, **(more or {})})
    return done.stdout.decode().strip()


class Server:
    """The bare repository with its hooks, the folder it is laid out in, the releases, and who watches."""

    def __init__(self, wish):
        self.wish, self.group, self.bare, self.store = wish, wish.work / "group", wish.work / "content.git", wish.work / "releases"
        self.watcher = None
        if not self.group.exists():
            subprocess.run([wish.synth, "--sites", str(wish.sites), "--items", str(wish.items), "--seed", "1", self.group], check=True, stdout=sys.stderr)
        settings = self.group / "sites/group.yaml"
        text = re.sub(r"^publish:.*\n", "", settings.read_text("utf-8"), flags=re.M)
        settings.write_text(text.rstrip("\n") + f"\npublish: {{precompress: [{wish.precompress}]}}\n", "utf-8")
        (self.group / "sites/owners.yaml").write_text(OWNERS, "utf-8")
        if not self.bare.exists():
            subprocess.run(["git", "init", "-q", "--bare", self.bare], check=True)
        say("everything into the repository")
        git(self.bare, "--work-tree", self.group, "add", "-A", "sites", "content")
        git(self.bare, "--work-tree", self.group, "commit", "-q", "--allow-empty", "-m", "全部")
        git(self.bare, "branch", "-M", "main")
        git(self.bare, "repack", "-adq")
        # The folder is as the commit has it: nothing need be laid out.
        (self.group / ".portico-commit").write_text(git(self.bare, "rev-parse", "main"))
        script = subprocess.run([wish.portico, "deploy", "git-hook", "--root", self.group, "--to", self.store], stdout=subprocess.PIPE, check=True).stdout
        if wish.alone:
            script = script.replace(b"publish --lang", b"publish --at '" + AT.encode() + b"' --lang")
        for name in ("pre-receive", "post-receive"):
            hook = self.bare / "hooks" / name
            hook.write_bytes(script)
            hook.chmod(0o755)

    def start(self):
        log = open(self.wish.work / "watcher.log", "ab")
        self.log = log.tell()
        command = [self.wish.portico, "publish", "--allow-errors", "--at", AT, "--root", self.group, "--to", self.store]
        if self.wish.alone:
            subprocess.run([str(w) for w in command], check=True, stdout=log, stderr=log)
        else:
            self.watcher = subprocess.Popen([str(w) for w in [*command, "--watch", "--format", "json"]], stdout=log, stderr=log)

    def steps(self):
        """What the watcher said of its publications since it was started."""
        text = (self.wish.work / "watcher.log").read_bytes()[self.log :].decode("utf-8", "replace")
        return re.findall(r'"steps_ms":(\{[^}]*\})', text), re.findall(r'"phases_ms":(\{[^}]*\})', text)

    def live(self):
        try:
            return int(os.readlink(self.store / "live").split("/")[1])
        except OSError:
            return 0

    def end(self):
        if self.watcher:
            self.watcher.send_signal(signal.SIGTERM)
            self.watcher.wait()


class Pusher:
    """An editor's clone, without a folder of files: commits are made of the objects themselves."""

    def __init__(self, wish, server):
        self.repository, self.index = wish.work / "editor.git", {"GIT_INDEX_FILE": str(wish.work / "editor.index")}
        subprocess.run(["rm", "-rf", self.repository, wish.work / "editor.index"], check=True)
        subprocess.run(["git", "clone", "-q", "--bare", "--shared", server.bare, self.repository], check=True)
        self.at = git(self.repository, "rev-parse", "main")
        git(self.repository, "read-tree", self.at, more=self.index)
        # Articles of an earlier run would stand in the feeds before those of this one.
        old = git(self.repository, "ls-files", "--", f"content/{SITE}/news/2026/push*", more=self.index).split()
        gone = "".join(f"0 {'0' * 40}\t{path}\n" for path in old)
        git(self.repository, "update-index", "--index-info", feed=gone.encode(), more=self.index)

    def commit(self, path, text):
        blob = git(self.repository, "hash-object", "-w", "--stdin", feed=text.encode())
        git(self.repository, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", more=self.index)
        tree = git(self.repository, "write-tree", more=self.index)
        self.at = git(self.repository, "commit-tree", tree, "-p", self.at, "-m", "改")

    def push(self):
        command = ["git", "--git-dir", str(self.repository), "push", "origin", f"{self.at}:refs/heads/main"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def article(n, title, text):
    return f"---\ntitle: {title}\ndate: 2026-11-20 {8 + n // 60:02}:{n % 60:02}\nsource: 市交通运输局\nshare: [www/news]\n---\n{text}\n"


def places(n, title, text, new):
    """Where a push shows, and by which words."""
    slug = f"push{RUN}-{n:04}"
    shown = {
        "its page": (f"{SITE}/news/{slug}.html", text),
        "its column": (f"{SITE}/news/index.html", title),
        "its feed": (f"{SITE}/news/feed.xml", title),
        "the main portal's list": ("www/news/index.html", title),
        "the main portal's feed": ("www/news/feed.xml", title),
    }
    if new:
        # A large site has several, and one that lists them.
        shown["the site map"] = (f"{SITE}/sitemap*.xml", f"/news/{slug}.html")
    return shown


def watch(server, shown, begun, pushing):
    """When each place shows it, in seconds."""
    live, seen, known = server.store / "live", {}, -1
    while len(seen) < len(shown):
        if time.monotonic() - begun > PATIENCE:
            say(f"CHECK FAILED: not shown: {set(shown) - set(seen)}\n{pushing.stdout.read().decode()}")
            sys.exit(1)
        if (now := server.live()) == known:
            time.sleep(0.002)
            continue
        known = now
        for name, (path, words) in shown.items():
            try:
                if name not in seen and any(words in file.read_text("utf-8") for file in live.glob(path)):
                    seen[name] = time.monotonic() - begun
            except OSError:
                pass
    return seen


def main():
    wish = wanted()
    wish.work.mkdir(parents=True, exist_ok=True)
    server = Server(wish)
    editor = Pusher(wish, server)
    before = server.live()
    begun = time.monotonic()
    server.start()
    while server.live() == before and time.monotonic() - begun < 1200:
        time.sleep(0.05)
        if before and time.monotonic() - begun > 20:
            break
    say(f"release {server.live()} live after {time.monotonic() - begun:.1f} s")
    time.sleep(wish.pause)
    rows = {"a new article": [], "its title and text changed": []}
    returned = {kind: [] for kind in rows}
    try:
        for n in range(-1, wish.pushes):
            for kind in rows:
                new = kind == "a new article"
                title, text = f"第{n + 2}次{'发布' if new else '更正'}：{time.time_ns()}号线路调整", f"自{time.time_ns()}时起施行。"
                slug = n + 1
                editor.commit(f"content/{SITE}/news/2026/push{RUN}-{slug:04}.md", article(slug, title, text))
                begun = time.monotonic()
                pushing = editor.push()
                seen = watch(server, places(slug, title, text, new), begun, pushing)
                said = pushing.communicate()[0].decode()
                over = time.monotonic() - begun
                if pushing.returncode or "已上线" not in said:
                    say(f"CHECK FAILED: {said}")
                    sys.exit(1)
                if n >= 0:
                    rows[kind].append(max(seen.values()))
                    returned[kind].append(over)
                say(f"{kind}: {max(seen.values()):.2f} s, the push returned after {over:.2f} s")
                time.sleep(wish.pause)
        back = []
        for number in [server.live() - 1, server.live()] * 3:
            begun = time.monotonic()
            subprocess.run([wish.portico, "rollback", "--root", server.group, "--to", server.store, str(number)], check=True, stderr=subprocess.DEVNULL)
            back.append(time.monotonic() - begun)
            if server.live() != number:
                say("CHECK FAILED: not gone back")
                sys.exit(1)
        steps, phases = server.steps()
    finally:
        server.end()
    spread = lambda s: f"{statistics.median(s):.2f} ({min(s):.2f}–{max(s):.2f})"
    print("| | pushes | push → live everywhere, s | push → its pusher is told, s |\n| --- | --- | --- | --- |")
    for kind, seconds in rows.items():
        print(f"| {kind} | {len(seconds)} | {spread(seconds)} | {spread(returned[kind])} |")
    print(f"| going back | {len(back)} | {spread(back)} | |")
    if steps:
        print(f"\nThe last publications' steps, ms: {steps[-4:]}; their builds': {phases[-4:]}")


main()
