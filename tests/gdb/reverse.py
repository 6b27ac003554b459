#!/usr/bin/env python3
"""Clients and time: what becomes of the past when one leaves it, comes back to it, or interrupts a search of it."""
import re

from machine import Guest, Machine, options
from rsp import BREAK, READ, WRITE, Rsp
from suite import equal, run

NEVER_READ = 0x80a00000
DOTS = {"jit": 120, "interp": 3}  # of the guest `rewrite`: some host seconds of work


class Bench:
    """A machine and a client; `echo` has answered three keys, `rewrite` has worked for a while."""

    def __init__(self, opts):
        self.opts = opts

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def client(self, machine):
        return Rsp(machine.connect(), self.guest.big, self.opts.verbose)

    def machine(self, name, *arguments):
        self.guest = Guest(self.opts.guests, name, self.opts.endian)
        return Machine(self.opts, ["-kernel", self.guest.path, *arguments], stopped=False, big=self.guest.big)

    def echo(self):
        machine = self.machine("echo")
        machine.expect("hello from the guest\n")
        machine.type("abc")
        machine.expect("[a][b][c]")
        rsp = self.client(machine)
        rsp.ask("?")
        return machine, rsp

    def busy(self):
        machine = self.machine("rewrite")
        machine.expect("." * DOTS[self.opts.accel or "jit"], 300)
        rsp = self.client(machine)
        rsp.ask("?")
        return machine, rsp

    def keys(self, rsp):
        return rsp.word(self.guest["keys"])


def when(rsp):
    return int(re.match(r"icount (\d+)", rsp.monitor("when"))[1])


def in_past(rsp):
    return "of the way" in rsp.monitor("when")


def back_to_key(bench, rsp, number):
    """Behind the write that made the count of keys this number."""
    rsp.insert(WRITE, bench.guest["keys"])
    while True:
        rsp.send("bc")
        rsp.stop()
        if bench.keys(rsp) == number:
            break
    rsp.remove(WRITE, bench.guest["keys"])


def back(rsp):
    rsp.send("bc")
    return rsp.stop()


def detached(bench):
    """a client that detaches in the past lets time run to the present and on, and nothing is printed twice"""
    machine, rsp = bench.echo()
    with machine:
        back_to_key(bench, rsp, 1)
        rsp.ok("D")
        rsp.close()
        machine.type("d")
        machine.expect("[d]") # a key typed in the past, as this may be, begins a new one; else [b][c] were printed before
        equal(machine.console, b"", "what is printed behind it")


def vanished(bench):
    """a client that vanishes in the past leaves time there; the next one finds it"""
    machine, rsp = bench.echo()
    with machine:
        back_to_key(bench, rsp, 2)
        place = when(rsp)
        rsp.close()
        rsp = bench.client(machine)
        rsp.ask("?")
        equal((when(rsp), bench.keys(rsp), in_past(rsp)), (place, 2, True), "where time stands")
        equal(back(rsp).text.split(";")[0], "T05replaylog:begin", "to the start")
        equal(rsp.monitor("info status").strip(), "stopped: at the start of history", "the status there")
        rsp.close()


def interrupted(bench):
    """^C ends a long search in either form; it had told how far it was; time stands where it was"""
    machine, rsp = bench.busy()
    with machine:
        place = when(rsp)
        rsp.insert(READ, NEVER_READ)
        rsp.send("bc")
        equal(progress(rsp), True, "progress of reverse-continue")
        rsp.raw(b"\x03")
        equal((rsp.stop().signal, when(rsp)), (2, place), "^C in reverse-continue")
        rsp.remove(READ, NEVER_READ)
        rsp.send("bs")
        rsp.stop()
        equal(when(rsp) < place, True, "a step back afterwards")
        rsp.close()


def progress(rsp):
    text = rsp.receive()
    return text.startswith("O") and b"searching the past" in bytes.fromhex(text[1:])


def gone_in_a_search(bench):
    """a client that comes while the search of one that has gone runs stops it"""
    machine, rsp = bench.busy()
    with machine:
        place = when(rsp)
        rsp.insert(READ, NEVER_READ)
        rsp.send("bc")
        progress(rsp)
        rsp.close()
        rsp = bench.client(machine)
        rsp.ask("?")
        equal(when(rsp), place, "where time stands")
        rsp.close()


def stops_at_present(bench):
    """forward from the past goes live, or stops at the present when that is wished"""
    machine, rsp = bench.echo()
    with machine:
        end = when(rsp)
        rsp.monitor("set replay-stop on")
        back_to_key(bench, rsp, 1)
        rsp.insert(BREAK, bench.guest["body"])
        stop = rsp.resume("c")
        equal((stop.text.split(";")[0], when(rsp), in_past(rsp)), ("T05replaylog:end", end, False), "the stop at the present")
        rsp.send("vCont;c")
        machine.type("d")
        machine.expect("[d]")
        rsp.raw(b"\x03")
        equal(rsp.stop().signal, 2, "live afterwards")
        back_to_key(bench, rsp, 2)
        while in_past(rsp):
            stop = rsp.resume("r%x,%x" % (0, 0xffffffff))
        equal((stop.text.split(";")[0], bench.keys(rsp)), ("T05replaylog:end", 4), "a step that comes to the present")
        rsp.close()


def stepped_reset(bench):
    """the guest's reset is a position: forth and back over it"""
    machine, rsp = bench.echo()
    with machine:
        rsp.insert(BREAK, bench.guest["start"])
        rsp.send("vCont;c")
        machine.type("r")
        rsp.stop()
        at = when(rsp)
        equal(rsp.pc(), bench.guest["start"], "pc behind the reset")
        rsp.send("bs")
        rsp.stop()
        equal(when(rsp), at - 1, "before the reset")
        equal(bench.keys(rsp), 4, "keys before the reset")
        for _ in range(2):
            rsp.resume("s")
            equal((when(rsp), rsp.pc()), (at, bench.guest["start"]), "a step over the reset")
            rsp.send("bs")
            rsp.stop()
        rsp.close()


def main():
    opts = options(__doc__)
    run([detached, vanished, interrupted, gone_in_a_search, stops_at_present, stepped_reset], lambda: Bench(opts), opts)


if __name__ == "__main__":
    main()
