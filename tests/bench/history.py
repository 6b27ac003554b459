#!/usr/bin/env python3
"""What keeping history costs, and how fast it answers, on a guest that is always busy and rewrites 20 MiB a second.

Usage: tests/bench/history.py STAKEOUT GUEST [SECONDS]      GUEST: BUILD/tests/guest/rewrite-little.elf; SECONDS: of the run, 70

QEMU cannot do this at all without a run recorded beforehand, so it has no column here.
"""
import os
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "gdb"))
import rsp  # noqa: E402

QUIET, BUSY_WORD = 0x80800000, 0x81000000
TICK = os.sysconf("SC_CLK_TCK")


class Run:
    def __init__(self, stakeout, guest, history):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [stakeout, "-M", "malta", "-m", "256", "-kernel", guest, "-serial", "stdio", "-gdb", "tcp::%d" % self.port] + history,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def seconds(self, count):
        """Runs the guest until it has written this many dots."""
        while count > 0:
            count -= len(os.read(self.process.stdout.fileno(), 1))

    def cpu(self):
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def resident(self):
        with open("/proc/%d/statm" % self.process.pid) as file:
            return int(file.read().split()[1]) * 4096 / 2**20

    def attach(self):
        self.rsp = rsp.Rsp(socket.create_connection(("127.0.0.1", self.port)), False)
        self.rsp.ask("?")

    def monitor(self, command):
        self.rsp.send("qRcmd," + command.encode().hex())
        text = ""
        while True:
            reply = self.rsp.receive()
            if reply == "OK":
                return text
            if reply.startswith("O"):
                reply = reply[1:]
                text += bytes.fromhex(reply).decode()
            else:
                return text + bytes.fromhex(reply).decode()

    def resume(self, packet):
        start = time.monotonic()
        self.rsp.send(packet)
        while True:
            reply = self.rsp.receive()
            if not reply.startswith("O"):
                return time.monotonic() - start, reply

    def instructions(self):
        return int(self.monitor("info icount").split()[1])

    def end(self):
        self.process.kill()
        self.process.wait()


def cost(stakeout, guest, history, seconds):
    """CPU seconds for each 1e9 instructions of the guest."""
    run = Run(stakeout, guest, history)
    run.seconds(seconds)
    used = run.cpu()
    run.attach()
    result = used / run.instructions() * 1e9
    run.end()
    return result


def main():
    stakeout, guest = sys.argv[1:3]
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 70
    pairs = [(cost(stakeout, guest, ["-history", "off"], 10), cost(stakeout, guest, [], 10)) for _ in range(5)]
    print("cost of history: %+.1f %% of CPU (median of 5 pairs: %s)" % (
        100 * (statistics.median(b / a for a, b in pairs) - 1), ", ".join("%+.1f" % (100 * (b / a - 1)) for a, b in pairs)))
    run = Run(stakeout, guest, [])
    run.seconds(seconds)
    resident = run.resident()
    run.attach()
    print("after %d s: %.0f MiB resident\n%s" % (seconds, resident, run.monitor("info history")), end="")
    first, _ = run.resume("bs")
    steps = [run.resume("bs")[0] for _ in range(100)]
    print("reverse-stepi: first %.0f ms, then median %.1f ms, most %.1f ms" % (
        1e3 * first, 1e3 * statistics.median(steps), 1e3 * max(steps)))
    run.monitor("goto end")
    run.rsp.ok("Z2,%x,4" % QUIET)
    took, reply = run.resume("bc")
    print("reverse-continue to the write of a quiet page's word: %.2f s  %s" % (took, reply))
    run.rsp.ok("z2,%x,4" % QUIET)
    print("resident in the past: %.0f MiB" % run.resident())
    run.monitor("goto end")
    for name, address in (("quiet", QUIET), ("busy", BUSY_WORD)):
        start = time.monotonic()
        text = run.monitor("who-wrote %#x" % address)
        print("who-wrote, %s page: %.2f s  %s" % (name, time.monotonic() - start, text), end="")
    run.end()


if __name__ == "__main__":
    main()
