"""Real debuggers on the machine under test: they stop it when they like, look, stake out what is never touched, step, resume.

Nothing of what they do depends on when they come: a point that was never hit from some icount on may be set at any later one.
"""
import os
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gdb"))
from rsp import Rsp  # noqa: E402

PAUSE = 0.1  # seconds that the guest runs between two stops
TIMEOUT = 120
AT_A_STOP = 40  # points set at each stop at most
STEPS = 5


def listens(path):
    """A socket's file is there a moment before it takes connections; the kernel's table tells (SO_ACCEPTCON)."""
    with open("/proc/net/unix") as table:
        return any(line.split()[3] == "00010000" and line.rstrip().endswith(" " + path) for line in table.readlines()[1:])


def load_points(path, icounts):
    """[(icount from which it is never hit, address, length, kind)], earliest first; length 0: a breakpoint. Those that are conditional
    (points.c) may be come to, and never hit only because their condition is false: clients set none of them."""
    with open(path) as file:
        rows = [line.split() for line in file]
    return sorted((icounts[int(sample)], int(address, 16), int(length), int(kind)) for sample, address, length, kind, _ in rows
                  if not int(address, 16) & 4)


class Ended(Exception):
    """The machine is gone: its run is over."""


class RawClient:
    """The packets themselves."""

    def __init__(self, path):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(TIMEOUT)
        client.connect(path)
        self.rsp = Rsp(client, big=False)
        self.rsp.ask("?")

    def icount(self):
        return int(re.search(r"icount\s+(\d+)", self.rsp.monitor("info icount"))[1])

    def insert(self, number, address, length, kind):
        if length:
            self.rsp.insert({2: 2, 1: 3, 3: 4}[kind], address, length)
            self.rsp.read(address, length)
        else:
            self.rsp.insert(number % 2, address)

    def step(self):
        for _ in range(STEPS):
            stop = self.rsp.resume("s")
            if stop.kind != "T" or stop.watch() or "swbreak" in stop.keys or "hwbreak" in stop.keys:
                raise AssertionError("a step ended with " + stop.text)

    def run(self):
        self.rsp.send("vCont;c")
        time.sleep(PAUSE)
        self.rsp.raw(b"\x03")
        stop = self.rsp.stop()
        if stop.kind == "T" and stop.signal == signal.SIGINT:
            return
        raise Ended if stop.kind in "WX" else AssertionError("an unexpected stop: " + stop.text)

    def close(self):
        self.rsp.close()


class Gdb:
    """gdb-multiarch as a process: commands into its standard input, SIGINT to interrupt."""

    PROMPT = "(gdb) "

    def __init__(self, path):
        self.process = subprocess.Popen(["gdb-multiarch", "-nx", "-q", "-ex", "set pagination off", "-ex", "set confirm off",
                                         "-ex", "set heuristic-fence-post 1"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.read(self.PROMPT)
        self.do("set remotetimeout %d" % TIMEOUT)
        if "0x" not in self.do("target remote " + path):
            raise AssertionError("gdb did not attach")

    def read(self, *ends):
        text = ""
        while not text.endswith(ends):
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                raise Ended
            text += data.decode(errors="replace")
        if "Remote connection closed" in text or "Connection reset" in text:
            raise Ended
        return text

    def do(self, command, *ends):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        return self.read(*(ends or (self.PROMPT,)))

    def icount(self):
        return int(re.search(r"icount\s+(\d+)", self.do("monitor info icount"))[1])

    def insert(self, number, address, length, kind):
        if length:
            text = self.do("%s *(char (*)[%d]) %#x" % ({2: "watch", 1: "rwatch", 3: "awatch"}[kind], length, address))
        else:
            text = self.do("%s *%#x" % (("break", "hbreak")[number % 2], address))
        if "point %d" % (number + 1) not in text:
            raise AssertionError("gdb set no point: " + text)

    def step(self):
        text = self.do("stepi %d" % STEPS)
        if re.search(r"point \d|SIG", text):
            raise AssertionError("stepi ended with " + text)

    def run(self):
        text = self.do("continue", "Continuing.\n", self.PROMPT)
        if not text.endswith(self.PROMPT):
            time.sleep(PAUSE)
            self.process.send_signal(signal.SIGINT)
            text += self.read(self.PROMPT)
        if "SIGINT" not in text:
            raise AssertionError("an unexpected stop: " + text)

    def close(self):
        self.process.kill()
        self.process.wait()


CLIENTS = {"gdb": Gdb, "raw": RawClient}


def attend(name, path, machine, points):
    """Debugs the machine that listens at path until its run is over. Returns (points set, stops); AssertionError: what was wrong."""
    deadline = time.monotonic() + TIMEOUT
    while not listens(path):
        if machine.poll() is not None or time.monotonic() > deadline:
            raise AssertionError("the machine does not listen")
        time.sleep(0.01)
    client = CLIENTS[name](path)
    placed = stops = 0
    try:
        while True:
            client.run()
            stops += 1
            now = client.icount()
            for icount, address, length, kind in points[placed:placed + AT_A_STOP]:
                if icount > now:
                    break
                client.insert(placed, address, length, kind)
                placed += 1
            client.step()
    except (Ended, ConnectionError, BrokenPipeError):
        return placed, stops
    finally:
        client.close()
