#!/usr/bin/env python3
"""Nine hundred switches between two releases while wrk asks nginx as fast as it can: does any request fail, is any answer mixed?

In: a small group (the sample, or --root), published twice with all pages other. Out: a Markdown table on stdout, what is going on on stderr. Every
answer wrk gets is compared with the two releases' pages by a script inside wrk. Exit status: 0 none failed and none was anything else, 1 some
were, 2 a tool failed. Needs nginx and wrk (Debian's), Python 3.11.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AT = "2026-11-20 18:00"
GROUP = "name: 云岫市\ndomain: yunxiu.test\nmain: www\nlanguage: zh-CN\ntimezone: Asia/Shanghai\n"
LUA = """
local pages = %s
local known, at = {}, 0
for i, page in ipairs(pages) do
  known[i] = {}
  for n, file in ipairs(page.files) do local f = io.open(file, "rb"); known[i][n] = f:read("*a"); f:close() end
end
-- One connection a thread, no pipelining: answers come in the order of their requests.
local asked = 0
function request() at = asked %% #pages + 1; asked = asked + 1; return wrk.format("GET", pages[at].path, {Host = pages[at].host}) end
failed, mixed, first, second = 0, 0, 0, 0
function response(status, headers, body)
  if status ~= 200 then failed = failed + 1; return end
  if body == known[at][1] then first = first + 1 elseif body == known[at][2] then second = second + 1 else mixed = mixed + 1 end
end
local threads = {}
function setup(thread) table.insert(threads, thread) end
function done(summary)
  local sum = {failed = 0, mixed = 0, first = 0, second = 0}
  for _, t in ipairs(threads) do for name, n in pairs(sum) do sum[name] = n + t:get(name) end end
  local e = summary.errors
  io.write(string.format('JSON {"requests":%%d,"failed":%%d,"mixed":%%d,"first":%%d,"second":%%d,"sockets":%%d,"us":%%d}\\n',
    summary.requests, sum.failed, sum.mixed, sum.first, sum.second, e.connect + e.read + e.write + e.timeout, summary.duration))
end
"""


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def wanted():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--portico", type=Path, required=True)
    parser.add_argument("--switches", type=int, default=900)
    parser.add_argument("--seconds", type=int, default=30, help="how long wrk asks; the switches are spread over it")
    return parser.parse_args()


def group(root):
    site = lambda name, kind, at: f"name: {name}\nkind: {kind}\nat: {at}\ncolumns:\n- {{id: news, name: 动态, type: news}}\n"
    files = {"sites/group.yaml": GROUP, "sites/www.yaml": site("云岫市", "portal", "www"), "sites/jyj.yaml": site("教育局", "department", "jyj")}
    for n in range(40):
        files[f"content/{['www', 'jyj'][n % 2]}/news/n{n}.md"] = f"---\ntitle: 第{n}篇\ndate: 2026-10-{n % 28 + 1:02}\n---\n" + "办理情况公开。" * 200 + "\n"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")


def main():
    wish = wanted()
    with tempfile.TemporaryDirectory() as folder:
        measure(wish, Path(folder))


def measure(wish, work):
    root, store = work / "group", work / "store"
    os.chmod(work, 0o755)
    group(root)
    run = lambda *words: subprocess.run([str(w) for w in (wish.portico, *words)], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
    where = ("--root", root, "--to", store)
    run("publish", *where, "--at", AT)
    for site in ("www", "jyj"):
        # A site's name stands on each of its pages.
        settings = root / f"sites/{site}.yaml"
        settings.write_text(settings.read_text("utf-8").replace("\nkind:", "（第二版）\nkind:"), "utf-8")
    run("publish", *where, "--at", AT)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    (work / "portico.conf").write_bytes(run("deploy", "nginx", *where, "--port", port))
    (work / "nginx.conf").write_text(
        f"pid {work}/pid;\nerror_log {work}/error.log;\ndaemon off;\nworker_processes 1;\nevents {{}}\nhttp {{\ninclude /etc/nginx/mime.types;\naccess_log off;\ninclude {work}/portico.conf;\n}}\n"
    )
    pages = [("www", "/"), ("www", "/news/n0.html"), ("jyj", "/"), ("jyj", "/news/n1.html"), ("jyj", "/news/")]
    file = lambda host, path: host + path + ("index.html" if path.endswith("/") else "")
    both = lambda host, path: [store / f"releases/{n}/tree" / file(host, path) for n in (1, 2)]
    for host, path in pages:
        first, second = both(host, path)
        if first.read_bytes() == second.read_bytes():
            say(f"{host}{path} is the same in both releases")
            sys.exit(2)
    lua = ",".join(
        '{host="%s.yunxiu.test:%d",path="%s",files={%s}}' % (host, port, path, ",".join(f'"{f}"' for f in both(host, path))) for host, path in pages
    )
    (work / "check.lua").write_text(LUA % ("{" + lua + "}"))
    nginx = subprocess.Popen(["nginx", "-c", str(work / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        wrk = subprocess.Popen(["wrk", "-t2", "-c2", f"-d{wish.seconds}s", "-s", str(work / "check.lua"), f"http://127.0.0.1:{port}"], stdout=subprocess.PIPE)
        begun, took = time.monotonic(), []
        for n in range(wish.switches):
            time.sleep(max(0, begun + 0.5 + n * (wish.seconds - 1) / wish.switches - time.monotonic()))
            moment = time.monotonic()
            run("rollback", *where, 1 + n % 2)
            took.append(time.monotonic() - moment)
        late = time.monotonic() - begun - wish.seconds
        said = wrk.communicate()[0].decode()
    finally:
        nginx.terminate()
        nginx.wait()
    found = json.loads(said.split("JSON ")[1])
    switches = len((store / "history.jsonl").read_text().splitlines()) - 2
    print("| switches | requests | a second | first release | second | failed | mixed | socket errors | a switch by the command, ms (median, most) |\n" + "| --- " * 9 + "|")
    took.sort()
    print(
        f"| {switches} | {found['requests']:,} | {found['requests'] * 1e6 / found['us']:,.0f} | {found['first']:,} | {found['second']:,} | {found['failed']} | {found['mixed']} "
        f"| {found['sockets']} | {took[len(took) // 2] * 1e3:.0f}, {took[-1] * 1e3:.0f} |"
    )
    if late > 0:
        say(f"the last switches came {late:.1f} s after wrk had ended: give it more --seconds")
    bad = found["failed"] or found["mixed"] or found["sockets"] or late > 0 or not (found["first"] and found["second"])
    sys.exit(1 if bad else 0)


main()
