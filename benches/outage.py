#!/usr/bin/env python3
"""Three sidecars at one PostgreSQL, letters at a constant rate to each of them in turn; PostgreSQL is killed (SIGKILL) and started again.

    python3 benches/outage.py --sidecar target/release/portico-sidecar --rate 60 --seconds 20
Prints how long the longest 503 took, how soon letters were taken again, and whether each form is one letter afterwards. Exit status 1 when a
letter that had been acknowledged is gone or changed, when a form has become two, or when anything but 201 and 503 was answered.
"""
import argparse
import asyncio
import sys
import time
from contextlib import ExitStack

from desks import postgres, sidecar
from letters import ANSWERS, Connections

PROGRAM = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
PROGRAM.add_argument("--sidecar", default="target/release/portico-sidecar")
PROGRAM.add_argument("--rate", type=int, default=60, help="letters a second")
PROGRAM.add_argument("--seconds", type=int, default=20)
PROGRAM.add_argument("--down", type=float, default=5.0, help="seconds without PostgreSQL")


async def main(args, bases, server):
    several = [Connections(base) for base in bases]
    tokens = [(await several[i % 3].ask("GET", "/-/api/desks/mayor"))[1]["token"] for i in range(args.rate * args.seconds)]
    await asyncio.sleep(3)
    started = time.perf_counter()
    moments = {}

    async def send(i):
        # Another sidecar than the one that gave the form.
        return await several[(i + 1) % 3].ask("POST", "/-/api/desks/mayor/letters", {"token": tokens[i], "answers": ANSWERS})

    async def one(i):
        due = started + i / args.rate
        await asyncio.sleep(max(0, due - time.perf_counter()))
        status, answer = await send(i)
        now = time.perf_counter()
        return status, answer, now - due, now - started

    async def disaster():
        await asyncio.sleep(args.seconds / 4)
        server.kill()
        moments["killed"] = time.perf_counter() - started
        await asyncio.sleep(args.down)
        await asyncio.to_thread(server.start)
        moments["up"] = time.perf_counter() - started

    *answers, _ = await asyncio.gather(*(one(i) for i in range(len(tokens))), disaster())
    again = [await send(i) for i in range(len(tokens))]
    refused = [a for a in answers if a[0] == 503]
    healed = min(at for status, _, _, at in answers if status == 201 and at > moments["up"])
    strange = [a for a in answers if a[0] not in (201, 503)] + [a for a in again if a[0] != 201]
    changed = sum(first[0] == 201 and first[1] != later[1] for first, later in zip(answers, again))
    stored = int(server.ask("SELECT count(*) FROM cases"))
    print(f"PostgreSQL killed at {moments['killed']:.1f} s, up again at {moments['up']:.1f} s: {len(answers) - len(refused) - len(strange)} letters taken, {len(refused)} refused with 503")
    print(f"longest 503: {max(a[2] for a in refused):.2f} s; letters taken again {healed - moments['up']:.2f} s after PostgreSQL was up")
    print(f"all {len(tokens)} forms sent again: {stored} letters stored, {changed} receipts changed, {len(strange)} strange answers")
    for answer in strange[:3]:
        print("  ", answer)
    return 1 if strange or changed or stored != len(tokens) else 0


if __name__ == "__main__":
    arguments = PROGRAM.parse_args()
    with ExitStack() as stack:
        cluster = stack.enter_context(postgres())
        addresses = [stack.enter_context(sidecar(arguments.sidecar, cluster.url)) for _ in range(3)]
        sys.exit(asyncio.run(main(arguments, addresses, cluster)))
