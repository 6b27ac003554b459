#!/usr/bin/env python3
"""The watch session of tools/demo: drives a real gdb, tells in a line what each step is, checks that it happened."""
import argparse
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

SILENCE = 600  # seconds without a sign of life
APPEND = "console=ttyS0 nokaslr"
PGD_ENTRY = 0xc00  # of the kernel's page directory: the 4 MiB from 0xc0000000 on (0xc0000000 >> 22, times 4)
MILESTONES = ("Linux version", "Memory:", "Calibrating delay loop", "Freeing initrd memory", "Run /init as init process", "Select a language")


def listens(path):
    """A socket's file is there a moment before it takes connections; the kernel's table tells (SO_ACCEPTCON)."""
    with open("/proc/net/unix") as table:
        return any(line.split()[3] == "00010000" and line.rstrip().endswith(" " + path) for line in table.readlines()[1:])


class Failed(Exception):
    pass


class Gdb:
    """gdb at the other end of a pipe: one command in, what it printed out, shown as it comes."""

    PROMPT = "(gdb) "

    def __init__(self):
        self.process = subprocess.Popen(["gdb-multiarch", "-nx", "-q", "-ex", "set pagination off", "-ex", "set confirm off", "-ex", "set width 0"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.read(show=False)

    def read(self, show=True):
        """Output up to the next prompt."""
        text, shown, last = "", 0, time.monotonic()
        while not text.endswith(self.PROMPT):
            ready, _, _ = select.select([self.process.stdout], [], [], 1)
            if ready:
                data = os.read(self.process.stdout.fileno(), 1 << 16)
                if not data:
                    raise Failed("gdb ended")
                text += data.decode(errors="replace")
                last = time.monotonic()
            elif time.monotonic() - last > SILENCE:
                raise Failed("gdb has been silent for %d seconds" % SILENCE)
            ends = text.rfind("\n") + 1
            if show and ends > shown:
                print("    " + text[shown:ends].rstrip("\n").replace("\n", "\n    "), flush=True)
                shown = ends
        return text[:-len(self.PROMPT)]

    def do(self, command, expected=None):
        """Runs a command; expected: a pattern that its output must have. Returns the match."""
        print("  (gdb) " + command, flush=True)
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        text = self.read()
        match = re.search(expected or "", text)
        if not match:
            raise Failed("`%s` did not show /%s/" % (command, expected))
        return match

    def close(self):
        self.process.kill()
        self.process.wait()


class Demo:
    def __init__(self, args):
        self.args = args
        self.folder = tempfile.mkdtemp(prefix="stakeout-demo-")
        self.socket = os.path.join(self.folder, "gdb")
        self.log_path = os.path.join(args.guests, "..", "demo-console.log")
        self.count = 0
        self.shown = 0
        self.machine = self.gdb = None
        self.qemu = os.path.basename(args.stakeout).startswith("qemu-system-")  # to compare: it has no such monitor command

    def tell(self, text):
        """The line before a step; a person at a terminal gets a moment to read it."""
        self.count += 1
        print("\n%d. %s" % (self.count, text), flush=True)
        if sys.stdin.isatty() and sys.stdout.isatty():
            print("   [Enter, or wait]", flush=True)
            if select.select([sys.stdin], [], [], 4)[0]:
                sys.stdin.readline()

    def start(self):
        program, qemu = os.path.basename(self.args.stakeout), self.qemu
        guest = os.path.join(self.args.guests, "malta-")
        command = [self.args.stakeout, "-M", "malta", "-cpu", "24Kf", "-m", "256", "-kernel", guest + "vmlinuz", "-initrd", guest + "initrd.gz",
                   "-append", APPEND, "-nographic", "-S", "-gdb", "unix:" + self.socket + (",server=on,wait=off" if qemu else "")]
        command += ["-net", "none", "-vga", "none"] if qemu else []
        shown = [program] + ["'%s'" % a if " " in a else os.path.basename(a) if "/" in a and a[:5] != "unix:" else a for a in command[1:]]
        self.tell("Debian's installer for MIPS Malta, as shipped, stands before its first instruction.")
        print("  $ " + " ".join(shown), flush=True)
        with open(self.log_path, "wb") as log:
            self.machine = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log)
        deadline = time.monotonic() + 30
        while not listens(self.socket):
            if self.machine.poll() is not None or time.monotonic() > deadline:
                raise Failed("the emulator did not start")
            time.sleep(0.02)

    def attach(self):
        self.gdb = gdb = Gdb()
        self.tell("A stock gdb takes the kernel's symbols, which tools/kallsyms.py found in the image, and connects.")
        gdb.do("file " + os.path.join(self.args.guests, "malta.sym"), "Reading symbols")
        gdb.do("target remote " + self.socket, r"0x[0-9a-f]+ in")

    def find_page_directory(self):
        self.tell("Where is the kernel's page directory? pgd_init() gets it as its argument. The kernel unpacks itself first: 2,000 million instructions.")
        self.gdb.do("tbreak *pgd_init", "Temporary breakpoint 1 at")
        self.gdb.do("continue", r"Temporary breakpoint 1, 0x[0-9a-f]+ in pgd_init")
        match = self.gdb.do("print/x $a0", r"= (0x8[0-9a-f]{7})")
        return int(match[1], 16)

    def watch(self, entry):
        self.tell("Its entry for 0xc0000000 is at %#x. Stake it out: gdb stops whoever writes there." % entry)
        self.gdb.do("watch *(void **) %#x" % entry, "Hardware watchpoint 2")
        self.gdb.do("continue", r"Hardware watchpoint 2.*\s+Old value = .*\s+New value = .*\s+0x[0-9a-f]+ in pgd_init")
        print("   pgd_init() itself, by its store at pgd_init+0x1c: it fills the table with an entry that means `no page table`.")

    def culprit(self, entry):
        self.tell("Go on until somebody else writes it.")
        for _ in range(8):
            match = self.gdb.do("continue", r"Hardware watchpoint 2.*\s+Old value = .*?(0x[0-9a-f]+)\s+New value = .*?(0x[0-9a-f]+)\s+(0x[0-9a-f]+) in (\w+)")
            if match[4] != "pgd_init":
                break
        if match[4] != "__pte_alloc_kernel":
            raise Failed("the stop was in %s, expected __pte_alloc_kernel" % match[4])
        old, new = int(match[1], 16), int(match[2], 16)
        self.tell("Caught: __pte_alloc_kernel() replaces %#x (no page table) by %#x, the first page table of vmalloc's area." % (old, new))
        store = self.gdb.do("x/i %s - 4" % match[3], r"sw\s+\w+,(-?\d+)\((\w+)\)")
        base = self.gdb.do("print/x $" + store[2], r"= (0x[0-9a-f]+)")
        if int(base[1], 16) + int(store[1]) != entry or old == new:
            raise Failed("the store at %s is not one to %#x" % (match[3], entry))
        print("   %s holds the address; old value %#x, new value %#x." % (store[2], old, new))
        if not self.qemu:
            self.gdb.do("monitor info watchpoints", "last hit: .* <- 0x")
        return match[3]

    def step(self, pc):
        self.tell("One instruction further.")
        after = self.gdb.do("stepi", r"(0x[0-9a-f]+) in \w+")
        if int(after[1], 16) == int(pc, 16):
            raise Failed("stepi did not move")
        self.gdb.do("x/2i $pc", "=>")

    def go_on(self):
        self.tell("Enough seen: without watch and breakpoint the guest runs on to the installer's first screen.")
        self.gdb.do("delete")
        self.gdb.do("detach", "etach")
        self.wait_console()

    def wait_console(self):
        waiting, last, size = list(MILESTONES), time.monotonic(), 0
        while waiting:
            with open(self.log_path, "rb") as log:
                text = log.read().decode(errors="replace")
            if len(text) != size:
                size, last = len(text), time.monotonic()
            while waiting and waiting[0] in text:
                line = next(line for line in text.splitlines() if waiting[0] in line)
                at = line.index(waiting[0])
                print("    " + re.sub("[^ -~].*", "", line[at:])[:100].rstrip(), flush=True)
                waiting.pop(0)
            if waiting and (self.machine.poll() is not None or time.monotonic() - last > SILENCE):
                raise Failed("the console did not show %r; it is in %s" % (waiting[0], os.path.normpath(self.log_path)))
            time.sleep(0.2)

    def run(self):
        self.start()
        self.attach()
        entry = self.find_page_directory() + PGD_ENTRY
        self.watch(entry)
        self.step(self.culprit(entry))
        self.go_on()

    def close(self):
        if self.gdb:
            self.gdb.close()
        if self.machine:
            self.machine.kill()
            self.machine.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stakeout", required=True)
    parser.add_argument("--guests", required=True)
    demo = Demo(parser.parse_args())
    start = time.monotonic()
    try:
        demo.run()
    except (Failed, OSError) as error:
        print("\ndemo: FAILED at step %d: %s" % (demo.count, error))
        return 1
    finally:
        demo.close()
    print("\ndemo: all %d steps happened, in %d seconds." % (demo.count, time.monotonic() - start))
    return 0


sys.exit(main())
