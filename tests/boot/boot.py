#!/usr/bin/env python3
"""Debian's installer on the emulator: boots it, reads the console, presses keys.

    boot.py [options] installer    the images as shipped, to the installer's first screen, and keys there
    boot.py [options] unpacked     the unpacked kernel and initrd, to the first program
    boot.py [options] spy SPY.so   the example plug-in sees the kernel fill its page table
Images come from tools/fetch-guests (folder in GUEST_IMAGES, default build/guests). Exit status 77: they are not there.
"""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gdb"))
from machine import Machine, options  # noqa: E402

SKIPPED = 77
# What the console shows, in this order, and seconds until it must.
KERNEL = (("Linux version 6.1", 300), ("CPU0 revision is: 00019300 (MIPS 24Kc)", 60), ("FPU revision is: 00739300", 60),
          ("MIPS: machine is mti,malta", 60), ("Memory: ", 60), ("NR_IRQS: 256", 60), ("Calibrating delay loop... ", 120),
          ("PCI host bridge to bus 0000:00", 60), ("clocksource: Switched to clocksource MIPS", 60), ("Freeing initrd memory", 300),
          ("ttyS0 at I/O 0x3f8 (irq = 4, base_baud = 115200) is a 16550A", 60), ("rtc0", 60), ("Loaded X.509 cert", 60),
          ("Freeing unused kernel image", 300), ("Run /init as init process", 60))
INSTALLER = (("syslogd", 300), ("Select a language", 900))


def follow(machine, steps):
    for text, seconds in steps:
        machine.expect(text, seconds)
        print("%6.1f s  %s" % (time.monotonic() - START, text), flush=True)


def quiet(machine, seconds=3):
    """Takes the console's output until nothing has come for so long."""
    size = -1
    while len(machine.console) != size:
        size = len(machine.console)
        machine.read_console(seconds)


def keys(machine):
    """Tab moves to the button and back, and Enter leads to the next screen."""
    quiet(machine)
    machine.console = b""
    machine.type("\t")
    follow(machine, (("<Go Back>", 60),))
    quiet(machine)
    machine.type("\t\r")
    follow(machine, (("Select your location", 300),))


def boot(opts, kernel, initrd, steps, then=None):
    folder = os.environ.get("GUEST_IMAGES", "build/guests")
    paths = [os.path.join(folder, name) for name in (kernel, initrd)]
    if not all(os.path.exists(path) for path in paths):
        print("no %s and %s in %s: tools/fetch-guests gets them" % (kernel, initrd, folder))
        sys.exit(SKIPPED)
    arguments = ["-m", "256", "-kernel", paths[0], "-initrd", paths[1], "-append", "console=ttyS0 nokaslr", "-rtc", "base=2026-01-01T00:00:00"]
    # sleep=on: at a guest that idles in no time, a key comes hours after the one before
    arguments += ["-icount", "shift=3"]
    with Machine(opts, arguments, stopped=False, gdb=False) as machine:
        try:
            follow(machine, steps)
            if then:
                then(machine)
        except AssertionError as error:
            print("FAILED:", error)
            sys.exit(1)


# Linux 6.1's swapper_pg_dir, and pgd_init(), which points all of its entries to the one empty page table.
TABLE, ENTRIES, PGD_INIT = 0x810f0000, 1024, range(0x8012c200, 0x8012c250)


def spy(opts, plugin):
    folder = os.environ.get("GUEST_IMAGES", "build/guests")
    kernel = os.path.join(folder, "malta-vmlinux")
    if not os.path.exists(kernel):
        print("no malta-vmlinux in %s: tools/fetch-guests gets it" % folder)
        sys.exit(SKIPPED)
    seen = []

    def filled():
        lines = re.findall(r"spy: icount \d+: 0x(\w+) <- 0x(\w+) \(was 0x(\w+)\), pc 0x(\w+)[^\n]*\n", machine.error_text() + "\n")
        numbers = [[int(number, 16) for number in line] for line in lines]
        seen[:] = [line for line in numbers if line[3] in PGD_INIT]
        return len(seen) >= ENTRIES

    arguments = ["-m", "256", "-kernel", kernel, "-append", "console=ttyS0 nokaslr", "-plugin", "%s,%#x,%d,%d" % (plugin, TABLE, 4 * ENTRIES, 3 * ENTRIES)]
    with Machine(opts, arguments, stopped=False, gdb=False) as machine:
        machine.wait_for(filled, "the page table", 120)
    right = [[(TABLE & 0x1fffffff) + 4 * i, seen[0][1], 0] for i in range(ENTRIES)]
    good = sorted(line[:3] for line in seen) == right and seen[0][1] >> 28 == 8
    print("%d writes by pgd_init, of %#x: %s" % (len(seen), seen[0][1], "passed" if good else "FAILED: %r" % seen[:4]))
    sys.exit(0 if good else 1)


START = time.monotonic()
OPTS = options(__doc__)
if OPTS.rest == ["installer"]:
    boot(OPTS, "malta-vmlinuz", "malta-initrd.gz", KERNEL + INSTALLER, keys)
elif OPTS.rest[:1] == ["spy"]:
    spy(OPTS, OPTS.rest[1])
else:
    boot(OPTS, "malta-vmlinux", "malta-initrd.cpio", KERNEL)
