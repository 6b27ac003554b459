#!/usr/bin/env python3
"""What the past costs, and how fast it answers, on a guest that is always busy and rewrites 20 MiB a second; each figure with its bound.

Usage: tests/bench/history.py STAKEOUT GUEST [SECONDS]      GUEST: BUILD/tests/guest/rewrite-little.elf; SECONDS: of the run, 603

On a busy host the guest gets less than a CPU, and its 20 MiB a second are more work than the figures allow for. What QEMU can do of this,
with a run recorded beforehand, is in the rows of the group `past` of tests/bench/bench.
"""
import os
import re
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "gdb"))
import rsp  # noqa: E402

# As tests/guest/rewrite.c has them: written once at the run's third second; in each minute's third second; each second.
ONCE, MINUTE, BUSY = 0x80800000, 0x80900000, 0x81000000
MEMORY, CODE_CACHE = 256, 128 # MiB
PAIRS, PAIR_SECONDS = 5, 10
STEPS = 100
TICK = os.sysconf("SC_CLK_TCK")


class Run:
    def __init__(self, stakeout, guest, history):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [stakeout, "-M", "malta", "-m", str(MEMORY), "-kernel", guest, "-serial", "stdio", "-gdb", "tcp::%d" % self.port] + history,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def seconds(self, count):
        """Runs the guest until it has written this many dots."""
        while count > 0:
            count -= len(os.read(self.process.stdout.fileno(), 1))

    def cpu(self):
        """CPU seconds of all threads."""
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def resident(self):
        with open("/proc/%d/statm" % self.process.pid) as file:
            return int(file.read().split()[1]) * 4096 / 2**20

    def attach(self):
        self.rsp = rsp.Rsp(socket.create_connection(("127.0.0.1", self.port)), False)
        self.rsp.ask("?")

    def timed(self, ask, *words):
        """(seconds, what ask(*words) answered)"""
        start = time.monotonic()
        answer = ask(*words)
        return time.monotonic() - start, answer

    def resume(self, packet):
        self.rsp.send(packet)
        return self.rsp.stop().text

    def instructions(self):
        return int(self.rsp.monitor("info icount").split()[1])

    def end(self):
        self.process.kill()
        self.process.wait()


def say(what, value, unit, bound):
    print("%-58s %8.1f %-4s at most %g: %s" % (what, value, unit, bound, "yes" if value <= bound else "NO"), flush=True)


def cost(stakeout, guest, history):
    """CPU seconds for each 1e9 instructions of the guest."""
    run = Run(stakeout, guest, history)
    run.seconds(PAIR_SECONDS)
    used = run.cpu()
    run.attach()
    result = used / run.instructions() * 1e9
    run.end()
    return result


def costs(stakeout, guest):
    pairs = [(cost(stakeout, guest, ["-history", "off"]), cost(stakeout, guest, [])) for _ in range(PAIRS)]
    percents = [100 * (kept / off - 1) for off, kept in pairs]
    say("CPU that the past costs (median of %s)" % ", ".join("%+.1f" % p for p in percents), statistics.median(percents), "%", 5)


def answers(run):
    """Seconds, at the present and back there each time."""
    for name, word in (("a word written once, at the start", ONCE), ("a word written in the last minute", MINUTE)):
        took, text = run.timed(run.rsp.monitor, "who-wrote %#x" % word)
        say("who-wrote, " + name, took, "s", 2)
        if "icount" not in text or "not written" in text:
            print("  but: " + text.strip())
    run.resume("bs")
    steps = [run.timed(run.resume, "bs")[0] for _ in range(STEPS)]
    say("reverse-stepi after the first, median", 1e3 * statistics.median(steps), "ms", 50)
    run.rsp.monitor("goto end")
    run.rsp.insert(rsp.WRITE, MINUTE)
    took, stop = run.timed(run.resume, "bc")
    say("reverse-continue to a write a minute ago", took, "s", 1)
    if "watch" not in stop:
        print("  but: " + stop)


def main():
    stakeout, guest = sys.argv[1:3]
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 603
    costs(stakeout, guest)
    run = Run(stakeout, guest, [])
    run.seconds(seconds)
    resident, used = run.resident(), run.cpu()
    run.attach()
    info = run.rsp.monitor("info history")
    print("after %d s, in which it had %.0f s of CPU:\n%s" % (seconds, used, info), end="")
    bound = float(re.search(r"of ([\d.]+) MiB used", info)[1])
    most = 1.1 * (MEMORY + CODE_CACHE + bound)
    say("resident at the present", resident, "MiB", most)
    answers(run)
    say("resident in the past", run.resident(), "MiB", most + MEMORY)
    run.rsp.remove(rsp.WRITE, MINUTE)
    run.rsp.monitor("goto end")
    took, text = run.timed(run.rsp.monitor, "who-wrote %#x" % BUSY)
    say("who-wrote, a word written each second", took, "s", seconds)
    run.end()


if __name__ == "__main__":
    main()
