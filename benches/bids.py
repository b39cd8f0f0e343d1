#!/usr/bin/env python3
"""Bids at a constant rate (open loop) on one lot, or viewers who watch it.

    cargo run --release --example market -- ROOT [DATABASE]          # vendors and an open lot, before the service starts
    portico-sidecar --config sidecar.yaml                            # with `secure: false` and `wrong_codes: 0`
    python3 benches/bids.py bids --base http://127.0.0.1:8090 --rate 1000 --seconds 60
    python3 benches/bids.py watch --base http://127.0.0.1:8090 --viewers 5000 --seconds 30

Give --base several times for several services at one database: bids and viewers go to them in turn. Each bid is due at its own moment, whatever
became of the ones before, and its time counts from there. Checked: every answer is a receipt or a refusal by the rules; no two receipts have one
number; the record holds exactly the bids that were acknowledged. --record FILE keeps the record for `portico verify-auction`.
For viewers: the time from a bid's answer until each of them has been told. Exit status 1 when a check fails.
"""
import argparse
import asyncio
import json
import sys
import time
import uuid
from urllib.parse import urlencode, urlsplit
from urllib.request import urlopen

LOT, PASSWORD, CEILING = "JJ-1", "yunxiu-bench-password", 1_000_000_000
PROGRAM = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
PROGRAM.add_argument("what", choices=["bids", "watch"])
PROGRAM.add_argument("--base", action="append", required=True)
PROGRAM.add_argument("--rate", type=int, default=1000)
PROGRAM.add_argument("--seconds", type=int, default=60)
PROGRAM.add_argument("--viewers", type=int, default=5000)
PROGRAM.add_argument("--record")


class Service:
    """One service: keep-alive connections that wait for work, and a vendor's session."""

    def __init__(self, base):
        self.host, self.port, self.waiting = urlsplit(base).hostname, urlsplit(base).port, []

    async def ask(self, method, path, headers=(), body=b""):
        # The one that was used last is the warmest.
        reader, writer = self.waiting.pop() if self.waiting else await asyncio.open_connection(self.host, self.port)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        answer = await reader.readexactly(length)
        self.waiting.append((reader, writer))
        return int(head.split()[1]), head, answer

    async def sign_in(self, name):
        form = urlencode({"name": name, "password": PASSWORD}).encode()
        status, head, answer = await self.ask("POST", "/-/office/sign-in", [("Content-Type", "application/x-www-form-urlencoded")], form)
        assert status == 303, answer.decode()
        cookie = head.split("set-cookie:")[1].split(";")[0].strip()
        _, _, page = await self.ask("GET", "/-/vendor", [("Cookie", cookie)])
        csrf = page.decode().split('name="csrf" value="')[1].split('"')[0]
        return [("Cookie", cookie), ("X-CSRF-Token", csrf), ("Content-Type", "application/json")]

    def bid(self, session, fen):
        body = json.dumps({"price_fen": fen, "meant": True}).encode()
        return self.ask("POST", f"/-/api/lots/{LOT}/bids", [*session, ("Idempotency-Key", uuid.uuid4())], body)


def share(times, part):
    return times[min(len(times) - 1, int(len(times) * part))]


async def standing(service):
    return json.loads((await service.ask("GET", f"/-/api/lots/{LOT}"))[2])


async def bids(args, services, sessions):
    lowest = (await standing(services[0]))["leading_fen"] or CEILING
    times, slowest, receipts, refused, wrong = [], {}, [], {}, []
    # Sixty thousand tasks take a second to be made.
    start = time.perf_counter() + 3

    async def one(i):
        due = start + i / args.rate
        await asyncio.sleep(max(0, due - time.perf_counter()))
        at = i % len(services)
        try:
            status, _, answer = await services[at].bid(sessions[at][i % len(sessions[at])], lowest - 1 - i)
            told = json.loads(answer)
            if status == 201:
                receipts.append(told)
            elif status == 422 and told["why"] == "too-high":
                refused["too-high"] = refused.get("too-high", 0) + 1
            else:
                wrong.append(f"{status} {told}")
        except Exception as error:  # whatever it is, it is counted
            wrong.append(repr(error))
        took = (time.perf_counter() - due) * 1000
        times.append(took)
        second = int(i / args.rate)
        slowest[second] = max(slowest.get(second, 0), took)

    before = (await standing(services[0]))["bids"]
    await asyncio.gather(*(one(i) for i in range(args.rate * args.seconds)))
    times.sort()
    print(f"{len(times)} bids at {args.rate}/s for {args.seconds} s: {len(receipts)} taken, {refused.get('too-high', 0)} overtaken, {len(wrong)} wrong; "
          f"p50 {share(times, .5):.1f} ms, p99 {share(times, .99):.1f} ms, p99.9 {share(times, .999):.1f} ms, longest {times[-1]:.1f} ms")
    worst = sorted(slowest.items(), key=lambda entry: -entry[1])[:5]
    print("  the longest by second of the run: " + ", ".join(f"{second}: {took:.0f} ms" for second, took in worst))
    after = (await standing(services[0]))["bids"]
    numbers = {receipt["index"] for receipt in receipts}
    if len(numbers) != len(receipts) or after - before != len(receipts):
        wrong.append(f"{after - before} bids in the record, {len(receipts)} receipts, {len(numbers)} numbers")
    if args.record:
        text = urlopen(f"{args.base[0]}/-/lot/{LOT}/record.json").read()
        open(args.record, "wb").write(text)
        entries = {e["entry"]["index"]: e["entry"] for e in json.loads(text)["entries"]}
        wrong += [f"not in the record: {r}" for r in receipts if entries[r["index"]]["happened"]["bid"]["fen"] != r["fen"]]
    for line in wrong[:5]:
        print("  ", line)
    return 1 if wrong else 0


class Viewer(asyncio.Protocol):
    def __init__(self, host, told):
        self.host, self.told, self.rest = host, told, b""

    def connection_made(self, transport):
        transport.write(f"GET /-/lot/{LOT}/live HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())

    def data_received(self, data):
        self.rest += data
        at = self.rest.rfind(b'"bids":')
        if at >= 0 and (end := self.rest.find(b",", at)) >= 0:
            self.told(self, int(self.rest[at + 7:end]))
            self.rest = self.rest[end:]


async def watch(args, services, sessions):
    seen, told_at, moments = {}, {}, {}

    def told(viewer, bids):
        now = time.perf_counter()
        for n in range(seen.get(viewer, bids) + 1, bids + 1):
            told_at.setdefault(n, []).append(now)
        seen[viewer] = bids

    loop = asyncio.get_running_loop()
    for i in range(args.viewers):
        service = services[i % len(services)]
        await loop.create_connection(lambda s=service: Viewer(s.host, told), service.host, service.port)
    while len(seen) < args.viewers:
        await asyncio.sleep(0.2)
    before = await standing(services[0])
    price = before["leading_fen"] or CEILING
    for i in range(args.seconds):
        price -= 1
        status, _, answer = await services[i % len(services)].bid(sessions[i % len(services)][0], price)
        # Some are told before the bidder has its answer.
        moments[before["bids"] + i + 1] = time.perf_counter()
        assert status == 201, answer
        await asyncio.sleep(1)
    await asyncio.sleep(2)
    late = sorted(max(0, at - moments[n]) * 1000 for n in moments for at in told_at.get(n, []))
    missed = args.viewers * len(moments) - len(late)
    print(f"{args.viewers} viewers, {len(moments)} bids: {len(late)} told, {missed} never; p50 {share(late, .5):.0f} ms, p99 {share(late, .99):.0f} ms, longest {late[-1]:.0f} ms")
    return 1 if missed or late[-1] > 1000 else 0


async def main(args):
    services = [Service(base) for base in args.base]
    sessions = [[await service.sign_in(f"v{n}") for n in range(20)] for service in services]
    return await (bids if args.what == "bids" else watch)(args, services, sessions)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(PROGRAM.parse_args())))
