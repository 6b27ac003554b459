#!/usr/bin/env python3
"""A debugger inside the guest: Debian's kernel finds the CPU's watch registers and offers them by ptrace, and watcher.c uses them.

Images come from tools/fetch-guests (folder in GUEST_IMAGES, default build/guests). Exit status 77: they, or a compiler, are not there.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "gdb"), os.path.join(HERE, "..", "bench")]
from linux import cpio_member  # noqa: E402
from machine import Machine, options  # noqa: E402

SKIPPED = 77
COMPILER = "mipsel-linux-gnu-gcc"
FLAGS = "-march=mips32r2 -O1 -ffreestanding -fno-pic -mno-abicalls -nostdlib -static -Wl,-e,__start".split()
REGULAR, FOLDER = [0, 0o100755, 0, 0, 1] + [0] * 8, [0, 0o40755, 0, 0, 2] + [0] * 8
CONSOLE = [0, 0o20600, 0, 0, 1, 0, 0, 0, 0, 5, 1, 0, 0]  # character device 5, 1
EXPECTED = [
    "REGISTERS 00000004",
    # before the store to the second doubleword, which still is 0; then before the load from the third
    "SIGNAL 00000005 matched 00000001 00000000 00000001 00000000 00000000 00000000",
    "SIGNAL 00000005 matched 00000000 00000002 00000001 00000002 00000000 00000000",
    "ENDED 00000000",
]


def initrd(folder):
    program, path = os.path.join(folder, "init"), os.path.join(folder, "initrd.cpio")
    subprocess.run([COMPILER, *FLAGS, "-o", program, os.path.join(HERE, "watcher.c")], check=True)
    with open(program, "rb") as file, open(path, "wb") as archive:
        for member in (("proc", FOLDER, b""), ("dev", FOLDER, b""), ("dev/console", CONSOLE, b""), ("init", REGULAR, file.read()),
                       ("TRAILER!!!", [0] * 13, b"")):
            archive.write(cpio_member(*member))
    return path


def main():
    opts = options(__doc__)
    kernel = os.path.join(os.environ.get("GUEST_IMAGES", "build/guests"), "malta-vmlinux")
    if not os.path.exists(kernel) or not shutil.which(COMPILER):
        print("no %s (tools/fetch-guests gets it), or no %s" % (kernel, COMPILER))
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["-m", "256", "-kernel", kernel, "-initrd", initrd(folder), "-append", "console=ttyS0 rdinit=/init", "-no-reboot",
                     "-history", "off"]
        with Machine(opts, arguments, stopped=False, gdb=False) as machine:
            machine.expect("hardware watchpoint\t: yes, count: 4, address/irw mask: [0x0fff, 0x0fff, 0x0fff, 0x0fff]", 300)
            while machine.read_console(60):
                pass
            lines = re.findall("^((?:REGISTERS|SIGNAL|ENDED) .*?)\r?$", machine.console.decode(errors="replace"), re.M)
            assert lines == EXPECTED, lines
            assert machine.wait_exit() == 0
    print("the guest's debugger saw its watch hits")


if __name__ == "__main__":
    main()
