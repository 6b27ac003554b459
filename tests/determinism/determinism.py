#!/usr/bin/env python3
"""One boot, run in many ways, must be one run: the same state at each position, the same console bytes at the same counts.

    determinism.py --sample PROGRAM [--jobs N] [--keep FOLDER] [--only NAME,...] kernel | installer
Images come from tools/fetch-guests (folder in GUEST_IMAGES, default build/guests). Exit status 77: they are not there.
Each line of output is a variant: what ran it, how, and its comparison with the first.
"""
import argparse
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from clients import Ended, attend, load_points

SKIPPED = 77
LEAST_SAMPLES = 1000
PREFIX = 400_000_000   # for the slow variants: as many instructions, and as many samples as were asked for
LATE_AT = 150_000_000  # where a control delays an interrupt
POINTS = 1500
LEAST_STOPS = 3        # of a client
FIRST = "jit"          # what the others are compared with


@dataclass
class Variant:
    name: str
    own: tuple = ()       # options of the sampling program
    machine: tuple = ()   # stakeout's
    prefix: bool = False  # compares just the beginning
    sparse: bool = False  # stops at few of the positions
    after: str = None     # needs this one's files
    control: bool = False  # must differ
    client: str = None    # a debugger over a socket (clients.py) with the never hit points of the variant `after`
    hits: str = "none"    # how many points must hit: none, some
    date: str = "2026-01-01T00:00:00"


JIT, INTERP = ("-accel", "jit"), ("-accel", "interp")
KERNEL = (
    Variant(FIRST, machine=JIT),
    Variant("interpreter", machine=INTERP),
    Variant("points that hit", ("--points", str(POINTS), "--save-points", "{folder}/points"), JIT, hits="some"),
    Variant("jit again", machine=JIT),
    Variant("blocks of one unit", machine=JIT + ("-max-block", "1")),
    Variant("blocks of at most 7", machine=JIT + ("-max-block", "7")),
    Variant("slices of 997", ("--slice", "997"), JIT),
    Variant("slices of 65536", ("--slice", "65536"), JIT),
    Variant("slices of 97", ("--slice", "97"), JIT, prefix=True),
    Variant("little code cache", machine=JIT + ("-code-cache", "1M"), prefix=True),
    Variant("no pins", machine=("-accel", "jit,pins=off"), prefix=True),
    Variant("one TLB entry", machine=("-accel", "jit,one-tlb-entry=on"), prefix=True),
    Variant("faults first", machine=("-accel", "jit,fault-first=on"), prefix=True),
    Variant("long blocks", machine=("-accel", "jit,long-blocks=on"), prefix=True),
    Variant("few stops", ("--every", "100"), JIT, sparse=True),
    Variant("points that never hit", ("--load-points", "{folder}/points"), JIT, after="points that hit"),
    Variant("points, interpreter", ("--load-points", "{folder}/points"), INTERP, after="points that hit", prefix=True),
    Variant("gdb over a socket", ("--serve", "unix:{folder}/gdb"), JIT, after="points that hit", client="gdb"),
    Variant("raw client on a socket", ("--serve", "unix:{folder}/raw"), JIT, after="points that hit", client="raw"),
    Variant("control: late interrupt", ("--late-interrupt", str(LATE_AT)), JIT, prefix=True, control=True),
    Variant("control: later date", (), JIT, prefix=True, control=True, date="2026-01-01T00:00:01"),
)
INSTALLER = (
    Variant(FIRST, machine=JIT),
    Variant("jit again", machine=JIT),
)
BOOTS = {
    "kernel": (KERNEL, "malta-vmlinux", "malta-initrd.cpio", "Run /init", "350000"),
    "installer": (INSTALLER, "malta-vmlinuz", "malta-initrd.gz", "Select a language", "3000000"),
}


class Run:
    """What a sampling run wrote."""

    def __init__(self, path):
        self.samples, self.console, self.facts = {}, [], {}
        with open(path) as file:
            for line in file:
                kind, rest = line.split(None, 1)
                if kind == "S":
                    icount, hashes = rest.split(None, 1)
                    self.samples[int(icount)] = tuple(hashes.split())
                elif kind == "C":
                    icount, byte = rest.split()
                    self.console.append((int(icount), byte))
                else:
                    name, value = rest.split(None, 1)
                    self.facts[name] = value.strip()
        self.last = max(self.samples, default=0)
        self.client_points = self.client_stops = 0


def first_difference(first, other):
    """The first icount at which the runs are known to differ, and in what; or None. Compares as far as both go."""
    end = min(first.last, other.last)
    for icount, hashes in other.samples.items():
        if icount > end or first.samples.get(icount) == hashes:
            continue
        if icount not in first.samples:
            return icount, "position"
        return icount, "RAM" if first.samples[icount][0] != hashes[0] else "CPU or devices"
    consoles = [[byte for byte in run.console if byte[0] <= end] for run in (first, other)]
    for mine, theirs in zip(*consoles):
        if mine != theirs:
            return mine[0], "console"
    return None if len(consoles[0]) == len(consoles[1]) else (end, "length of the console's output")


def differing_ram(first, other):
    return sum(first.samples[icount][0] != hashes[0] for icount, hashes in other.samples.items() if icount in first.samples)


def judge(variant, first, run):
    """Returns (whether it is as it must be, text)."""
    problems = []
    if len(run.samples) < LEAST_SAMPLES and not variant.sparse:
        problems.append("only %d samples" % len(run.samples))
    if variant.machine[1].startswith("jit") and run.facts["back-end"] == "interpreter":
        problems.append("the JIT did not run")
    if "--late-interrupt" in variant.own and run.facts["late"] != "1":
        problems.append("no interrupt was delayed")
    hits, points = int(run.facts["hits"]), int(run.facts["points"])
    if (variant.hits == "some") != (hits > 0) or bool(points) != any("points" in word for word in variant.own):
        problems.append("%d points, %d hits" % (points, hits))
    if variant.client and (run.client_stops < LEAST_STOPS or not run.client_points):
        problems.append("the client set %d points and stopped %d times" % (run.client_points, run.client_stops))
    if not variant.prefix and not variant.sparse and run.last != first.last:
        problems.append("ends at icount %d, not %d" % (run.last, first.last))
    difference = first_difference(first, run)
    if variant.control and not differing_ram(first, run):
        problems.append("a control that changed nothing in RAM")
    elif difference and not variant.control:
        problems.append("DIFFERS at icount %d (%s)" % difference)
    if problems:
        return False, "; ".join(problems)
    if variant.client:
        return True, "equal; %d points, stopped %d times" % (run.client_points, run.client_stops)
    return True, "differs from icount %d on, as it must" % difference[0] if variant.control else "equal"


class Suite:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.variants, self.kernel, self.initrd, self.until, self.gap = BOOTS[options.boot]
        self.images = os.environ.get("GUEST_IMAGES", "build/guests")

    def image(self, name):
        return os.path.join(self.images, name)

    def path(self, variant):
        return os.path.join(self.folder, variant.name.replace(" ", "-").replace(":", ""))

    def command(self, variant):
        own = [word.format(folder=self.folder) for word in variant.own]
        own += ["--out", self.path(variant), "--gap", self.gap, "--until", self.until]
        if variant.prefix:
            own += ["--limit", str(PREFIX)]
        return [self.options.sample, *own, "-m", "256", "-kernel", self.image(self.kernel), "-initrd", self.image(self.initrd),
                "-append", "console=ttyS0 nokaslr", "-icount", "shift=3,sleep=off", "-rtc", "base=" + variant.date,
                "-serial", "null", *variant.machine]

    def execute(self, variant, done):
        if variant.after:
            done[variant.after].result()
        start = time.monotonic()
        if variant.client:
            return self.attended(variant, done[FIRST].result()[0]), time.monotonic() - start
        result = subprocess.run(self.command(variant), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if result.returncode:
            raise RuntimeError("exit status %d: %s" % (result.returncode, result.stdout[-500:].strip()))
        return Run(self.path(variant)), time.monotonic() - start

    def attended(self, variant, first):
        """The run with a client on it."""
        points = load_points(os.path.join(self.folder, "points"), sorted(first.samples))
        machine = subprocess.Popen(self.command(variant), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            placed, stops = attend(variant.client, os.path.join(self.folder, variant.client), machine, points)
            output, _ = machine.communicate(timeout=60)
        except (AssertionError, Ended, OSError, subprocess.TimeoutExpired) as error:
            machine.kill()
            raise RuntimeError("%s %s" % (str(error).strip(), machine.communicate()[0][-500:].strip())) from error
        finally:
            machine.kill()
            machine.wait()
        if machine.returncode:
            raise RuntimeError("exit status %d: %s" % (machine.returncode, output[-500:].strip()))
        run = Run(self.path(variant))
        run.client_points, run.client_stops = placed, stops
        return run

    def report(self, variant, first, future):
        try:
            run, seconds = future.result()
            good, text = judge(variant, first, run)
            facts = run.facts
            print("%-4s %-24s %-11s mean block %5s, %5s samples, %5s console bytes, %5s hits, end %10s, %5.1f s: %s" % (
                "ok" if good else "BAD", variant.name, facts["back-end"], facts["mean-block"], facts["samples"],
                facts["console-bytes"], facts["hits"], facts["end"], seconds, text), flush=True)
        except RuntimeError as error:
            good = False
            print("BAD  %-24s %s" % (variant.name, error), flush=True)
        return good

    def chosen(self):
        only = self.options.only.split(",") if self.options.only else [variant.name for variant in self.variants]
        only += [variant.after for variant in self.variants if variant.name in only and variant.after]
        return [variant for variant in self.variants if variant.name in only or variant.name == FIRST]

    def run(self):
        done = {}
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for variant in self.chosen():
                done[variant.name] = pool.submit(self.execute, variant, done)
            try:
                first = done[FIRST].result()[0]
            except RuntimeError as error:
                print("BAD  %s %s" % (FIRST, error))
                return False
            return all([self.report(variant, first, done[variant.name]) for variant in self.chosen()])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", help="folder for the runs' files")
    parser.add_argument("--only", help="names of variants, comma separated; the first one always runs")
    parser.add_argument("boot", choices=BOOTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if options.keep:
            os.makedirs(options.keep, exist_ok=True)
        suite = Suite(options, options.keep or temporary)
        missing = [name for name in (suite.kernel, suite.initrd) if not os.path.exists(suite.image(name))]
        if missing:
            print("no %s in %s: tools/fetch-guests gets them" % (" and ".join(missing), suite.images))
            return SKIPPED
        return 0 if suite.run() else 1


if __name__ == "__main__":
    sys.exit(main())
