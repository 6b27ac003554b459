#!/usr/bin/env python3
"""Machines saved and loaded: as a person does it who mails one to a colleague, with a debugger on both sides."""
import os
import shutil
import subprocess

from machine import Machine, options
from rsp import BREAK, PC, Rsp
from suite import Bench, equal, run


class SaveBench(Bench):
    """A guest that has come some way, and a copy of it that can be taken away."""

    def __init__(self, opts):
        super().__init__(opts)
        self.kernel = self.path("kernel")
        self.saved = self.path("saved")
        shutil.copy(self.guest.path, self.kernel)

    def machine(self, *arguments):
        return Machine(self.opts, list(arguments), stopped=False, big=self.guest.big)

    def client(self, machine):
        return Rsp(machine.connect(), self.guest.big, self.opts.verbose)

    def start(self):
        """A machine that has said hello and answered three keys, stopped; and its client."""
        machine = self.machine("-kernel", self.kernel, "-append", "words")
        machine.expect("hello from the guest\n")
        machine.type("abc")
        machine.expect("[a][b][c]")
        rsp = self.client(machine)
        rsp.ask("?")
        return machine, rsp

    def keys(self, rsp):
        return rsp.word(self.guest["keys"])

    def save(self, rsp, path=None):
        answer = rsp.monitor("save " + (path or self.saved))
        equal("saved in" in answer, True, "the answer %r" % answer)
        equal(os.path.exists(self.saved + ".part"), False, "a half file")

    def load(self, *arguments):
        machine = self.machine("-load", self.saved, *arguments)
        return machine, self.client(machine)


def mailed(bench):
    """a colleague opens it without the kernel, steps back, finds a key's arrival, and goes on live"""
    machine, rsp = bench.start()
    with machine:
        bench.save(rsp)
        registers, when = rsp.registers(), rsp.monitor("when")
    os.unlink(bench.kernel)
    machine, rsp = bench.load()
    with machine:
        equal(rsp.ask("?")[:3], "T05", "the stop")
        equal((rsp.registers(), rsp.monitor("when")), (registers, when), "where it stands")
        equal("body" in rsp.monitor("print body"), True, "the symbol")
        equal(bench.keys(rsp), 3, "keys")
        rsp.ask("bs")
        equal(rsp.pc() == registers[PC], False, "stepping back moves")
        rsp.insert(BREAK, bench.guest["body"])
        rsp.send("bc")
        rsp.stop()
        equal((rsp.pc(), bench.keys(rsp)), (bench.guest["body"], 0), "the start of body(), going back")
        rsp.remove(BREAK, bench.guest["body"])
        rsp.monitor("goto end")
        equal(rsp.registers(), registers, "at the end")
        equal(machine.console, b"", "what is said twice")
        rsp.send("vCont;c")
        machine.type("de")
        machine.expect("[d][e]")
        rsp.raw(b"\3")
        rsp.stop()
        equal(bench.keys(rsp), 5, "keys, live")


def in_the_past(bench):
    """saved in the past it has the future, too"""
    machine, rsp = bench.start()
    with machine:
        end = rsp.registers()
        rsp.insert(BREAK, bench.guest["body"])
        rsp.send("bc")
        rsp.stop()
        bench.save(rsp)
    machine, rsp = bench.load()
    with machine:
        equal(rsp.pc(), bench.guest["body"], "the pc")
        rsp.monitor("goto end")
        equal((rsp.registers(), bench.keys(rsp)), (end, 3), "the end")


def reset_in_history(bench):
    """a reset is replayed, and another one done, with the kernel of the file"""
    machine, rsp = bench.start()
    with machine:
        rsp.send("vCont;c")
        machine.type("r")
        machine.expect("hello from the guest\n")
        machine.type("x")
        machine.expect("[x]")
        rsp.raw(b"\3")
        rsp.stop()
        bench.save(rsp)
        end = rsp.registers()
    os.unlink(bench.kernel)
    machine, rsp = bench.load()
    with machine:
        rsp.monitor("goto start")
        rsp.monitor("goto end")
        equal((rsp.registers(), bench.keys(rsp)), (end, 1), "the end")
        rsp.send("vCont;c")
        machine.type("r")
        machine.expect("hello from the guest\n")


def again(bench):
    """a machine that was loaded can be saved, and a file replaced"""
    machine, rsp = bench.start()
    with machine:
        bench.save(rsp)
        registers = rsp.registers()
    machine, rsp = bench.load()
    with machine:
        rsp.monitor("goto start")
        bench.save(rsp)
    machine, rsp = bench.load()
    with machine:
        rsp.monitor("goto end")
        equal(rsp.registers(), registers, "the end")


def at_power_on(bench):
    """saved before its first instruction it begins there"""
    machine = Machine(bench.opts, ["-kernel", bench.kernel], big=bench.guest.big)
    with machine:
        rsp = bench.client(machine)
        registers = rsp.registers()
        bench.save(rsp)
    machine, rsp = bench.load()
    with machine:
        equal(rsp.registers(), registers, "the start")
        rsp.send("vCont;c")
        machine.expect("hello from the guest\n")


def names(bench):
    """named checkpoints are saved with it"""
    machine, rsp = bench.start()
    with machine:
        rsp.monitor("checkpoint here")
        registers = rsp.registers()
        rsp.send("vCont;c")
        machine.type("d")
        machine.expect("[d]")
        rsp.raw(b"\3")
        rsp.stop()
        bench.save(rsp)
    machine, rsp = bench.load()
    with machine:
        rsp.monitor("goto here")
        equal((rsp.registers(), bench.keys(rsp)), (registers, 3), "the name's position")


def refused_saves(bench):
    """a place that cannot be written, and a machine that runs, are refused"""
    machine, rsp = bench.start()
    with machine:
        registers = rsp.registers()
        for place, why in ((bench.path("absent/file"), "No such file"), (bench.folder.name, "not a file")):
            answer = rsp.monitor("save " + place)
            equal(why in answer, True, "the answer %r" % answer)
        equal("usage" in rsp.monitor("save"), True, "usage")
        equal(rsp.registers(), registers, "the machine")


def refused_loads(bench):
    """what is no such file, and options that contradict it, get one line and status 1"""
    machine, rsp = bench.start()
    with machine:
        bench.save(rsp)
    with open(bench.saved, "rb") as file:
        content = file.read()
    for name, data in (("half", content[:len(content) // 2]), ("empty", b""), ("text", b"hello\n" * 50),
                       ("changed", content[:200] + bytes([content[200] ^ 1]) + content[201:])):
        with open(bench.path(name), "wb") as file:
            file.write(data)
    for says, arguments in (("half", ("-load", bench.path("half"))), ("empty", ("-load", bench.path("empty"))),
                            ("text", ("-load", bench.path("text"))), ("changed", ("-load", bench.path("changed"))),
                            ("absent", ("-load", bench.path("absent"))), ("not a file", ("-load", bench.folder.name)),
                            ("-m ", ("-m", "64", "-load", bench.saved)), ("-kernel", ("-load", bench.saved, "-kernel", bench.kernel)),
                            ("-cpu", ("-load", bench.saved, "-cpu", "24Kf")), ("-rtc", ("-load", bench.saved, "-rtc", "base=utc")),
                            ("-icount", ("-load", bench.saved, "-icount", "shift=3")), ("-history off", ("-load", bench.saved, "-history", "off"))):
        result = subprocess.run([bench.opts.stakeout, "-serial", "null", *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        lines = result.stderr.decode(errors="replace").splitlines()
        equal((result.returncode, len(lines)), (1, 1), "status and lines of %r: %r" % (arguments, lines))
        equal(lines[0].startswith("stakeout: ") and says in lines[0], True, "the line %r" % lines[0])


if __name__ == "__main__":
    opts = options(__doc__)
    run([mailed, in_the_past, reset_in_history, again, at_power_on, names, refused_saves, refused_loads], lambda: SaveBench(opts), opts)
