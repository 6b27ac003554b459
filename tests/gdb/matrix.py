#!/usr/bin/env python3
"""The watch matrix: kind of watch x access x area x position of the watch x alone or in a delay slot.

Each row runs one access of tests/guest/matrix.S once, with one watch, and says in one line what is to happen: a stop
before the access at which PC with which address (the lowest byte that is both touched and watched), or none.
"""
import itertools
from dataclasses import dataclass

from machine import options
from rsp import A0, ACCESS, BREAK, PC, READ, T0, WRITE
from suite import run_table

# name: bytes, what it does with them; "" touches nothing as data
INSNS = {
    "lb": (1, "r"), "lbu": (1, "r"), "lh": (2, "r"), "lhu": (2, "r"), "lw": (4, "r"), "lwl": ("left", "r"), "lwr": ("right", "r"),
    "ll": (4, "r"), "ldc1": (8, "r"), "lwc1": (4, "r"), "sb": (1, "w"), "sh": (2, "w"), "sw": (4, "w"), "swl": ("left", "w"),
    "swr": ("right", "w"), "swc1": (4, "w"), "sdc1": (8, "w"), "sc/linked": (4, "w"), "sc/unlinked": (4, ""), "cache_wb": (4, ""),
    "cache_i": (4, ""), "pref": (4, ""), "pref_w": (4, ""),
}
AREAS = {"kseg0": 0x80200000, "kseg1": 0xa0200000, "kuseg": 0x00400000, "kseg2": 0xc0000000}
# name: offset of the access, offset and length of the watch, in an area of two pages
PLACES = {
    "same": (0x100, 0x100, 4), "first byte": (0x100, 0x100, 1), "inside": (0x100, 0x101, 1), "from inside on": (0x100, 0x103, 8),
    "just below": (0x100, 0xfc, 4), "just above": (0x100, 0x108, 4), "into the end": (0x104, 0x102, 3), "large": (0x104, 0x80, 0x400),
    "odd address": (0x101, 0x100, 4), "odd, one above": (0x101, 0x102, 1), "last of word": (0x103, 0x103, 1), "at three, below": (0x103, 0x100, 2),
    "watch crosses pages": (0xff8, 0xffe, 4), "crossing, lower page": (0xffc, 0xffe, 4), "crossing, upper page": (0x1000, 0xffe, 4),
    "behind the crossing": (0x1008, 0xffe, 4),
}
ASID_BASE, ASIDS = 0x00600000, (1, 2)  # one address in two address spaces: other memory, the same watch
ASID_PLACES = ("same", "inside", "just below", "odd address", "crossing, upper page")
REGISTERS = {"LEDBAR": (0xbf000408, ("lw", "sw", "lwl", "lwr", "swl", "swr", "ll", "pref", "cache_wb")), "UART scratch": (0xb80003ff, ("lb", "lbu", "sb"))}
KINDS = {"watch": (WRITE, "w"), "rwatch": (READ, "r"), "awatch": (ACCESS, "rw")}
OLD, NEW = bytes([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x08]), 0x00000005


@dataclass
class Row:
    kind: str
    insn: str
    where: str
    address: int
    watch: int
    length: int
    slot: bool
    big: bool
    asid: int = 0

    def touched(self):
        """First and last byte that the access touches."""
        size = INSNS[self.insn][0]
        if size == "left":
            return (self.address, self.address | 3) if self.big else (self.address & ~3, self.address)
        if size == "right":
            return (self.address & ~3, self.address) if self.big else (self.address, self.address | 3)
        return self.address, self.address + size - 1

    def expected(self):
        """The address in the stop reply, or None."""
        first, last = self.touched()
        does = INSNS[self.insn][1]
        if not does or does not in KINDS[self.kind][1] or last < self.watch or first >= self.watch + self.length:
            return None
        return max(first, self.watch)

    def label(self):
        return "m_" + self.insn.split("/")[0] + ("_slot" if self.slot else "")

    def text(self):
        hit = self.expected()
        return "%-6s %-11s %s %08x, watch %08x..%08x, %s: %s" % (
            self.kind, self.insn, self.where, self.address, self.watch, self.watch + self.length - 1, "slot" if self.slot else "alone",
            "runs" if hit is None else "stops at %s, address %08x" % (self.label(), hit))


def aligned(insn, address):
    size = INSNS[insn][0]
    return not isinstance(size, int) or address % size == 0


def table(big):
    for (area, base), (place, (at, watch, length)), insn in itertools.product(AREAS.items(), PLACES.items(), INSNS):
        if not aligned(insn, at):
            continue
        for kind, slot in itertools.product(KINDS, (False, True)):
            yield Row(kind, insn, area + ", " + place, base + at, base + watch, length, slot, big)
    for asid, place, insn in itertools.product(ASIDS, ASID_PLACES, INSNS):
        at, watch, length = PLACES[place]
        if not aligned(insn, at):
            continue
        for kind, slot in itertools.product(KINDS, (False, True)):
            yield Row(kind, insn, "ASID %d, %s" % (asid, place), ASID_BASE + at, ASID_BASE + watch, length, slot, big, asid)
    for name, (address, insns) in REGISTERS.items():
        for kind, insn, slot in itertools.product(KINDS, insns, (False, True)):
            size = INSNS[insn][0]
            yield Row(kind, insn, name, address, address, size if isinstance(size, int) else 4, slot, big)
    for kind, insn in itertools.product(KINDS, ("lw", "sw")):  # a virtual watch is about one virtual address
        yield Row(kind, insn, "watch on another alias", AREAS["kseg1"] + 0x100, AREAS["kseg0"] + 0x100, 4, False, big)
        yield Row(kind, insn, "watch on another alias", AREAS["kuseg"] + 0x100, AREAS["kseg2"] + 0x100, 4, False, big)


class Runner:
    def __init__(self, session):
        self.rsp, self.guest = session.rsp, session.guest
        self.registers = self.rsp.registers()
        self.rsp.insert(BREAK, self.guest["done"])
        self.asid = 0
        self.call("map_asids")

    def call(self, label, argument=0):
        """Runs the guest's code at label up to `done`."""
        self.go(label, argument)
        self.rsp.resume()

    def in_memory(self, row):
        return row.where.split(",")[0] not in REGISTERS

    def enter(self, asid):
        if asid != self.asid:
            self.call("set_asid", asid)
            self.asid = asid

    def go(self, label, address):
        values = list(self.registers)
        values[PC], values[A0], values[T0] = self.guest[label], address, NEW
        self.rsp.set_registers(values)

    def prepare(self, row):
        first = row.touched()[0] & ~7
        if self.in_memory(row):
            self.rsp.write(first, OLD)
        if row.insn.startswith("sc/"):
            self.call("link" if row.insn == "sc/linked" else "unlink", row.address)

    def check_stop(self, row, stop):
        hit = row.expected()
        if hit is None:
            return None if stop.watch() is None else "stopped: " + stop.text
        if stop.watch() != (KINDS[row.kind][0], hit):
            return "stop reply " + stop.text
        if self.rsp.pc() != self.guest[row.label()]:
            return "stopped at " + self.guest.name(self.rsp.pc())
        if self.in_memory(row) and self.rsp.read(row.touched()[0] & ~7, 8) != OLD:
            return "memory had changed at the stop"
        again = self.rsp.resume()
        return "hit again: " + again.text if again.watch() else None

    def run(self, row):
        """What was not as expected, or None."""
        kind = KINDS[row.kind][0]
        self.enter(row.asid)
        self.prepare(row)
        if row.asid:  # set from the other address space
            self.enter(ASIDS[0] + ASIDS[1] - row.asid)
        self.rsp.insert(kind, row.watch, row.length)
        self.enter(row.asid)
        self.go(row.label(), row.address)
        fault = self.check_stop(row, self.rsp.resume())
        self.rsp.remove(kind, row.watch, row.length)
        if not fault and self.rsp.pc() != self.guest["done"]:
            fault = "did not come to the end: " + self.guest.name(self.rsp.pc())
        return fault or self.check_memory(row)

    def check_memory(self, row):
        if not self.in_memory(row):
            return None
        changed = self.rsp.read(row.touched()[0] & ~7, 8) != OLD
        return None if changed == (INSNS[row.insn][1] == "w") else "memory %s" % ("changed" if changed else "did not change")


run_table(options(__doc__), Runner, table)
