#!/usr/bin/env python3
"""Letters at a constant rate (open loop): each is due at its own moment, whatever became of the ones before, and its time counts from there.

    python3 benches/letters.py --sidecar target/release/portico-sidecar                # over SQLite
    python3 benches/letters.py --sidecar target/release/portico-sidecar --postgres     # over a PostgreSQL of its own
    python3 benches/letters.py --base http://127.0.0.1:8090 --desk mayor               # a running one, with its limits off
Prints letters and status look-ups: sent, errors, p50, p99 and the longest, in milliseconds. Exit status 1 when there was an error.
"""
import argparse
import asyncio
import json
import sys
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

from desks import postgres, sidecar

PROGRAM = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
PROGRAM.add_argument("--base", default="http://127.0.0.1:8090")
PROGRAM.add_argument("--sidecar", help="a built program to start instead")
PROGRAM.add_argument("--postgres", action="store_true", help="start it over PostgreSQL, not SQLite")
PROGRAM.add_argument("--desk", default="mayor")
PROGRAM.add_argument("--rate", type=int, default=300, help="letters a second")
PROGRAM.add_argument("--seconds", type=int, default=60)
PROGRAM.add_argument("--lookups", type=int, default=1000, help="status look-ups a second, for ten seconds")

ANSWERS = {
    "subject": "茶马街路灯不亮",
    "text": "茶马街东段从昨晚起有六盏路灯不亮，老人和放学的孩子走路不方便，请尽快派人检修。" * 4,
    "name": "张三",
    "phone": "0630-8800000",
    "category": "城市管理",
}


class Connections:
    """Keep-alive connections that wait for work; a new one is opened when none waits."""

    def __init__(self, base):
        self.host, self.port = urlsplit(base).hostname, urlsplit(base).port
        self.waiting = []

    async def ask(self, method, path, body=None):
        reader, writer = self.waiting.pop() if self.waiting else await asyncio.open_connection(self.host, self.port)
        data = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        writer.write(head.encode() + data)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:"))
        answer = await reader.readexactly(length)
        self.waiting.append((reader, writer))
        return int(lines[0].split()[1]), json.loads(answer)


async def at_a_constant_rate(rate, jobs):
    """Runs each job at its own moment. Gives the milliseconds of each, the results and the errors."""
    # All tasks are made before the first is due.
    started = time.perf_counter() + 2
    times, results, errors = [], [], []

    async def one(due, job):
        await asyncio.sleep(max(0, due - time.perf_counter()))
        try:
            status, result = await job()
            if status in (200, 201):
                results.append(result)
            else:
                errors.append(f"{status} {result}")
        except Exception as error:  # whatever it is, it is counted
            errors.append(repr(error))
        times.append((time.perf_counter() - due) * 1000)

    await asyncio.gather(*(one(started + i / rate, job) for i, job in enumerate(jobs)))
    return sorted(times), results, errors


def tell(what, rate, times, errors):
    share = lambda part: times[min(len(times) - 1, int(len(times) * part))]
    print(f"{what}: {len(times)} at {rate}/s, {len(errors)} errors; p50 {share(.5):.1f} ms, p99 {share(.99):.1f} ms, longest {times[-1]:.1f} ms")
    for error in errors[:3]:
        print("  ", error)


async def main(args):
    connections = Connections(args.base)
    tokens = []
    for _ in range(args.rate * args.seconds):
        tokens.append((await connections.ask("GET", f"/-/api/desks/{args.desk}"))[1]["token"])
    await asyncio.sleep(3)
    send = lambda token: lambda: connections.ask("POST", f"/-/api/desks/{args.desk}/letters", {"token": token, "answers": ANSWERS})
    times, receipts, errors = await at_a_constant_rate(args.rate, [send(token) for token in tokens])
    tell("letters", args.rate, times, errors)
    look = lambda receipt: lambda: connections.ask("POST", "/-/api/status", receipt)
    wanted = [receipts[i % len(receipts)] for i in range(args.lookups * 10)] if receipts else []
    if wanted:
        times, _, more = await at_a_constant_rate(args.lookups, [look(receipt) for receipt in wanted])
        tell("look-ups", args.lookups, times, more)
        errors += more
    return 1 if errors else 0


if __name__ == "__main__":
    arguments = PROGRAM.parse_args()
    with ExitStack() as stack:
        if arguments.sidecar:
            database = stack.enter_context(postgres()).url if arguments.postgres else None
            arguments.base = stack.enter_context(sidecar(arguments.sidecar, database))
        sys.exit(asyncio.run(main(arguments)))
