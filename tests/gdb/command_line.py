#!/usr/bin/env python3
"""The command line and the images: what is wrong gets one clear line on stderr and a status that is not 0; and the console."""
import os
import socket
import struct
import subprocess

from machine import Machine, options
from rsp import Rsp
from suite import Bench, equal, run


class ProgramBench(Bench):
    """The program, run on broken files."""

    def file(self, name, content):
        path = self.path(name)
        with open(path, "wb") as out:
            out.write(content)
        return path

    def kernel(self):
        with open(self.guest.path, "rb") as file:
            return file.read()

    def start(self, *arguments):
        return subprocess.run([self.opts.stakeout, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)

    def refused(self, *arguments, says=""):
        result = self.start(*arguments)
        lines = result.stderr.decode(errors="replace").splitlines()
        what = " ".join(os.path.basename(a) for a in arguments)
        equal(result.returncode, 1, "exit status of: " + what)
        equal(len(lines), 1, "lines on stderr of: %s %r" % (what, lines))
        equal(lines[0].startswith("stakeout: ") and says in lines[0], True, "the line %r" % lines[0])


def malformed(bench):
    """malformed options are refused by name"""
    kernel = bench.guest.path
    for arguments, says in ((("-nonsense",), "-nonsense"), (("-kernel",), "-kernel"), (("-m", "lots"), "-m"), (("-m", "0"), "-m"),
                            (("-m", "-5"), "-m"), (("-m", "99999999999999G"), "-m"), (("-icount", "shift=99"), "-icount"),
                            (("-icount", "x"), "-icount"), (("-rtc", "base=yesterday"), "-rtc"), (("-accel", "kvm"), "-accel"),
                            (("-gdb", "tcp::notaport"), "-gdb"), (("-gdb", "tcp::99999"), "-gdb"), (("-gdb", "floppy:"), "-gdb"),
                            (("-gdb", "tcp:nowhere.invalid:1"), "nowhere.invalid"), (("-serial", "tcp::99999"), "99999"), (("-serial", "tcp::0x10"), "0x10"),
                            (("-serial", "unix:"), "unix:"), (("-serial", "file:"), "file:"), (("-serial", "file:/nonexistent/a"), "/nonexistent/a"),
                            (("-serial", "unix:/nonexistent/a"), "/nonexistent/a"), (("-serial", "unix:" + 200 * "a"), "too long"),
                            (("-serial", "tcp::1,perhaps"), "perhaps"), (("-serial", "stdio", "-serial", "stdio"), "terminal"), (("-serial", "mon:pty"), "mon:"),
                            (("-vga", "std"), "-vga"), (("-monitor", "stdio"), "-monitor"), (("-M", "malta,usb=on"), "-M"), (("-D", "/nonexistent/a"), "/nonexistent/a"),
                            (("-pidfile", "/nonexistent/a"), "-pidfile"), (("-append", "a" * 20000), "-append"), (("-append",), "-append"), (("-m", ""), "-m"),
                            (("-rtc", "base=2000-02-30"), "-rtc"), (("-rtc", "clock=host"), "-rtc"), (("-icount", "3,rr=record"), "-icount"),
                            (("-m", "2049"), "2048"), (("-m", "1"), "-m"), (("-cpu", ""), "-cpu"),
                            (("-serial", "floppy"), "floppy"), (("-cpu", "z80"), "z80"), (("-M", "toaster"), "toaster"), (("-smp", "4"), "-smp"),
                            (("-hda", "x"), "QEMU"), (("stray",), "stray"), (("-d", "nothing"), "nothing"), (("-slice", "0"), "-slice")):
        bench.refused("-M", "malta", "-kernel", kernel, *arguments, says=says)


# Of QEMU 7.2 for MIPS, by its -help; those that stakeout has too are left out.
QEMU_OPTIONS = """action add-fd async-teardown audio audio-help audiodev bios blockdev boot cdrom chardev chroot compat daemonize debugcon device
dfilter drive dtb dump-vmstate echr enable-kvm enable-sync-profile fda fdb fsdev full-screen fw_cfg g global hda hdb hdc hdd incoming iscsi k L
loadvm mem-path mem-prealloc mon msg mtdblock netdev no-shutdown no-user-config numa object only-migratable option-rom overcommit
pflash portrait preconfig prom-env qmp qmp-pretty readconfig rotate run-with runas sandbox sd seed semihosting semihosting-config set singlestep
snapshot spice tpmdev trace usb usbdevice uuid virtfs vnc watchdog watchdog-action writeconfig xen-attach xen-domid xen-domid-restrict"""


def qemu_options(bench):
    """an option that only QEMU has is named as such, with one dash or two"""
    for name in QEMU_OPTIONS.split():
        for dashes in "-", "--":
            bench.refused(dashes + name, says="-%s is an option of QEMU that stakeout does not have" % name)


def qemu_scripts(bench):
    """what a script for QEMU gives out of habit is taken"""
    with Machine(bench.opts, ["-kernel", bench.guest.path, "-machine", "type=malta,accel=tcg", "-accel", "tcg,thread=single", "-smp", "1,cores=1", "-m", "size=128M",
                              "--no-reboot", "-monitor", "none", "-parallel", "none", "-serial", "mon:stdio", "-display", "none", "-vga", "none", "-net", "none",
                              "-nodefaults", "-rtc", "base=utc,clock=vm", "-gdb", "tcp::0,server=on,wait=off", "-name", "guest=a"],
                 stopped=False, gdb=False, big=bench.guest.big) as machine:
        machine.expect("hello from the guest\n")
        machine.type("q")
        equal(machine.wait_exit(), 0, "exit status")
        equal(machine.error_text(), "", "stderr")


def no_kernel(bench):
    """no kernel, a missing one, a folder, a pipe without a writer"""
    bench.refused("-M", "malta", says="-kernel")
    bench.refused("-kernel", bench.path("absent"), says="No such file")
    bench.refused("-kernel", bench.folder.name)
    pipe = bench.path("pipe")
    os.mkfifo(pipe)
    bench.refused("-kernel", pipe, says="pipe")
    bench.refused("-load", pipe, says="pipe")


def broken_kernel(bench):
    """empty, truncated and foreign kernels"""
    whole = bench.kernel()
    foreign = bytearray(whole)
    foreign[18 if bench.opts.endian == "little" else 19] = 62
    wide = bytearray(whole)
    wide[4] = 2
    for name, content in (("empty", b""), ("short", whole[:20]), ("header-only", whole[:52]), ("half", whole[:len(whole) // 3]), ("text", b"hello\n" * 100),
                          ("x86", bytes(foreign)), ("64-bit", bytes(wide))):
        bench.refused("-kernel", bench.file(name, content), says=name)


def misplaced_kernel(bench):
    """kernels that are no program, or lie or begin outside of the machine's memory"""
    whole, order = bench.kernel(), "<>"[bench.opts.endian == "big"]
    phoff, = struct.unpack_from(order + "I", whole, 28)

    def changed(name, form, *places):
        data = bytearray(whole)
        for at, value in places:
            struct.pack_into(order + form, data, at, value)
        return bench.file(name, bytes(data))
    for path in (changed("relocatable", "H", (16, 1)), changed("shared", "H", (16, 3)), changed("no-segments", "H", (44, 0)),
                 changed("high", "I", (phoff + 8, 0x90000000), (phoff + 12, 0x90000000)), changed("wraps", "I", (phoff + 12, 0xfffffff0)),
                 changed("large", "I", (phoff + 20, 0x20000000)), changed("past-end", "I", (phoff + 4, 0x7fffffff)),
                 changed("smaller-than-file", "I", (phoff + 20, 1)), changed("headers-past-end", "I", (28, 0x7fffffff))):
        bench.refused("-kernel", path, says=os.path.basename(path))
    bench.refused("-kernel", bench.guest.path, "-endian", "little" if bench.guest.big else "big", says="-endian")
    bench.refused("-kernel", bench.guest.path + ",addr=0xa0000000", "-m", "2", "-initrd", bench.guest.path + "x", says="No such file")
    bench.refused("-kernel", bench.file("raw", b"x" * 64) + ",addr=0x8fffffff", says="raw")


def broken_initrd(bench):
    """a missing initrd, one that does not fit"""
    bench.refused("-kernel", bench.guest.path, "-initrd", bench.path("absent"), says="absent")
    path = bench.file("huge", b"")
    os.truncate(path, 300 << 20)
    bench.refused("-kernel", bench.guest.path, "-initrd", path, "-m", "256", says="huge")


def port_in_use(bench):
    """a port that is in use is named"""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        bench.refused("-kernel", bench.guest.path, "-S", "-gdb", "tcp::%d" % port, says=str(port))


def socket_in_use(bench):
    """a file that is no socket is not overwritten"""
    path = bench.file("precious", b"data")
    bench.refused("-kernel", bench.guest.path, "-S", "-gdb", "unix:" + path, says="precious")
    with open(path, "rb") as file:
        equal(file.read(), b"data", "the file")


def helps(bench):
    """-help, -version, -M help, -cpu help, -d help print and end with 0"""
    for arguments, says in ((("-help",), b"-kernel"), (("-version",), b"stakeout"), (("-M", "help"), b"malta"), (("-cpu", "help"), b"24Kf"),
                            (("-d", "help"), b"int")):
        result = bench.start(*arguments)
        equal((result.returncode, says in result.stdout, result.stderr), (0, True, b""), " ".join(arguments))


def console(bench):
    """the console: output, keys, a reset, a power-off"""
    with Machine(bench.opts, ["-kernel", bench.guest.path], stopped=False, gdb=False, big=bench.guest.big) as machine:
        machine.expect("hello from the guest\n")
        machine.type("ab")
        machine.expect("[a][b]")
        machine.type("r")
        machine.expect("hello from the guest\n")
        machine.type("x" * 500)
        machine.expect("[x]" * 500)
        machine.type("q")
        equal(machine.wait_exit(), 0, "exit status")


def raw_image(bench):
    """a raw image runs at its address, in the byte order that is asked for"""
    whole, order = bench.kernel(), "<>"[bench.guest.big]
    phoff, = struct.unpack_from(order + "I", whole, 28)
    count, = struct.unpack_from(order + "H", whole, 44)
    address = bench.guest["start"]
    segments = [struct.unpack_from(order + "4I", whole, phoff + 32 * i + 4) for i in range(count)]
    offset, first, size = next((o, v, n) for o, v, _, n in segments if v <= address < v + n)
    raw = bench.file("raw,image", whole[offset + address - first:offset + size])
    for spelled in ("0x%x" % address, "%d" % address):
        with Machine(bench.opts, ["-kernel", raw + ",addr=" + spelled, "-endian", bench.opts.endian], stopped=False, gdb=False, big=bench.guest.big) as machine:
            machine.expect("hello from the guest\n")
            machine.type("q")
            equal(machine.wait_exit(), 0, "exit status")


def memory_sizes(bench):
    """-m from the least to the most: the guest runs, and memory ends where it should"""
    for size, high in (("2", None), ("256", None), ("257", 0x900fffff), ("2047", 0xffefffff), ("2G", 0xffffffff)):
        with Machine(bench.opts, ["-kernel", bench.guest.path, "-m", size], stopped=False, big=bench.guest.big) as machine:
            machine.expect("hello from the guest\n")
            rsp = Rsp(machine.connect(), bench.guest.big)
            rsp.ask("?")
            tree = rsp.monitor("info mtree")
            equal("%08x priority 0: ram" % (high or (int(size) << 20) - 1) in tree, True, "the end of memory at -m %s" % size)
            rsp.close()


def no_reboot(bench):
    """-no-reboot ends the program at a reset"""
    with Machine(bench.opts, ["-kernel", bench.guest.path, "-no-reboot"], stopped=False, gdb=False, big=bench.guest.big) as machine:
        machine.expect("hello from the guest\n")
        machine.type("r")
        equal(machine.wait_exit(), 0, "exit status")


def port_chosen(bench):
    """-gdb on a TCP port of 127.0.0.1 takes a client"""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Machine(bench.opts, ["-kernel", bench.guest.path, "-S", "-gdb", "tcp::%d" % port], stopped=False, gdb=False, big=bench.guest.big) as machine:
        client = None

        def connected():
            nonlocal client
            try:
                client = socket.create_connection(("127.0.0.1", port), 5)
            except ConnectionRefusedError:
                return False
            return True
        machine.wait_for(connected, "the port")
        rsp = Rsp(client, bench.guest.big)
        equal(rsp.ask("?")[0], "T", "answer to ?")
        rsp.close()


def pidfile(bench):
    """-pidfile is written, and gone at the end"""
    path = bench.path("pid")
    with Machine(bench.opts, ["-kernel", bench.guest.path, "-pidfile", path], stopped=False, gdb=False, big=bench.guest.big) as machine:
        machine.expect("hello from the guest\n")
        with open(path) as file:
            equal(int(file.read()), machine.process.pid, "the pid")
        machine.type("q")
        machine.wait_exit()
    equal(os.path.exists(path), False, "the file is still there")


CHECKS = [malformed, qemu_options, qemu_scripts, no_kernel, broken_kernel, misplaced_kernel, broken_initrd, port_in_use, socket_in_use, helps, console, raw_image, memory_sizes, no_reboot, port_chosen, pidfile]

if __name__ == "__main__":
    OPTS = options(__doc__)
    run(CHECKS, lambda: ProgramBench(OPTS), OPTS)
