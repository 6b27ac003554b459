#!/usr/bin/env python3
"""tools/memlog on the log of a real run: who wrote a guest's variable, by name, and what.

    memlog_guest.py [options] MEMLOG
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gdb"))
from machine import Guest, Machine, options  # noqa: E402
from suite import equal, run  # noqa: E402


class Logged:
    """The log of the guest that counts the keys it gets in `keys`: it got three, and the one that ends it."""

    def __init__(self, opts):
        self.memlog = opts.memlog
        self.guest = Guest(opts.guests, "echo", opts.endian)
        self.folder = tempfile.TemporaryDirectory(prefix="memlog-test-")
        self.log = os.path.join(self.folder.name, "log")
        with Machine(opts, ["-kernel", self.guest.path, "-memlog", self.log], stopped=False, gdb=False, big=self.guest.big) as machine:
            machine.type("abc")
            machine.expect("[a][b][c]")
            machine.type("q")
            equal(machine.wait_exit(), 0, "exit status")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def lines(self, command, *arguments):
        result = subprocess.run([self.memlog, command, self.log, "--symbols", self.guest.path, *arguments], capture_output=True,
                                timeout=60, check=False)
        equal((result.returncode, result.stderr), (0, b""), "status and errors")
        return result.stdout.decode().splitlines()


def writers(logged):
    """top: the one writer of a variable, and how often"""
    lines = logged.lines("top", "--of", "keys")
    equal(len(lines), 2, "lines %r" % lines)
    count, size, share, _, _, name = lines[1].split()
    equal((count, size, share, name), ("4", "16", "100.00%", "body"), "the row")


def values(logged):
    """csv: each access of it in its order: loads give what was stored before, in the guest's byte order"""
    rows = [line.split(",") for line in logged.lines("csv", "--of", "keys")[1:]]
    address, keys, loads = logged.guest["keys"], 0, 0
    for _, _, kind, size, io, _, function, _, _, virt, phys, value, data in rows:
        keys += kind == "w"
        loads += kind == "r"
        equal((size, io, virt, phys, data), ("4", "0", hex(address), hex(address & 0x1fffffff), "keys"), "an access")
        equal((int(value, 0), function.partition("+")[0]), (keys, "body"), "value and function of an access")
    equal((keys, loads + keys), (4, len(rows)), "stores and all")
    equal(loads >= 4, True, "loads")


def picture(logged):
    """map: a picture of all, with the program's sections"""
    path = os.path.join(logged.folder.name, "a.png")
    equal(logged.lines("map", "-o", path), [], "what is printed")
    with open(path, "rb") as file:
        equal(file.read(8), b"\x89PNG\r\n\x1a\n", "its first bytes")


CHECKS = [writers, values, picture]

if __name__ == "__main__":
    OPTS = options(__doc__)
    OPTS.memlog, OPTS.rest = OPTS.rest[0], OPTS.rest[1:]
    run(CHECKS, lambda: Logged(OPTS), OPTS)
