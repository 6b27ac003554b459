#!/usr/bin/env python3
"""Plug-ins in a machine without a debugger: what they are told, what they change, what is refused.

    plugins.py [options] SPY FOLDER    the example's object, and the folder of the tests' own
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gdb"))
from machine import Guest, Machine, options  # noqa: E402
from rsp import BREAK, Rsp  # noqa: E402
from suite import equal, run  # noqa: E402


class Bench:
    """The guest that counts the keys it gets in `keys`."""

    def __init__(self, opts):
        self.opts = opts
        self.spy, self.folder = opts.objects
        self.guest = Guest(opts.guests, "echo", opts.endian)
        self.keys = self.guest["keys"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def object(self, name):
        return os.path.join(self.folder, name + ".so")

    def machine(self, *plugins, gdb=False):
        arguments = ["-kernel", self.guest.path]
        for plugin in plugins:
            arguments += ["-plugin", plugin]
        return Machine(self.opts, arguments, stopped=False, gdb=gdb, big=self.guest.big)

    def lines(self, machine):
        """What was printed when the guest has been powered off."""
        machine.type("q")
        equal(machine.wait_exit(), 0, "exit status")
        return [line.removeprefix("stakeout: ") for line in machine.error_text().splitlines()]


def spies(bench):
    """the example: who writes, what, over what; and how many there were"""
    with bench.machine("%s,keys,4,2" % bench.spy) as machine:
        machine.type("abc")
        machine.expect("[a][b][c]")
        lines = bench.lines(machine)
    equal(len(lines), 3, "lines %r" % lines)
    for line, count in zip(lines, (1, 2)):
        text = "0x%08x <- 0x%08x (was 0x%x), pc 0x" % (bench.keys & 0x1fffffff, count, count - 1)
        equal(line.startswith("spy: icount ") and text in line and " body+0x" in line, True, "the line %r" % line)
    equal(lines[2], "spy: 4 writes", "the last line")


def looks(bench):
    """a plug-in that looks is told of each hit, before it is done, and nothing changes"""
    with bench.machine(bench.object("probe") + ",look,keys,") as machine:
        machine.type("ab")
        machine.expect("[a][b]")
        lines = bench.lines(machine)
    equal(lines[:3], ["probe: version 1 icount 0 time 0 args 4", "probe: bad 0 0 0 0 0", "probe: watches 1 2"], "the start")
    wanted = []
    for count in (1, 2, 3):
        for place, number in (("virtual", 1), ("physical", 2)):
            wanted.append("probe: %s %d 01 4 0x%x <- 0x%x (was 0x%x) by body pc right memory %d %d"
                          % (place, number, bench.keys, count, count - 1, count - 1, count - 1))
    equal(sorted(lines[3:-1]), sorted(wanted), "the hits")
    equal(lines[-1], "probe: end running 1 stopped 1 exceptions 0 refused 0 last code 0", "the end")


def changes(bench):
    """what a plug-in writes is there, and is part of history; a watch that it takes away is gone"""
    with bench.machine(bench.object("probe") + ",change", gdb=True) as machine:
        machine.type("abcd")
        machine.expect("[a][b][c][d]")
        rsp = Rsp(machine.connect(), bench.guest.big)
        rsp.ask("?")
        equal(rsp.word(bench.keys), 12, "keys")
        told = machine.error_text()
        for place, keys in (("start", 0), ("end", 12)):
            rsp.monitor("goto " + place)
            equal(rsp.word(bench.keys), keys, "keys at the " + place)
        equal(machine.error_text(), told, "what was printed by then, and after going through it again")
        rsp.ask("D")
        rsp.close()
        lines = bench.lines(machine)
    equal("<- 0x1 (was 0x0)" in lines[3] and "<- 0x2 (was 0x1)" in lines[4], True, "the first two hits in %r" % lines)
    equal(lines[5:8], ["probe: register 1 10", "probe: memory 4 0", "probe: memory 4 0"], "the writes")
    equal("<- 0xb (was 0xa)" in lines[8], True, "the third hit in %r" % lines)
    equal(lines[9], "probe: unwatch 1 0", "the removal")
    equal(len(lines), 11, "lines: %r" % lines)


def exceptions(bench):
    """exceptions are told, with the registers of the interrupted unit; nothing can be changed there; not when time goes back and forth"""
    guest = Guest(bench.opts.guests, "step", bench.opts.endian)
    with Machine(bench.opts, ["-kernel", guest.path, "-plugin", bench.object("probe") + ",look,ready"], big=guest.big) as machine:
        rsp = Rsp(machine.connect(), guest.big)
        for label, end in (("ready", "ready"), ("system_call", "system_call_end"), ("system_call", "system_call_end")):
            rsp.insert(BREAK, guest[end])
            if label != "ready":
                rsp.change(PC=guest[label], S7=0)
            rsp.resume()
            equal(rsp.pc(), guest[end], "where it stopped")
            rsp.remove(BREAK, guest[end])
        for place in ("start", "end"):
            rsp.monitor("goto " + place)
        rsp.close()
        machine.process.terminate()
        equal(machine.wait_exit(), 0, "exit status")
        equal(machine.error_text().splitlines()[-1].partition(" exceptions ")[2], "2 refused 2 last code 8", "the end in %r" % machine.error_text())


def stops(bench):
    """stop: the machine stands before the access, and goes on from there"""
    with bench.machine(bench.object("probe") + ",stop", gdb=True) as machine:
        machine.type("a")
        machine.wait_for(lambda: "the machine is stopped" in machine.error_text(), "the stop")
        rsp = Rsp(machine.connect(), bench.guest.big)
        equal(rsp.ask("?")[:3], "T02", "answer to ?")
        equal(rsp.word(bench.keys), 0, "keys at the stop")
        rsp.ask("D")
        rsp.close()
        machine.expect("[a]")
        equal(machine.error_text().count("probe: virtual 1"), 1, "hits told")


def goes_on_watching(bench):
    """a watch that is set in a callback hits from the next access on, and may take itself away"""
    with bench.machine(bench.object("probe") + ",more") as machine:
        machine.type("abcde")
        machine.expect("[e]")
        lines = bench.lines(machine)[3:-1]
    told = [line.split()[1] for line in lines]
    equal((told.count("virtual"), told.count("read"), told.count("unwatch"), told[0]), (6, 2, 1, "virtual"), "calls in %r" % lines)
    equal([line.split()[2] for line in lines if line.split()[1] == "read"], ["2", "2"], "the watch that it was")


def halts(bench):
    """stop works in a callback for an exception, at the boundary that follows, and in one for a state change"""
    guest = Guest(bench.opts.guests, "step", bench.opts.endian)
    with Machine(bench.opts, ["-kernel", guest.path, "-plugin", bench.object("probe") + ",halt,ready"], big=guest.big) as machine:
        rsp = Rsp(machine.connect(), guest.big)
        rsp.insert(BREAK, guest["ready"])
        rsp.resume()
        rsp.remove(BREAK, guest["ready"])
        rsp.change(PC=guest["system_call"], S7=0)
        stop = rsp.resume()  # the second run
        equal((stop.signal, rsp.pc()), (2, guest["system_call"]), "the stop where it began")
        rsp.insert(BREAK, guest["system_call_end"])
        stop = rsp.resume()
        equal((stop.signal, rsp.pc()), (2, 0x80000180), "the stop at the exception's vector")
        stop = rsp.resume()
        equal((stop.signal, rsp.pc()), (5, guest["system_call_end"]), "the end")
        rsp.close()


def leaves_no_trace(bench):
    """a guest with interrupts, faults and self-made code does the same, instruction by instruction, whatever plug-ins look on"""
    guest = Guest(bench.opts.guests, "chaos", bench.opts.endian)

    def state_after(plugins):
        words = [word for plugin in plugins for word in ("-plugin", plugin)]
        with Machine(bench.opts, ["-kernel", guest.path, "-rtc", "base=2026-01-01", *words], big=guest.big) as machine:
            rsp = Rsp(machine.connect(), guest.big)
            rsp.monitor("watch virt:%#x,4 count 400" % guest["rounds"])
            rsp.send("vCont;c")
            said = ""
            while (text := rsp.receive())[:1] == "O":
                said += bytes.fromhex(text[1:]).decode()
            when = rsp.monitor("info icount").splitlines()[0]
            memory = rsp.read(0x80400000, 0x8000)
            equal(rsp.word(guest["rounds"]), 399, "rounds")
            state = (when, rsp.registers(), [rsp.word(guest[name]) for name in ("ticks", "exceptions", "refills", "calls", "seed")], memory)
            rsp.close()
            return state, said
    plain, _ = state_after([])
    spy, probe = bench.spy + ",ticks,4,5", bench.object("probe")
    for plugins in ([spy], [probe + ",look,exceptions"], [spy, probe + ",more,refills", bench.spy + ",seed"]):
        watched, said = state_after(plugins)
        equal(watched == plain, True, "the state with %s, %r beside %r, is the same" % (plugins, watched[:3], plain[:3]))
        equal("spy: icount" in said or "probe: virtual" in said, True, "the plug-ins were called with %s, %r, %r" % (plugins, said[:400], watched[:3]))


def headers(bench):
    """the installed header is C99 and C++ by itself, and a plug-in that is built from outside with it is loaded"""
    include = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "plugins")
    source = ("#include <stakeout-plugin.h>\n%sconst uint32_t stakeout_plugin_version = STAKEOUT_PLUGIN_VERSION;\n"
              "bool stakeout_plugin_start(struct stakeout *, const struct stakeout_functions *, int, const char *const *) { return true; }%s\n")
    with tempfile.TemporaryDirectory() as folder:
        for compiler, name, words in (("g++", "a.cc", ("extern \"C\" {\n", "}")), ("gcc", "b.c", ("", ""))):
            if not shutil.which(compiler):
                continue
            path, made = os.path.join(folder, name), os.path.join(folder, name + ".so")
            text = source % words
            if name.endswith(".c"):
                text = text.replace("struct stakeout *,", "struct stakeout *m,").replace("functions *,", "functions *f,").replace("int,", "int c,") \
                    .replace("const *)", "const *v)")
            with open(path, "w") as file:
                file.write(text)
            subprocess.run([compiler, "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-shared", "-fPIC", "-I", include, "-o", made, path]
                           + (["-std=c99"] if compiler == "gcc" else []), check=True)
            with bench.machine(made) as machine:
                equal(bench.lines(machine), [], "lines with the plug-in of " + compiler)


def refused(bench):
    """what cannot be loaded or does not start: one clear line, status 1"""
    text = os.path.join(bench.opts.guests, "echo-%s.elf" % bench.opts.endian)
    for name, says in (("/no/such.so", "cannot be loaded"), (text, "cannot be loaded"), (bench.object("later"), "version 99"),
                       (bench.object("unstarted"), "stakeout_plugin_start"), (bench.object("unversioned"), "stakeout_plugin_version"),
                       (bench.object("empty"), "stakeout_plugin_version"), (bench.object("later") + 33 * ",x", "too many"),
                       (bench.object("probe") + ",refuse", "did not start"), (bench.spy + ",nowhere", "did not start")):
        result = subprocess.run([bench.opts.stakeout, "-kernel", bench.guest.path, "-plugin", name], stdin=subprocess.DEVNULL,
                                capture_output=True, timeout=30, check=False)
        lines = result.stderr.decode().splitlines()
        told = 1 if "did not start" in says else 0  # by the plug-in itself
        equal((result.returncode, len(lines)), (1, 1 + told), "status and lines of %s: %r" % (name, lines))
        equal(lines[-1].startswith("stakeout: -plugin ") and says in lines[-1], True, "the line %r" % lines[-1])


CHECKS = [spies, looks, changes, exceptions, stops, goes_on_watching, halts, leaves_no_trace, headers, refused]

if __name__ == "__main__":
    OPTS = options(__doc__)
    OPTS.objects, OPTS.rest = OPTS.rest[:2], OPTS.rest[2:]
    run(CHECKS, lambda: Bench(OPTS), OPTS)
