#!/usr/bin/env python3
"""Questions at a constant rate (open loop) to `/-/search`, with facets, over a root that has an index.

    cargo build --release
    python3 benches/search.py --root ROOT --rate 200 --seconds 60        # the group's folder, with .portico/search

Starts target/release/portico-sidecar over ROOT (a database of its own in a temporary folder) and stops it at the end. Questions come from --questions
FILE (one a line) or from the list here, drawn evenly; one in four asks with a facet, one in eight by date, one in eight for the second page. Each is
due at its own moment, whatever became of the ones before, and its time counts from there. Out: p50, p99, max, errors, and the service's memory: VmHWM,
and at the end what is its own (RssAnon) and what is of files (RssFile: the program; the index is not mapped). With --limit MB the
service runs in a control group that gets no more than that for everything, the index's files in the page cache included (they are dropped from it
first, so that they count here); needs the right to make one. Exit status 1 when an answer is not 200.
"""
import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

QUESTIONS = """身份证 身份证补办 居民身份证怎么办理 公积金 公积金提取 户口迁移 落户 营业执照 结婚登记 小学入学 教育局 卫健委 市场监管局 公安局 停水 停电 招聘 招考公告 预算 决算 政府工作报告
云政发〔2026〕12号 云政办发2025 云政发 通知 公告 办法 消防安全 森林防火 道路改造 老旧小区 污水处理 环境质量 医保报销 社会保险 养老金 低保 残疾人证 驾驶证 不动产登记 房产证
住房保障 廉租房 农村宅基地 高标准农田 乡村振兴 茶叶 茶马街 旅游 图书馆 博物馆 疫苗接种 生育登记 养老机构 学校名录 档案目录 招商引资 优惠政策 税收 发票 表格下载 申请表 流程图""".split()
FACETS = ["&kind=news", "&kind=notice", "&kind=policy", "&year=2026", "&year=2025", "&site=www"]
PROGRAM = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
PROGRAM.add_argument("--root", required=True, type=Path)
PROGRAM.add_argument("--index", type=Path, help="the index's folder when it is not ROOT/.portico/search")
PROGRAM.add_argument("--program", default="target/release/portico-sidecar")
PROGRAM.add_argument("--questions", type=Path)
PROGRAM.add_argument("--rate", type=int, default=200)
PROGRAM.add_argument("--seconds", type=int, default=60)
PROGRAM.add_argument("--json", action="store_true", help="ask the API instead of the page")
PROGRAM.add_argument("--limit", type=int, metavar="MB", help="all the memory the service may have")
PROGRAM.add_argument("--seed", type=int, default=20261121)


class Connections:
    """Keep-alive connections that wait for work; one more whenever all are busy."""

    def __init__(self, base):
        self.host, self.port, self.waiting = urlsplit(base).hostname, urlsplit(base).port, []

    async def ask(self, path):
        reader, writer = self.waiting.pop() if self.waiting else await asyncio.open_connection(self.host, self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
        self.waiting.append((reader, writer))
        return int(head.split()[1])


def addresses(args):
    """As many addresses as will be asked, the same for the same seed."""
    words = args.questions.read_text().split("\n") if args.questions else QUESTIONS
    words = [w.strip() for w in words if w.strip()]
    draw = random.Random(args.seed)
    path = "/-/api/search" if args.json else "/-/search"
    for i in range(args.rate * args.seconds):
        more = draw.choice(FACETS) if i % 4 == 0 else "&sort=date" if i % 8 == 1 else "&page=2" if i % 8 == 3 else ""
        yield f"{path}?q={quote(words[i % len(words)])}{more}"


class Bounds:
    """A control group of so many megabytes, of either version."""

    def __init__(self, limit):
        top = Path("/sys/fs/cgroup")
        old = (top / "memory").is_dir()
        self.dir = top / ("memory" if old else "") / f"portico-bench-{os.getpid()}"
        self.names = ("memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.failcnt") if old else ("memory.max", "memory.peak", None)
        self.dir.mkdir()
        (self.dir / self.names[0]).write_text(str(limit << 20))

    def enter(self):
        (self.dir / "cgroup.procs").write_text(str(os.getpid()))

    def told(self):
        """The most it had at once, in megabytes, and how often it was told that there is no more."""
        most = int((self.dir / self.names[1]).read_text()) / 2**20
        refused = (self.dir / self.names[2]).read_text().strip() if self.names[2] else "?"
        return f"of all memory, page cache included, {most:.0f} MB at most; the limit was met {refused} times"


def drop_from_cache(folder):
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as f:
                os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def start(args, folder, bounds):
    """The running program and its address."""
    settings = {"root": str(args.root.resolve()), "database": f"sqlite:{folder}/sidecar.db", "listen": "127.0.0.1:0", "secure": False, "searches_per_address": 0}
    settings["signing_key_file"] = f"{folder}/auction.key"
    if args.index:
        settings["search"] = str(args.index.resolve())
    (Path(folder) / "sidecar.yaml").write_text(json.dumps(settings))
    service = subprocess.Popen([args.program, "--config", f"{folder}/sidecar.yaml"], stderr=subprocess.PIPE, text=True, preexec_fn=bounds and bounds.enter)
    for line in service.stderr:
        if address := json.loads(line).get("fields", {}).get("address"):
            # What it tells later goes by, so that it never waits for us.
            subprocess.Popen(["cat"], stdin=service.stderr, stdout=subprocess.DEVNULL)
            return service, f"http://{address}"
    sys.exit(f"{args.program} does not start")


def memory(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: int(line.split()[1]) / 1024 for line in lines for name in ("VmHWM", "RssAnon", "RssFile") if line.startswith(f"{name}:")}


async def ready(connections):
    """Waits until there is an index, and has the first answers out of the way."""
    for _ in range(600):
        if await connections.ask("/-/api/search?q=a") == 200:
            return
        await asyncio.sleep(1)
    sys.exit("there is no index")


async def main(args, base):
    connections = Connections(base)
    await ready(connections)
    for address in list(addresses(args))[: len(QUESTIONS)]:
        await connections.ask(address)
    times, wrong = [], {}
    start_at = time.perf_counter() + 0.5

    async def one(i, address):
        due = start_at + i / args.rate
        await asyncio.sleep(max(0, due - time.perf_counter()))
        status = await connections.ask(address)
        times.append(time.perf_counter() - due)
        if status != 200:
            wrong[status] = wrong.get(status, 0) + 1

    await asyncio.gather(*(one(i, address) for i, address in enumerate(addresses(args))))
    times.sort()
    share = lambda part: times[min(len(times) - 1, int(len(times) * part))] * 1000
    print(f"{len(times)} questions at {args.rate}/s: p50 {share(.5):.1f} ms, p99 {share(.99):.1f} ms, max {times[-1] * 1000:.1f} ms; not 200: {wrong or 'none'}")
    return not wrong


if __name__ == "__main__":
    args = PROGRAM.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bounds = args.limit and Bounds(args.limit)
        if bounds:
            drop_from_cache(args.index or args.root / ".portico/search")
        service, base = start(args, folder, bounds)
        try:
            fine = asyncio.run(main(args, base))
            now = memory(service.pid)
            if bounds:
                print(bounds.told())
            print(f"memory: peak {now['VmHWM']:.0f} MB; at the end {now['RssAnon']:.0f} MB its own, {now['RssFile']:.0f} MB of files")
        finally:
            service.terminate()
            service.wait()
            if bounds:
                bounds.dir.rmdir()
    sys.exit(0 if fine else 1)
