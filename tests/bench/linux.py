"""Debian's kernel: the installer as shipped, and its busybox in an initrd of our own that forks and executes."""
import os
import re

from emulator import Failed

LIMIT = 600
COMMAND_LINE = "console=ttyS0 nokaslr"
# What busybox needs, from Debian's initrd.
FILES = re.compile(r"^(\.|bin|dev|lib|dev/console|dev/null|bin/(busybox|sh|true|cat|echo)|"
                   r"lib/mipsel-linux-gnu|lib/(mipsel-linux-gnu/)?(ld|libc|libm|libresolv)[.-][^/]*)$")
ROUNDS = 200
SCRIPT = """#!/bin/sh
i=0
echo BENCH shell start
while [ $i -lt %d ]; do
    /bin/true
    x=$(/bin/echo $i | /bin/cat)
    i=$((i + 1))
done
echo BENCH shell done $x
while :; do :; done
"""


def cpio_members(data):
    """(name, header fields, contents) of an archive in the `newc` format (Linux: driver-api/early-userspace/buffer-format.rst)."""
    at = 0
    while data[at:at + 6] == b"070701":
        fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        size, length = fields[6], fields[11]
        name = data[at + 110:at + 109 + length].decode()
        start = at + (110 + length + 3 & ~3)
        if name == "TRAILER!!!":
            return
        yield name, fields, data[start:start + size]
        at = start + (size + 3 & ~3)


def cpio_member(name, fields, contents):
    fields = fields[:6] + [len(contents)] + fields[7:11] + [len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + contents + bytes(-len(contents) % 4)


def shell_initrd(debian, path):
    """Writes our initrd, from what an unpacked one of Debian's holds."""
    with open(debian, "rb") as file:
        members = list(cpio_members(file.read()))
    with open(path, "wb") as file:
        for name, fields, contents in members:
            if FILES.match(name.removeprefix("./")):
                file.write(cpio_member(name, fields, contents))
        regular = [0, 0o100755, 0, 0, 1] + [0] * 8
        file.write(cpio_member("bench", regular, (SCRIPT % ROUNDS).encode()))
        file.write(cpio_member("TRAILER!!!", [0] * 13, b""))


def arguments(kernel, initrd, more=""):
    return ["-m", "256", "-kernel", kernel, "-initrd", initrd, "-append", COMMAND_LINE + more]


def reached(process, pattern):
    match, user = process.wait_for(pattern + rb"|Kernel panic.*")
    if match[0].startswith(b"Kernel panic"):
        raise Failed(match[0].decode("latin-1"))
    return user


def boot(emulator, images):
    """User seconds from power-on to the installer's first screen."""
    kernel, initrd = (os.path.join(images, name) for name in ("malta-vmlinuz", "malta-initrd.gz"))
    with emulator.start(arguments(kernel, initrd), LIMIT) as process:
        return reached(process, rb"Select a language")


def shell(emulator, images, folder):
    """User seconds of a shell loop: two programs and a pipe of two a round."""
    initrd = os.path.join(folder, "shell.cpio")
    if not os.path.exists(initrd):
        shell_initrd(os.path.join(images, "malta-initrd.cpio"), initrd)
    with emulator.start(arguments(os.path.join(images, "malta-vmlinux"), initrd, " quiet rdinit=/bench"), LIMIT) as process:
        before = reached(process, rb"BENCH shell start")
        return reached(process, rb"BENCH shell done %d" % (ROUNDS - 1)) - before
