#!/usr/bin/env python3
"""Watches given on the command line, with each action, in a machine that no debugger looks at."""
import subprocess

from machine import Guest, Machine, options
from rsp import Rsp
from suite import equal, run


class Bench:
    """The guest, which counts the keys it gets in `keys`."""

    def __init__(self, opts):
        self.opts = opts
        self.guest = Guest(opts.guests, "echo", opts.endian)
        self.keys = self.guest["keys"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def machine(self, *specs, gdb=False):
        arguments = ["-kernel", self.guest.path]
        for spec in specs:
            arguments += ["-watch", spec]
        return Machine(self.opts, arguments, stopped=False, gdb=gdb, big=self.guest.big)

    def says(self, machine, *texts):
        """Waits until stderr holds these texts in this order."""
        def there():
            rest = machine.error_text()
            for text in texts:
                before, found, rest = rest.partition(text)
                if not found:
                    return False
            return True
        try:
            machine.wait_for(there, "the lines", 20)
        except AssertionError:
            raise AssertionError("no %r on stderr: %r" % (texts, machine.error_text())) from None

    def ends(self, machine):
        machine.type("q")
        equal(machine.wait_exit(), 0, "exit status")


def logs(bench):
    """log: a line for each hit, and the machine goes on"""
    with bench.machine("phys:keys,4,log") as machine:
        machine.type("ab")
        machine.expect("[a][b]")
        bench.says(machine, "stakeout: 1: icount ", ": watch phys 0x%08x: " % (bench.keys & 0x1fffffff), " body+0x", "<- 0x1 (was 0x0)",
                   "stakeout: 1: icount ", "<- 0x2 (was 0x1)")
        bench.ends(machine)


def executes(bench):
    """exec: the command runs at each hit, before the access, and the machine goes on"""
    with bench.machine("virt:keys,4 w if value > 1 exec 'x keys 4'", "virt:keys,4,w,count=3,exec='print keys'") as machine:
        machine.type("abc")
        machine.expect("[a][b][c]")
        word = [number.to_bytes(4, "big" if bench.guest.big else "little").hex(" ") for number in (1, 2)]
        bench.says(machine, "stakeout: %08x: %s " % (bench.keys, word[0]), "stakeout: %08x: %s " % (bench.keys, word[1]),
                   "stakeout: 0x%08x keys+0x0" % bench.keys)
        bench.ends(machine)
        equal(len(machine.error_text().splitlines()), 5, "lines for the keys a, b, c, q in %r" % machine.error_text())


def several(bench):
    """several at once on the same bytes: each does its own, and one that stops is enough"""
    specs = ("phys:keys,4,log", "virt:keys,4 w exec 'print keys'", "phys:keys,1,rw,any,count=2,exec='xp 0 4',stop" , "virt:keys,4 r if value > 100")
    with bench.machine(*specs, gdb=True) as machine:
        machine.type("abcd")
        bench.says(machine, "the machine is stopped; connect gdb")
        text = machine.error_text()
        equal("stakeout: 00000000: " in text and text.count("keys+0x0") >= 1 and text.count(": icount ") >= 1, True, "the lines %r" % text)
        rsp = Rsp(machine.connect(), bench.guest.big)
        equal(rsp.ask("?")[:3], "T02", "answer to ?")
        answer = rsp.monitor("info watchpoints")
        equal([" %d  " % number in answer for number in (1, 2, 3, 4)], 4 * [True], "the four in %r" % answer)
        rsp.monitor("unwatch all")
        rsp.ask("D")
        machine.expect("[d]")
        rsp.close()
        bench.ends(machine)


def stops(bench):
    """stop: says so and how to go on; a client that connects then sees the stop and lets it go on"""
    with bench.machine("phys:keys,4,count=2", gdb=True) as machine:
        machine.type("ab")
        machine.expect("[a]")
        bench.says(machine, "stakeout: 1: watch phys ", "<- 0x2 (was 0x1)",
                   "stakeout: the machine is stopped; connect gdb to unix:" + machine.socket_path)
        rsp = Rsp(machine.connect(), bench.guest.big)
        equal(rsp.ask("?")[:3], "T02", "answer to ?")
        equal(rsp.word(bench.keys), 1, "keys at the stop")
        rsp.ask("D")
        machine.expect("[b]")
        rsp.close()


def stops_for_good(bench):
    """stop without -gdb: says that nothing can let it go on; the program still ends when told to"""
    with bench.machine("virt:keys,4,exec='stop'") as machine:
        machine.type("a")
        bench.says(machine, "stakeout: 1: watch 0x%08x: " % bench.keys, "the machine is stopped, with neither -gdb nor a console")
        machine.process.terminate()
        equal(machine.wait_exit(), 0, "exit status")


def quits(bench):
    """exec 'quit' ends the program"""
    with bench.machine("virt:keys,4,exec=quit") as machine:
        machine.type("a")
        equal(machine.wait_exit(), 0, "exit status")


def refused(bench):
    """what is wrong gets one line, and status 1"""
    for spec, says in (("", "empty"), (" ", "usage: watch"), ("0x100,4", "a range is phys:ADDR,LEN or virt:ADDR,LEN"), ("virt:nowhere,4", "no such symbol"),
                       ("phys:keys,4,often", "often: not an option"), ("phys:0,4,exec 'x 1", "exec: one command"),
                       ("phys:0,4 if nonsense", "'nonsense' is neither"), ("phys:0," + "1" * 300, "too long")):
        result = subprocess.run([bench.opts.stakeout, "-kernel", bench.guest.path, "-watch", spec], stdin=subprocess.DEVNULL,
                                capture_output=True, timeout=30, check=False)
        lines = result.stderr.decode().splitlines()
        equal((result.returncode, len(lines)), (1, 1), "status and lines of -watch %r: %r" % (spec, lines))
        equal(lines[0].startswith("stakeout: -watch") and says in lines[0], True, "the line %r" % lines[0])


CHECKS = [logs, executes, several, stops, stops_for_good, quits, refused]

if __name__ == "__main__":
    OPTS = options(__doc__)
    run(CHECKS, lambda: Bench(OPTS), OPTS)
