#!/usr/bin/env python3
"""Debian's kernel without a root file system panics; a debugger that comes afterwards goes back to the cause.

The steps are those of README's story. Images come from tools/fetch-guests (folder in GUEST_IMAGES, default build/guests).
Exit status 77: they are not there.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gdb"))
from machine import Machine, options  # noqa: E402
from rsp import A0, BREAK, RA, WRITE, Rsp  # noqa: E402

SKIPPED = 77


def symbols(path):
    with open(path) as table:
        return {fields[2]: int(fields[0], 16) for fields in map(str.split, table)}


def text_at(rsp, address):
    return rsp.read(address, 64).split(b"\0")[0].decode()


def position(rsp):
    return int(re.match(r"icount (\d+)", rsp.monitor("when"))[1])


def go_back(rsp):
    rsp.send("bc")
    return rsp.stop()


def trace_back(rsp, names):
    end = position(rsp)
    rsp.insert(BREAK, names["panic"])
    go_back(rsp)
    registers = rsp.registers()
    assert registers[37] == names["panic"], hex(registers[37])
    assert "Unable to mount root fs" in text_at(rsp, registers[A0])
    at_panic, frame = position(rsp), registers[29]
    assert at_panic < end
    # panic() was called by mount_block_root(): back to where that was called, and by whom, with what.
    assert names["mount_block_root"] < registers[RA] < names["mount_block_root"] + 0x400, hex(registers[RA])
    rsp.insert(BREAK, names["mount_block_root"])
    go_back(rsp)
    registers = rsp.registers()
    assert registers[37] == names["mount_block_root"], hex(registers[37])
    assert text_at(rsp, registers[A0]) == "/dev/root"
    assert names["prepare_namespace"] < registers[RA] < names["prepare_namespace"] + 0x400, hex(registers[RA])
    rsp.remove(BREAK, names["panic"])
    rsp.remove(BREAK, names["mount_block_root"])
    return at_panic, frame


def last_writer(rsp, at_panic, frame):
    """Who wrote the word above panic()'s frame last: who-wrote, and a watch backwards, agree and leave or find the same place."""
    rsp.monitor("goto %d" % at_panic)
    assert position(rsp) == at_panic
    slot = frame + 16
    match = re.search(r"pc 0x([0-9a-f]+).*icount (\d+): ((?:[0-9a-f]{2} ?)+)-> ((?:[0-9a-f]{2} ?)+)", rsp.monitor("who-wrote %#x" % slot))
    assert match and position(rsp) == at_panic
    pc, icount, new = int(match[1], 16), int(match[2]), bytes.fromhex(match[4])
    assert icount < at_panic and rsp.read(slot, 4) == new
    rsp.insert(WRITE, slot)
    stop = go_back(rsp)
    assert stop.watch() and slot <= stop.watch()[1] < slot + 4, stop.text
    rsp.send("bs")
    rsp.stop()
    assert position(rsp) == icount, (position(rsp), icount)
    assert rsp.pc() in (pc, pc - 4), (hex(rsp.pc()), hex(pc)) # in a slot the branch's address is shown
    rsp.remove(WRITE, slot)


def main():
    opts = options(__doc__)
    folder = os.environ.get("GUEST_IMAGES", "build/guests")
    kernel, table = os.path.join(folder, "malta-vmlinux"), os.path.join(folder, "malta.map")
    if not os.path.exists(kernel) or not os.path.exists(table):
        print("no images in %s: tools/fetch-guests gets them" % folder)
        sys.exit(SKIPPED)
    arguments = ["-m", "256", "-kernel", kernel, "-append", "console=ttyS0 nokaslr", "-icount", "shift=auto"]
    with Machine(opts, arguments, stopped=False) as machine:
        machine.expect("end Kernel panic", 300)
        rsp = Rsp(machine.connect(), False)
        rsp.ask("?")
        at_panic, frame = trace_back(rsp, symbols(table))
        last_writer(rsp, at_panic, frame)
        rsp.close()
    print("traced back from the panic to its caller and to the last writer of its frame")


if __name__ == "__main__":
    main()
