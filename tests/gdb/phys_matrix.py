#!/usr/bin/env python3
"""The matrix of physical watches: kind x access x the address by which the memory is reached x position of the watch.

Each row runs one access of tests/guest/matrix.S once, with one of the monitor's watches on physical memory, and says what is to
happen: a note that names the access with its bytes, then T02 before it is done; or neither.
"""
import re
from dataclasses import dataclass

from machine import options
from rsp import A0, BREAK, PC, T0, Stop
from suite import run_table

PHYS, F4 = 0x200000, 42
RAM = 128 << 20
# name: bytes, what it does with them; "" touches nothing as data
INSNS = {
    "lb": (1, "r"), "lbu": (1, "r"), "lh": (2, "r"), "lhu": (2, "r"), "lw": (4, "r"), "lwl": ("left", "r"), "lwr": ("right", "r"),
    "ll": (4, "r"), "ldc1": (8, "r"), "lwc1": (4, "r"), "sb": (1, "w"), "sh": (2, "w"), "sw": (4, "w"), "swl": ("left", "w"),
    "swr": ("right", "w"), "swc1": (4, "w"), "sdc1": (8, "w"), "sc/linked": (4, "w"), "sc/unlinked": (4, ""), "cache_wb": (4, ""),
    "pref": (4, ""), "pref_w": (4, ""),
}
AREAS = {"kseg0": 0x80200000, "kseg1": 0xa0200000, "kuseg": 0x00400000, "kseg2": 0xc0000000}
# name: offset of the access, offset and length of the watch, in an area of two pages
PLACES = {
    "same": (0x100, 0x100, 4), "first byte": (0x100, 0x100, 1), "last of word": (0x103, 0x103, 1), "inside": (0x100, 0x101, 1),
    "just below": (0x100, 0xfc, 4), "just above": (0x100, 0x108, 4), "into the end": (0x104, 0x102, 3), "odd": (0x101, 0x102, 1),
    "crossing, lower page": (0xffc, 0xffe, 4), "crossing, upper page": (0x1000, 0xffe, 4), "behind the crossing": (0x1008, 0xffe, 4),
}
# name: address of the access, watch; beside memory. Registers are looked at without touching them.
SINGLES = {
    "LEDBAR": (0xbf000408, 0x1f000408, 4, ("lw", "sw")), "UART scratch": (0xb80003ff, 0x180003ff, 1, ("lb", "lbu", "sb")),
    "RAM's first byte": (0xa0000000, 0, 1, ("lb", "lw")), "RAM's last byte": (0xa0000000 + RAM - 4, RAM - 1, 1, ("lw", "sw", "swl", "swr", "lwr")),
    "past RAM's end": (0xa0000000 + RAM - 4, RAM - 1, 64, ("lw", "sw")), "behind RAM": (0xa0000000 + RAM - 4, RAM, 64, ("lw", "sw")),
    "flash": (0xbe000100, 0x1e000102, 1, ("lw", "lb", "lwl", "lwr")), "flash as boot ROM": (0xbfc00100, 0x1e000102, 1, ("lw",)),
}
KINDS = ("r", "w", "rw")
OLD, NEW, NEW_FP = bytes([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x08]), 0x0badcafe, (0x01020304, 0x05060708)


@dataclass
class Row:
    kind: str
    insn: str
    where: str
    address: int  # virtual
    phys: int     # where that is
    watch: int
    length: int
    big: bool
    memory: bool = True
    shown: int = 0  # how far from `phys` the address lies that the access used
    slot: bool = False

    def touched(self):
        """Offset from the access's address of the first byte, and how many there are."""
        size, low = INSNS[self.insn][0], self.address & 3
        if isinstance(size, int):
            return 0, size
        up = (size == "left") == self.big  # from the address to the word's end; else from the word's start to the address
        return (0, 4 - low) if up else (-low, low + 1)

    def lowest(self):
        """The lowest byte touched and watched, physical; or None."""
        offset, size = self.touched()
        first, does = self.phys + offset, INSNS[self.insn][1]
        if not does or does not in self.kind or first + size <= self.watch or first >= self.watch + self.length:
            return None
        return max(first, self.watch)

    def number(self, data):
        return int.from_bytes(data, "big" if self.big else "little")

    def stored(self, size):
        """What the access writes over its bytes, as a number."""
        if self.insn in ("swc1", "sdc1"):
            return NEW_FP[1] << 32 | NEW_FP[0] if size == 8 else NEW_FP[0]
        return NEW >> 8 * (4 - size) if self.insn == "swl" else NEW & (1 << 8 * size) - 1

    def bytes_text(self):
        """The end of the note."""
        offset, size = self.touched()
        at = (self.phys + offset) & 7
        old = self.number(OLD[at:at + size])
        text = ", %d byte%s " % (size, "s" if size > 1 else "")
        return text + ("-> 0x%x\n" % old if INSNS[self.insn][1] == "r" else "<- 0x%x (was 0x%x)\n" % (self.stored(size), old))

    def label(self):
        return "m_" + self.insn.split("/")[0] + ("_slot" if self.slot else "")

    def text(self):
        lowest = self.lowest()
        return "%-2s %-11s %s %08x%s, watch phys %08x..%08x: %s" % (
            self.kind, self.insn, self.where, self.address, ", in a slot" if self.slot else "", self.watch, self.watch + self.length - 1,
            "runs" if lowest is None else "stops, phys %08x" % lowest)


def aligned(insn, address):
    size = INSNS[insn][0]
    return not isinstance(size, int) or address % size == 0


def table(big):
    for area, base in AREAS.items():
        for place, (at, watch, length) in PLACES.items():
            for insn in INSNS:
                for kind in KINDS if aligned(insn, at) else ():
                    for slot in (False, True) if place == "inside" else (False,):
                        yield Row(kind, insn, area + ", " + place, base + at, PHYS + at, PHYS + watch, length, big, slot=slot)
    for name, (address, watch, length, insns) in SINGLES.items():
        used = address & 0x1fffffff
        phys = 0x1e000100 if "boot ROM" in name else used
        for insn in insns:
            for kind in KINDS:
                yield Row(kind, insn, name, address, phys, watch, length, big, phys < RAM, used - phys)


class Runner:
    def __init__(self, session):
        self.rsp, self.guest = session.rsp, session.guest
        self.registers = self.rsp.registers()
        self.rsp.insert(BREAK, self.guest["done"])

    def go(self, label, address):
        values = list(self.registers)
        values[PC], values[A0], values[T0] = self.guest[label], address, NEW
        values[F4], values[F4 + 1] = NEW_FP
        self.rsp.set_registers(values)

    def resume(self):
        """(what was said before the stop, the stop)"""
        self.rsp.send("vCont;c")
        said = ""
        while re.match("O[0-9a-f]", text := self.rsp.receive()):
            said += bytes.fromhex(text[1:]).decode()
        return said, Stop(text)

    def check_stop(self, row, number, said, stop):
        lowest = row.lowest()
        if lowest is None:
            return said or (stop.signal != 5 and "stopped: " + stop.text) or None
        begin = "%s: %s phys 0x%08x: %08x " % (number, "watch" if INSNS[row.insn][1] == "w" else "rwatch", lowest + row.shown,
                                               self.guest[row.label()] + 4 * row.slot)  # the stop is at the branch, the access in its slot
        if not said.startswith(begin) or row.memory and not said.endswith(row.bytes_text()) or said.count("\n") != 1:
            return "said %r, not %r ... %r" % (said, begin, row.bytes_text())
        if (stop.signal, stop.watch()) != (2, None):
            return "stop reply " + stop.text
        if self.rsp.pc() != self.guest[row.label()]:
            return "stopped at " + self.guest.name(self.rsp.pc())
        if row.memory and self.memory(row) != OLD:
            return "memory had changed at the stop"
        said, stop = self.resume()
        return said or (stop.signal != 5 and "hit again: " + stop.text) or None

    def memory(self, row):
        return self.rsp.read(row.address & ~7, 8)

    def run(self, row):
        """What was not as expected, or None."""
        if row.memory:
            self.rsp.write(row.address & ~7, OLD)
        if row.insn.startswith("sc/"):
            self.go("link" if row.insn == "sc/linked" else "unlink", row.address)
            self.resume()
        self.go(row.label(), row.address)
        answer = self.rsp.monitor("watch phys:%#x,%d %s any" % (row.watch, row.length, row.kind))
        number = answer.split()[0]
        fault = self.check_stop(row, number, *self.resume())
        hits = re.search("^ *%s .* hits ([0-9]+)" % number, self.rsp.monitor("info watchpoints"), re.M)
        self.rsp.monitor("unwatch phys:%#x,%d %s" % (row.watch, row.length, row.kind))
        if not fault and int(hits[1]) != (row.lowest() is not None):
            fault = "hits counted: " + hits[1]
        if not fault and self.rsp.pc() != self.guest["done"]:
            fault = "did not come to the end: " + self.guest.name(self.rsp.pc())
        if not fault and row.memory and (self.memory(row) != OLD) != (INSNS[row.insn][1] == "w"):
            fault = "memory %s" % self.memory(row).hex()
        return fault


run_table(options(__doc__), Runner, table)
