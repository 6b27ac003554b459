"""The bare-metal guest (folder guest): building it, choosing its parts, reading what it prints."""
import os
import re
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "gdb"))
from emulator import Failed  # noqa: E402
from machine import elf_symbols  # noqa: E402

ELEVEN = "crc copy qsort fib hash matmul sha lz interp icall str".split()
FLOAT = "fp-double fp-single fp-mix".split()
COUNT_NS = 6.25  # a tick of Count: 160 MHz
LIMIT = 120
FULL_SCALE = 16
NEVER = 0x40000000  # ticks: later than any part takes


def part_names():
    with open(os.path.join(HERE, "guest", "parts.def")) as file:
        return re.findall(r'^(?:PART|PROGRAM)\("([\w-]+)"', file.read(), re.M)


class Guest:
    def __init__(self, folder):
        self.folder = folder
        self.bits = {name: bit for bit, name in enumerate(part_names())}
        made = subprocess.run(["make", "-s", "-C", os.path.join(HERE, "guest"), "B=" + folder], capture_output=True, text=True, check=False)
        if made.returncode:
            raise SystemExit("bench: the guest does not build (tools/setup test):\n" + made.stderr)
        with open(os.path.join(folder, "bench.elf"), "rb") as file:
            self.elf = file.read()
        self.symbols = elf_symbols(self.elf)

    def plugin(self):
        """QEMU's plug-in that records each access to memory."""
        path = os.path.join(self.folder, "memtrace.so")
        made = subprocess.run(["make", "-s", "-C", os.path.join(HERE, "guest"), "B=" + self.folder, path], capture_output=True, text=True, check=False)
        if made.returncode:
            raise Failed("QEMU's plug-in does not build: " + made.stderr)
        return path

    def file_offset(self, address):
        phoff, = struct.unpack_from("<I", self.elf, 28)
        phnum, = struct.unpack_from("<H", self.elf, 44)
        for i in range(phnum):
            kind, offset, start, _, size = struct.unpack_from("<5I", self.elf, phoff + 32 * i)
            if kind == 1 and start <= address < start + size:
                return offset + address - start
        raise KeyError(hex(address))

    def image(self, part, user=False, count=0, scale=FULL_SCALE, interrupts=True):
        """A copy that runs this part: in user mode, so many rounds (0: as many as its table says, at scale sixteenths)."""
        data = bytearray(self.elf)
        if not interrupts:
            struct.pack_into("<I", data, self.file_offset(self.symbols["irq_period"]), NEVER)
        struct.pack_into("<4I", data, self.file_offset(self.symbols["bench_cfg"]) + 4, 1 << self.bits[part], scale, count, user)
        path = os.path.join(self.folder, "%s-%d-%d-%d-%d.elf" % (part, user, count, scale, interrupts))
        with open(path, "wb") as file:
            file.write(data)
        return path


def arguments(path):
    return ["-m", "256", "-kernel", path]


class Result:
    """Of one part: user seconds, ticks of Count, interrupts taken."""

    def __init__(self, process, part):
        name = re.escape(part.encode())
        _, before = process.wait_for(rb"BENCH " + name + rb" start\r?\n")
        match, after = process.wait_for(rb"BENCH " + name + rb" done sum=\w+ ticks=(\w+) irqs=(\w+) (\w+)\r?\n")
        if match[3] == b"WRONG":
            raise Failed("a wrong checksum")
        self.user, self.ticks, self.interrupts = after - before, int(match[1], 16), int(match[2], 16)

    def guest_seconds(self):
        return self.ticks * COUNT_NS / 1e9


def run(emulator, path, part, *options):
    with emulator.start(arguments(path) + list(options), LIMIT) as process:
        return Result(process, part)


def instructions(stakeout, guest, part, user):
    """How many a part takes: with the count as its clock, one a nanosecond."""
    return run(stakeout, guest.image(part, user), part, "-icount", "shift=0,sleep=off").ticks * COUNT_NS
