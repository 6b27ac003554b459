"""One emulator process: its console and the CPU time that it had used when a line came."""
import os
import re
import select
import shutil
import socket
import subprocess
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A row that cannot be measured, and why."""


def user_seconds(pid):
    """The process's CPU clock is exact; of it the kernel's share, in ticks of 10 ms, is taken off."""
    total = time.clock_gettime(~pid << 3 | 2)
    with open("/proc/%d/stat" % pid) as file:
        system = int(file.read().rsplit(")", 1)[1].split()[12]) / TICK
    return max(0.0, total - system)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Emulator:
    """options: what each run of it is given."""

    def __init__(self, name, path, options=()):
        self.name, self.path, self.options = name, path, list(options)

    def version(self):
        out = subprocess.run([self.path, "-version"], capture_output=True, text=True, timeout=10, check=False).stdout
        match = re.search(r"\d+(\.\d+)+", out)
        return match[0] if match else ""

    def start(self, arguments, limit, gdb=False):
        return Process(self, arguments, limit, gdb)


def find(name, path):
    found = shutil.which(path)
    return Emulator(name, found) if found else None


class Process:
    """arguments: beside the machine's; limit: seconds until it counts as hung; gdb: it waits for the debugger at self.port."""

    def __init__(self, emulator, arguments, limit, gdb):
        command = [emulator.path, "-M", "malta", "-cpu", "24Kf", "-nographic", "-no-reboot"] + emulator.options + arguments
        if gdb:
            self.port = free_port()
            command += ["-S", "-gdb", "tcp:127.0.0.1:%d" % self.port]
        self.emulator, self.end, self.text, self.used = emulator, time.monotonic() + limit, b"", 0.0
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)

    def wait_for(self, pattern):
        """(match, user seconds so far) when the console shows what the regular expression says."""
        output = self.process.stdout.fileno()
        while True:
            match = re.search(pattern, self.text)
            if match:
                self.text = self.text[match.end():]
                return match, self.used
            if not select.select([output], [], [], max(0, self.end - time.monotonic()))[0]:
                raise Failed("hung: " + self.last_words())
            data = os.read(output, 65536)
            self.used = self.user() if data else None
            if not data:
                raise Failed("ended: " + self.last_words())
            self.text += data

    def user(self):
        return user_seconds(self.process.pid)

    def last_words(self):
        self.errors.seek(0)
        words = (self.text[-200:] + b" " + self.errors.read()[-300:]).decode("latin-1")
        return " ".join(words.split())

    def connect(self):
        while True:
            try:
                client = socket.create_connection(("127.0.0.1", self.port), 60)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return client
            except OSError:
                if time.monotonic() > self.end or self.process.poll() is not None:
                    raise Failed("no stub: " + self.last_words()) from None
                time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.errors):
            file.close()
