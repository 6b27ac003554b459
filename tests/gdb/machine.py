"""The emulator under test as a child process, and the guests' ELF files. Works with stakeout, and with QEMU to compare."""
import argparse
import os
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import time

TIMEOUT = 60  # seconds until a guest or stub that is silent counts as hung


def options(description, argv=None):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--stakeout", default=os.environ.get("STAKEOUT", "build/src/stakeout"), help="the program under test")
    parser.add_argument("--guests", default=os.environ.get("GUESTS", "build/tests/guest"), help="where the guests' ELF files are")
    parser.add_argument("--endian", choices=("little", "big"), default="little")
    parser.add_argument("--accel", choices=("jit", "interp"), default=os.environ.get("ACCEL"))
    parser.add_argument("-v", "--verbose", action="store_true", help="print every row and packet")
    parser.add_argument("rest", nargs="*")
    return parser.parse_args(argv)


class Guest:
    """A guest's ELF file and its labels."""

    def __init__(self, folder, name, endian):
        self.path = os.path.join(folder, "%s-%s.elf" % (name, endian))
        self.big = endian == "big"
        with open(self.path, "rb") as file:
            self.symbols = elf_symbols(file.read())

    def __getitem__(self, label):
        return self.symbols[label]

    def name(self, address):
        """The label at or before address, as LABEL+OFFSET."""
        below = [(a, n) for n, a in self.symbols.items() if a <= address]
        if not below:
            return "%#x" % address
        at, label = max(below)
        return label if at == address else "%s+%d" % (label, address - at)


def elf_symbols(data):
    order = ">" if data[5] == 2 else "<"
    shoff, = struct.unpack_from(order + "I", data, 32)
    shentsize, shnum = struct.unpack_from(order + "HH", data, 46)
    sections = [struct.unpack_from(order + "10I", data, shoff + i * shentsize) for i in range(shnum)]
    symbols = {}
    for section in sections:
        if section[1] != 2:
            continue
        strings = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], 16):
            name, value, _, _, _, index = struct.unpack_from(order + "IIIBBH", data, at)
            if name and index:
                end = data.index(b"\0", strings + name)
                symbols[data[strings + name:end].decode()] = value
    return symbols


def listens(path):
    """A socket's file is there a moment before it takes connections; the kernel's table tells (SO_ACCEPTCON)."""
    with open("/proc/net/unix") as table:
        return any(line.split()[3] == "00010000" and line.rstrip().endswith(" " + path) for line in table.readlines()[1:])


class Machine:
    """One run. Close it, or use it with `with`."""

    def __init__(self, opts, arguments, stopped=True, gdb=True, big=False):
        self.folder = tempfile.mkdtemp(prefix="stakeout-test-")
        self.socket_path = os.path.join(self.folder, "gdb")
        program, qemu = opts.stakeout, os.path.basename(opts.stakeout).startswith("qemu-system-")
        loads = "-load" in arguments  # then the file says what the machine is
        command = [program, "-nographic"] + ([] if loads else ["-M", "malta", "-cpu", "24Kf"])
        if qemu:
            command[0] = "qemu-system-mips" + ("" if big else "el")
            command += ["-net", "none", "-vga", "none"]
        elif opts.accel:
            command += ["-accel", opts.accel]
        if "-icount" not in arguments:
            command += ["-icount", "sleep=off" if loads else "shift=3,sleep=off"]
        if gdb:
            command += ["-gdb", "unix:" + self.socket_path + (",server=on,wait=off" if qemu else "")]
        if stopped:
            command.append("-S")
        self.errors = open(os.path.join(self.folder, "stderr"), "w+b")
        self.process = subprocess.Popen(command + arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        self.console = b""
        try:
            if gdb:
                self.wait_for(lambda: listens(self.socket_path) or self.process.poll() is not None, "the gdb socket")
            if gdb and self.process.poll() is not None:
                raise AssertionError("the program ended at once: %s" % self.error_text())
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def error_text(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace").strip()

    @staticmethod
    def wait_for(condition, what, timeout=TIMEOUT):
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError("timed out waiting for " + what)
            time.sleep(0.01)

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(TIMEOUT)
        client.connect(self.socket_path)
        return client

    def read_console(self, seconds):
        """Takes what the guest wrote, waits at most so long for more; False at the end."""
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        if ready:
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            self.console += data
            return bool(data)
        return True

    def expect(self, text, timeout=TIMEOUT):
        """Waits for text on the console behind all that was expected before."""
        deadline = time.monotonic() + timeout
        text = text.encode() if isinstance(text, str) else text
        while text not in self.console:
            left = deadline - time.monotonic()
            if left <= 0 or not self.read_console(left):
                raise AssertionError("no %r on the console, which ends in %r; stderr: %s" % (text, self.console[-300:], self.error_text()))
        self.console = self.console[self.console.index(text) + len(text):]

    def type(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def wait_exit(self, timeout=TIMEOUT):
        return self.process.wait(timeout)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.errors):
            try:
                file.close()
            except OSError:
                pass
        shutil.rmtree(self.folder, ignore_errors=True)
