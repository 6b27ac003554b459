"""Rows about the past: what keeping or recording it costs, and how fast a debugger goes back. QEMU records in one run and goes back in
another, which replays; stakeout goes back in the run itself."""
import os
import signal
import subprocess
import time

import guest as g
import linux
from emulator import Emulator, Failed
from rsp import BREAK, WRITE, Rsp

LOOP_ROUNDS, SHORT_ROUNDS = 300000000, 500000
STEPS_BACK, HITS_BACK = 5, 2


def is_qemu(emulator):
    return "qemu" in os.path.basename(emulator.path)


def plain(emulator):
    """The emulator without a past."""
    return Emulator(emulator.name, emulator.path, ["-net", "none"] if is_qemu(emulator) else ["-history", "off"])


def recorder(emulator, folder, mode):
    """The emulator as it must run to go back: QEMU's modes are record and replay, in that order."""
    if not is_qemu(emulator):
        return Emulator(emulator.name, emulator.path)
    log, drive = (os.path.join(folder, name) for name in ("record.log", "record.qcow2"))
    if mode == "record":
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", drive, "64M"], check=True)
    return Emulator(emulator.name, emulator.path, [
        "-net", "none", "-icount", "shift=auto,rr=%s,rrfile=%s" % (mode, log), "-drive", "file=%s,if=none,id=rr" % drive])


def cost(bench, emulator, name, run):
    """run(emulator): user seconds."""
    without, kept = run(plain(emulator)), run(recorder(emulator, bench.guest.folder, "record"))
    bench.table.line(name, "times slower", -1).add(emulator, kept / without, kept)


def cost_loop(bench, emulator, name):
    path = bench.guest.image("hotpage", count=LOOP_ROUNDS)
    cost(bench, emulator, name, lambda e: g.run(e, path, "hotpage").user)


def cost_boot(bench, emulator, name):
    cost(bench, emulator, name, lambda e: linux.boot(e, bench.images))


def record(bench, emulator, path):
    """A whole run of the program; the recording is complete when the process has ended by itself."""
    with recorder(emulator, bench.guest.folder, "record").start(g.arguments(path), g.LIMIT) as process:
        g.Result(process, "hotpage")
        process.process.send_signal(signal.SIGTERM)
        process.process.wait(g.LIMIT)


def timed(rsp, packet):
    begin = time.monotonic()
    rsp.send(packet)
    stop = rsp.stop()
    return (time.monotonic() - begin) * 1e3, stop


def back(bench, emulator, step_name, store_name):
    """From the end of a program: steps, then to the last stores to a word that it writes in each round."""
    path, symbols = bench.guest.image("hotpage", count=SHORT_ROUNDS), bench.guest.symbols
    if is_qemu(emulator):
        record(bench, emulator, path)
    with recorder(emulator, bench.guest.folder, "replay").start(g.arguments(path), g.LIMIT, gdb=True) as process:
        rsp = Rsp(process.connect(), False)
        if "ReverseStep+" not in rsp.features:
            raise Failed("no reverse steps")
        rsp.insert(BREAK, symbols["plat_exit"])
        rsp.resume()
        rsp.remove(BREAK, symbols["plat_exit"])
        for _ in range(STEPS_BACK):
            pc = rsp.pc()
            ms, _ = timed(rsp, "bs")
            if rsp.pc() == pc:
                raise Failed("a step back that went nowhere")
            bench.table.line(step_name, "ms", -1).add(emulator, ms)
        rsp.insert(WRITE, symbols["hot_page"])
        for _ in range(HITS_BACK):
            ms, stop = timed(rsp, "bc")
            if not stop.watch():
                raise Failed("reverse-continue ended with %r" % stop.text)
            bench.table.line(store_name, "ms", -1).add(emulator, ms)
