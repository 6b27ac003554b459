#!/usr/bin/env python3
"""What can be seen of the translator: -d stats, `monitor info jit`, -d out_asm, and the files for Linux perf."""
import os
import re
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gdb"))
from machine import Guest, Machine, options  # noqa: E402
from rsp import Rsp  # noqa: E402
from suite import equal, run  # noqa: E402

STATS = (r"icount: [1-9]\d*", r"x86-64: [1-9]\d* blocks made of [1-9]\d* instructions \(\d+\.\d\d each\)",
         r"x86-64: translation took \d+\.\d+ ms, [1-9]\d* ns an instruction", r"code made: [1-9]\d* blocks, [1-9]\d* bytes \([1-9]\d* in hot paths\)",
         r"chained: [1-9]\d* links for [1-9]\d* exits \(\d+\.\d %\); generations evicted: 0", r"returns to the dispatcher: [1-9]\d*", r"  exits not linked yet: [1-9]\d*",
         r"blocks run: [1-9]\d*, \d+\.\d+ % by way of a link or the jump cache", r"loads from the linear segment: [1-9]\d*, \d+\.\d+ % hit",
         r"TLB loads: [1-9]\d*, \d+\.\d+ % hit", r"TLB stores: [1-9]\d*, \d+\.\d+ % hit", r"watch thunks let pass: 0 loads, 0 stores",
         r"slow path: [1-9]\d* TLB fills, 0 faults, 0 misaligned, [1-9]\d* device accesses, .*")


class Observed:
    """The guest that echoes keys, in a folder of its own."""

    def __init__(self, opts):
        self.opts = opts
        self.guest = Guest(opts.guests, "echo", opts.endian)
        self.folder = tempfile.TemporaryDirectory(prefix="stakeout-test-")
        os.chdir(self.folder.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.chdir("/")
        self.folder.cleanup()

    def machine(self, *arguments):
        return Machine(self.opts, ["-kernel", self.guest.path, *arguments], stopped=False, gdb=False, big=self.guest.big)

    def echo(self, *arguments):
        """Runs it until it ends itself; the process's number."""
        with self.machine(*arguments) as machine:
            machine.expect("hello from the guest\n")
            machine.type("abc")
            machine.expect("[a][b][c]")
            machine.type("q")
            equal(machine.wait_exit(), 0, "exit status")
            return machine.process.pid

    def log(self, items):
        self.echo("-d", items, "-D", "log")
        with open("log") as file:
            return file.read().splitlines()


def stats(observed):
    """-d stats prints its lines at the end"""
    lines = observed.log("stats")
    for pattern in STATS:
        equal(sum(re.fullmatch(pattern, line) is not None for line in lines), 1, "lines like %r in %r" % (pattern, lines))


def monitor(observed):
    """`monitor info jit` prints the same, but for what only generated code can count"""
    with Machine(observed.opts, ["-kernel", observed.guest.path], big=observed.guest.big) as machine:
        rsp = Rsp(machine.connect(), observed.guest.big)
        text = rsp.monitor("info jit")
        equal(re.search(r"(?m)^returns to the dispatcher: 0$", text) is not None, True, text)
        equal("blocks run" in text, False, text)
        rsp.close()


def out_asm(observed):
    """-d out_asm shows guest, IR and host code beside each other"""
    blocks, seen = 0, set()
    for line in observed.log("out_asm"):
        head = re.fullmatch(r"block ([0-9a-f]{8}), key [0-9a-f]+: (\d+) instructions, \d+ bytes of host code, \d+ of them in the hot path", line)
        if head:
            equal(len(seen) in (0, wanted) if blocks else True, True, "instructions shown of the block before")
            blocks, wanted, seen = blocks + 1, int(head[2]), set()
            continue
        guest, ir, host = (column.rstrip() for column in line.split("|"))
        equal(bool(guest or ir or host), True, "a line with something in it")
        equal(re.fullmatch(r"|  ?[0-9a-f]+  \S.*", host) is not None, True, "host column %r" % host)
        if re.match(r"[0-9a-f]{8}  \S", guest):
            seen.add(guest[:8])
    equal(blocks > 5 and len(seen) == wanted, True, "blocks %d, instructions of the last %d" % (blocks, len(seen)))


def perf_map(observed):
    """-perfmap names each piece of generated code, by symbol where there is one"""
    path = "/tmp/perf-%d.map" % observed.echo("-perfmap")
    with open(path) as file:
        pieces = [line.rstrip("\n").split(" ", 2) for line in file]
    os.unlink(path)
    spans = sorted((int(start, 16), int(size, 16)) for start, size, _ in pieces)
    for (a, size), (b, _) in zip(spans, spans[1:]):
        equal(size > 0 and a + size <= b, True, "pieces lie apart: %x + %x, %x" % (a, size, b))
    names = [name for _, _, name in pieces]
    equal(sum(name.startswith("stakeout thunk: ") for name in names) >= 5, True, "thunks among %r" % names[:8])
    equal(any(re.fullmatch(r"body\+0x[0-9a-f]+ \[[89a-f][0-9a-f]{7}\]", name) for name in names), True, "a block of body() among %r" % names[-5:])


def jit_dump(observed):
    """-jitdump is what perf inject reads"""
    with open("jit-%d.dump" % observed.echo("-jitdump"), "rb") as file:
        data = file.read()
    magic, version, size, machine = struct.unpack_from("<4I", data)
    equal((magic, version, size, machine), (0x4a695444, 1, 40, 62), "header")
    at, index, last, kind = size, 0, 0, None
    while at < len(data):
        kind, size, stamp = struct.unpack_from("<IIQ", data, at)
        equal(stamp >= last, True, "time goes on")
        if kind == 0:
            _, _, vma, address, length, number = struct.unpack_from("<IIQQQQ", data, at + 16)
            end = data.index(b"\0", at + 56) + 1
            equal((vma, number, end - at + length), (address, index, size), "record %d" % index)
            index += 1
        at, last = at + size, stamp
    equal((kind, at, index > 10), (3, len(data), True), "the end")


def interpreter(observed):
    """there is nothing to name without generated code, and that is said"""
    observed.opts.accel = "interp"
    with observed.machine("-perfmap") as machine:
        equal(machine.wait_exit(), 1, "exit status")
        equal(machine.error_text().startswith("stakeout: -perfmap"), True, machine.error_text())
    observed.opts.accel = "jit"


CHECKS = [stats, monitor, out_asm, perf_map, jit_dump, interpreter]

if __name__ == "__main__":
    OPTS = options(__doc__)
    OPTS.stakeout, OPTS.guests, OPTS.accel = os.path.abspath(OPTS.stakeout), os.path.abspath(OPTS.guests), "jit"
    run(CHECKS, lambda: Observed(OPTS), OPTS)
