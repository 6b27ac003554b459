"""The rows of the table: what is measured, and how."""
import os
import shutil
import subprocess
import time

import guest as g
import linux
import past
from emulator import Failed
from rsp import ACCESS, BREAK, READ, WRITE, Rsp

MORE, LESS, NO_RATIO = 1, -1, 0
SYSTEM = "kuseg tlb-seq tlb-rand tlb-code irq-10khz mmio-poll smc syscall exception".split()
STEPS = 5000
LONG_ENOUGH = 0.3  # user seconds of the hot loop
HOT, HOT_LABELS = "a store and a load on one page", ("with a write watch on the page", "with 1,000 write watches there",
                                                     "with a breakpoint on its code page", "with a read watch on the page",
                                                     "with an access watch on the page")
MANY = 100000
HOT_MANY, SPREAD = "with 100,000 watches there", "with 100,000 watches all over RAM"
LINUX, LINUX_MANY = "Linux, until it finds no root file system", "with 100,000 conditional watches all over RAM"
LOGGED, LOG_SCALE = "crc copy qsort lz list".split(), 4  # sixteenths of the programs' size
CONDITION, TIMES = "a breakpoint's condition, false", {"QEMU": 2000}


class Bench:
    """What all rows share."""

    def __init__(self, guest, stakeout, images, table):
        self.guest, self.stakeout, self.images, self.table = guest, stakeout, images, table
        self.counts = {}  # instructions of a program
        self.rounds = {}  # of the hot loop, by emulator and points
        self.plain = {}   # ns a round without points, by emulator: this round's

    def instructions(self, part, user):
        if (part, user) not in self.counts:
            self.counts[part, user] = g.instructions(self.stakeout, self.guest, part, user)
        return self.counts[part, user]


def program(bench, emulator, name, part, user=False):
    result = g.run(emulator, bench.guest.image(part, user), part)
    bench.table.line(name, "MIPS", MORE).add(emulator, bench.instructions(part, user) / result.user / 1e6, result.user)


def system(bench, emulator, name):
    result = g.run(emulator, bench.guest.image(name), name)
    bench.table.line(name, "s", LESS).add(emulator, result.user, result.user)
    if result.interrupts:
        bench.table.line(name + ": interrupts in a second of the guest", "", NO_RATIO).add(
            emulator, result.interrupts / result.guest_seconds())
        without = g.run(emulator, bench.guest.image(name, interrupts=False), name)
        bench.table.line(name + ": user time of an interrupt", "us", NO_RATIO).add(emulator, (result.user - without.user) / result.interrupts * 1e6)


def points_of(bench, label):
    hot = bench.guest.symbols["hot_page"] + 64
    never = bench.guest.symbols["never_run"] + 8
    return {HOT: [], HOT_LABELS[0]: [(WRITE, hot)], HOT_LABELS[1]: [(WRITE, hot + 4 * i) for i in range(1000)],
            HOT_LABELS[2]: [(BREAK, never)], HOT_LABELS[3]: [(READ, hot)], HOT_LABELS[4]: [(ACCESS, hot)],
            HOT_MANY: many_on_page(hot, 1000 * 4), SPREAD: many_in_ram(hot)}[label]


def many_on_page(first, length):
    """So many different ranges on one page, all kinds."""
    return [((WRITE, READ, ACCESS)[i % 3], first + i % length, 1 + i // length) for i in range(MANY - 1)] + [(ACCESS, first)]


def many_in_ram(hot):
    """Every 2.5 KiB of 256 MiB one, but not in what the guest's own code and data are; and on the page of the loop."""
    return [((WRITE, READ, ACCESS)[i % 3], 0x80400000 + i * 2520 & ~3) for i in range(MANY - 3)] + [(kind, hot) for kind in (WRITE, READ, ACCESS)]


def insert(rsp, points):
    """Many packets on their way at once: what is measured begins later."""
    for at in range(0, len(points), 100):
        part = points[at:at + 100]
        for kind, address, *length in part:
            rsp.send("Z%d,%x,%x" % (kind, address, length[0] if length else 4))
        for point in part:
            if rsp.receive() != "OK":
                raise Failed("the point %r was refused" % (point,))


def user_of_rest(process, rsp, part):
    """User seconds from here to the part's end."""
    before = process.user()
    rsp.send("vCont;c")
    g.Result(process, part)
    return process.used - before


def hot_loop(bench, emulator, label, count):
    """User seconds of so many rounds with the points of that label set."""
    with emulator.start(g.arguments(bench.guest.image("hotpage", count=count)), g.LIMIT, gdb=True) as process:
        rsp = Rsp(process.connect(), False)
        rsp.insert(BREAK, bench.guest.symbols["part_hotpage"])
        rsp.resume()
        rsp.remove(BREAK, bench.guest.symbols["part_hotpage"])
        insert(rsp, points_of(bench, label))
        return user_of_rest(process, rsp, "hotpage")


def hot(bench, emulator, label):
    if label in (HOT_MANY, SPREAD) and emulator.name == "QEMU":
        return  # it looks through all of them at each access to the page
    count = bench.rounds.get((emulator.name, label), 50000)
    enough = LONG_ENOUGH * (5 if label in (HOT_MANY, SPREAD) else 1)  # at the end they are taken away, which may count
    while (user := hot_loop(bench, emulator, label, count)) < enough:
        count = int(count * min(50, 2 * enough / max(user, 0.01)))
    bench.rounds[emulator.name, label] = count
    ns = user / count * 1e9
    bench.table.line(label, "ns", LESS).add(emulator, ns, user)
    if label == HOT:
        bench.plain[emulator.name] = ns
    elif emulator.name in bench.plain:
        bench.table.line(label + ": times slower", "", NO_RATIO).add(emulator, ns / bench.plain[emulator.name])


def panic(bench, emulator, label):
    """Linux, which finds no root file system; the watches are physical, of all kinds, and their condition is evaluated at each hit."""
    if emulator.name == "QEMU" and label == LINUX_MANY:
        return
    arguments = ["-m", "256", "-kernel", os.path.join(bench.images, "malta-vmlinux"), "-append", linux.COMMAND_LINE]
    with emulator.start(arguments, linux.LIMIT, gdb=True) as process:
        rsp = Rsp(process.connect(), False)
        if label == LINUX_MANY:
            for i in range(MANY):
                rsp.monitor("watch phys:%#x,4 rw if 0" % (i * 2684 & ~3))
        before = process.user()
        rsp.send("vCont;c")
        user = process.wait_for(rb"end Kernel panic")[1] - before
    bench.table.line(label, "s", LESS).add(emulator, user, user)
    if label == LINUX:
        bench.plain["panic", emulator.name] = user
    elif ("panic", emulator.name) in bench.plain:
        bench.table.line(label + ": times slower", "", NO_RATIO).add(emulator, user / bench.plain["panic", emulator.name])


def memory_log(bench, emulator, part):
    """Each access is written to a file; QEMU: by its plug-in."""
    image = bench.guest.image(part, scale=LOG_SCALE)
    folder = "/dev/shm" if os.path.isdir("/dev/shm") else bench.guest.folder
    path = os.path.join(folder, "bench-memlog-%d" % os.getpid())
    options = ["-plugin", "%s,out=%s" % (bench.guest.plugin(), path)] if emulator.name == "QEMU" else ["-memlog", path]
    try:
        plain, logged = g.run(emulator, image, part).user, g.run(emulator, image, part, *options).user
    finally:
        if os.path.exists(path):
            os.unlink(path)
    bench.table.line(part + ", each access logged", "times slower", LESS).add(emulator, logged / plain, logged)


def condition(bench, emulator, name):
    """A real gdb sets it; the guest then comes to it so many times. Two processes, so by the clock on the wall."""
    gdb = shutil.which("gdb-multiarch")
    if not gdb:
        raise Failed("gdb-multiarch is not there")
    count = TIMES.get(emulator.name, 1000000)
    with emulator.start(g.arguments(bench.guest.image("calls", count=count)), g.LIMIT, gdb=True) as process:
        script = ["set architecture mips", "set endian little", "target remote 127.0.0.1:%d" % process.port,
                  "break *%#x if $a0 == -5" % bench.guest.symbols["turn"], "continue"]
        with subprocess.Popen([gdb, "-nx", "-batch"] + [word for line in script for word in ("-ex", line)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            process.wait_for(rb"BENCH calls start\r?\n")
            begin = time.monotonic()
            process.wait_for(rb"BENCH calls done")
            seconds = time.monotonic() - begin
            client.kill()
    bench.table.line(name, "/s", MORE).add(emulator, count / seconds)


def steps(bench, emulator, name):
    with emulator.start(g.arguments(bench.guest.image("hotpage", count=1 << 30)), g.LIMIT, gdb=True) as process:
        rsp = Rsp(process.connect(), False)
        rsp.ask("vCont?")
        begin, user = time.monotonic(), process.user()
        for _ in range(STEPS):
            stop = rsp.resume("s:1")
            if stop.signal != 5:
                raise Failed("a step ended with %r" % stop.text)
        bench.table.line(name, "/s", MORE).add(emulator, STEPS / (time.monotonic() - begin), process.user() - user)


def boot(bench, emulator, name):
    user = linux.boot(emulator, bench.images)
    bench.table.line(name, "s", LESS).add(emulator, user, user)


def shell(bench, emulator, name):
    user = linux.shell(emulator, bench.images, bench.guest.folder)
    bench.table.line(name, "s", LESS).add(emulator, user, user)


def rows():
    """(name, group, function(bench, emulator)) in the table's order."""
    def row(name, group, fn, *args):
        return name, group, lambda bench, emulator: fn(bench, emulator, *args)
    out = [row(p, "kseg0", program, p, p) for p in g.ELEVEN]
    out += [row(p + " in kuseg", "kuseg", program, p + " in kuseg", p, True) for p in g.ELEVEN]
    out += [row(p, "fp", program, p, p) for p in g.FLOAT]
    out += [row(p, "system", system, p) for p in SYSTEM]
    out += [row(label, "points", hot, label) for label in (HOT,) + HOT_LABELS]
    out += [row(label, "many", hot, label) for label in (HOT_MANY, SPREAD)]
    out += [row(label, "linux", panic, label) for label in (LINUX, LINUX_MANY)]
    out += [row(p + ", each access logged", "memlog", memory_log, p) for p in LOGGED]
    out += [row(CONDITION, "condition", condition, CONDITION)]
    out += [row("steps", "steps", steps, "steps (vCont;s)")]
    out += [row("boot", "linux", boot, "Debian's installer, to its first screen")]
    out += [row("shell", "linux", shell, "Linux: shell that forks and executes")]
    out += [row("past loop", "past", past.cost_loop, "a store and a load, with the past kept or recorded"),
            row("past boot", "linux", past.cost_boot, "Debian's boot, with the past kept or recorded"),
            row("back", "past", past.back, "reverse-stepi", "reverse-continue to the last store")]
    return out


def means(table):
    table.means("**eleven integer programs**", g.ELEVEN, "MIPS")
    table.means("**the same in kuseg**", [p + " in kuseg" for p in g.ELEVEN], "MIPS")
    table.means("**each access to memory logged**", [p + ", each access logged" for p in LOGGED], "times slower")
    table.means("**floating point**", g.FLOAT, "MIPS")
