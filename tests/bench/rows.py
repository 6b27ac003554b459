"""The rows of the table: what is measured, and how."""
import time

import guest as g
import linux
from emulator import Failed
from rsp import BREAK, WRITE, Rsp

MORE, LESS, NO_RATIO = 1, -1, 0
SYSTEM = "kuseg tlb-seq tlb-rand tlb-code irq-10khz mmio-poll smc syscall exception".split()
STEPS = 5000
LONG_ENOUGH = 0.3  # user seconds of the hot loop
HOT, HOT_LABELS = "a store and a load on one page", ("with a write watch on the page", "with 1,000 write watches there",
                                                     "with a breakpoint on its code page")


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


def points_of(bench, label):
    hot = bench.guest.symbols["hot_page"] + 64
    never = bench.guest.symbols["never_run"] + 8
    return {HOT: [], HOT_LABELS[0]: [(WRITE, hot)], HOT_LABELS[1]: [(WRITE, hot + 4 * i) for i in range(1000)],
            HOT_LABELS[2]: [(BREAK, never)]}[label]


def hot_loop(bench, emulator, label, count):
    """User seconds of so many rounds with the points of that label set."""
    with emulator.start(g.arguments(bench.guest.image("hotpage", count=count)), g.LIMIT, gdb=True) as process:
        rsp = Rsp(process.connect(), False)
        rsp.insert(BREAK, bench.guest.symbols["part_hotpage"])
        rsp.resume()
        rsp.remove(BREAK, bench.guest.symbols["part_hotpage"])
        for kind, address in points_of(bench, label):
            rsp.insert(kind, address)
        rsp.send("vCont;c")
        return g.Result(process, "hotpage").user


def hot(bench, emulator, label):
    count = bench.rounds.get((emulator.name, label), 50000)
    while (user := hot_loop(bench, emulator, label, count)) < LONG_ENOUGH:
        count = int(count * min(50, 2 * LONG_ENOUGH / max(user, 0.01)))
    bench.rounds[emulator.name, label] = count
    ns = user / count * 1e9
    bench.table.line(label, "ns", LESS).add(emulator, ns, user)
    if label == HOT:
        bench.plain[emulator.name] = ns
    elif emulator.name in bench.plain:
        bench.table.line(label + ": times slower", "", NO_RATIO).add(emulator, ns / bench.plain[emulator.name])


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
    out += [row("steps", "steps", steps, "steps (vCont;s)")]
    out += [row("boot", "linux", boot, "Debian's installer, to its first screen")]
    out += [row("shell", "linux", shell, "Linux: shell that forks and executes")]
    return out


def means(table):
    table.means("**eleven integer programs**", g.ELEVEN, "MIPS")
    table.means("**the same in kuseg**", [p + " in kuseg" for p in g.ELEVEN], "MIPS")
    table.means("**floating point**", g.FLOAT, "MIPS")
