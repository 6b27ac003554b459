"""Stakeout's own commands for gdb, with completion and help.

    (gdb) source tools/gdb/stakeout.py
    (gdb) target remote :1234
    (gdb) help stakeout

swatch, who-wrote, memlog, when, goto, checkpoint and history are the commands of stakeout's monitor of these names, with
gdb's expressions and symbols for addresses; after a goto gdb forgets what it knew and shows where the machine stands now.
kernel-symbols takes the symbols of a kernel without debug information from its System.map or its own kallsyms.
"""
import os
import re
import sys
import tempfile

import gdb

HERE = sys._getframe().f_code.co_filename  # in a script that another one sources __file__ is the other's
TOOLS = os.path.dirname(os.path.dirname(os.path.abspath(HERE)))
KINDS = ("r", "w", "rw")
LINE = re.compile(r"([0-9a-fA-F]+)\s+(\S)\s+(\S+)")  # of a System.map


def monitor(command):
    """What the machine's monitor says to a command."""
    try:
        return gdb.execute("monitor " + command, to_string=True)
    except gdb.error as error:
        raise gdb.GdbError("%s: %s" % (command.split()[0], error)) from None


def show(text):
    gdb.write(text if not text or text.endswith("\n") else text + "\n")


def number(expression):
    """An expression's value as an address; a function's or an object's name is its address, as in the monitor."""
    try:
        value = gdb.parse_and_eval(expression)
        if value.type.strip_typedefs().code in (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION) or \
                re.fullmatch(r"[A-Za-z_]\w*", expression) and value.address is not None:
            value = value.address
        return int(value.cast(gdb.lookup_type("unsigned long"))) & 0xffffffff
    except gdb.error as error:
        missing = "No symbol" in str(error)
        raise gdb.GdbError("%s: %s" % (expression, "no such symbol, and not a number" if missing else error)) from None


def place(text):
    """phys:EXPR, virt:EXPR or EXPR, with numbers where the expressions are."""
    space, colon, rest = text.partition(":")
    if colon and space in ("phys", "virt"):
        return "%s:%#x" % (space, number(rest) & (0x1fffffff if space == "phys" and not rest[:1].isdigit() else 0xffffffff))
    return "%#x" % number(text)


def forget():
    """Time moved under gdb's feet: what it has cached is of another time."""
    for command in ("maintenance flush register-cache", "maintenance flush dcache"):
        try:
            gdb.execute(command, to_string=True)
        except gdb.error:
            pass


def checkpoints():
    """The names of the monitor's checkpoints."""
    try:
        text = monitor("info history")
    except gdb.GdbError:
        return []
    return re.findall(r"^([A-Za-z_]\S*) +icount \d+, [\d.]+ s$", text, re.M)


def starting_with(words, word):
    return [w for w in words if w.startswith(word)]


class Stakeout(gdb.Command):
    """Commands of stakeout, the emulator: what its monitor does, with gdb's symbols and completion.
help swatch, who-wrote, memlog, when, goto, checkpoint, history, kernel-symbols tells more. Other monitor commands: monitor help."""

    def __init__(self):
        super().__init__("stakeout", gdb.COMMAND_SUPPORT, gdb.COMPLETE_NONE, True)


class Command(gdb.Command):
    """A command with a name of its own and one under `stakeout`."""
    kind = gdb.COMMAND_RUNNING

    def __init__(self, name):
        super().__init__(name, self.kind)


class Swatch(Command):
    """Watch memory in the machine: swatch [phys:|virt:]ADDR[,LEN] [r|w|rw] [asid N] [count N] [any] [log] [stop] [exec 'COMMAND'] [if EXPR]
ADDR is an expression of gdb's; phys: is a physical address, hit through any mapping and by DMA (a symbol there is its kernel
address without the segment). Without LEN a symbol's size, else 4 bytes. Without arguments, or as `swatch list`, the watchpoints with
their hits; `swatch delete N|all` removes. The machine stops with SIGINT, after a line that names the access:
  swatch jiffies                      the next change of a variable
  swatch phys:0x200000,64 rw log      every access to a physical range, without stopping
  swatch pgtable if a0 == 0           only with this register
Watches with words need the machine only, gdb sees nothing of them: they stay when gdb detaches."""
    kind = gdb.COMMAND_BREAKPOINTS
    WORDS = KINDS + ("asid", "count", "any", "log", "stop", "exec", "if")

    def invoke(self, text, from_tty):
        words = text.split(None, 1)
        if not words or words[0] == "list":
            show(monitor("info watchpoints"))
        elif words[0] == "delete":
            show(monitor("unwatch " + (words[1] if len(words) > 1 else "all")))
        else:
            show(monitor("watch %s %s" % (self.range(words[0]), words[1] if len(words) > 1 else "")))

    @staticmethod
    def range(text):
        at, comma, length = text.rpartition(",")
        if not comma:
            at, length = text, str(size_of(text.split(":")[-1]))
        where = place(at)
        return "%s%s,%s" % ("" if ":" in where else "virt:", where, length)

    def complete(self, text, word):
        if len(text.split()) > (0 if text.endswith(" ") else 1):
            return starting_with(self.WORDS, word)
        space, colon, rest = text.partition(":")
        if colon:
            return [(space + colon + name)[len(text) - len(word):] for name in symbols_from(rest)]
        return starting_with(("phys:", "virt:", "list", "delete"), word) + symbols_from(text)


def symbols_from(text):
    """The names that an expression may go on with; none for no text: there are too many."""
    command = "print "
    lines = gdb.execute("complete " + command + text, to_string=True).splitlines() if text else []
    return [line[len(command):] for line in lines if "***" not in line]


def size_of(expression):
    try:
        size = gdb.parse_and_eval(expression).type.strip_typedefs()
        return size.sizeof if size.code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_STRUCT,
                                            gdb.TYPE_CODE_UNION) and not expression[:1].isdigit() and size.sizeof else 4
    except gdb.error:
        return 4


class WhoWrote(Command):
    """Who wrote these bytes last, by CPU or DMA, before now: who-wrote [phys:]ADDR [LEN]
ADDR is an expression of gdb's. Time stays where it is; `goto ICOUNT` goes to the write that is shown."""

    def invoke(self, text, from_tty):
        words = text.split()
        if not words:
            raise gdb.GdbError("usage: who-wrote [phys:]ADDR [LEN]")
        show(monitor(" ".join(["who-wrote", place(words[0]).removeprefix("virt:")] + words[1:])))

    def complete(self, text, word):
        return gdb.COMPLETE_EXPRESSION


class MemLog(Command):
    """Log every access to memory to a file: memlog start FILE[,phys=RANGE][,virt=RANGE][,kind=rwx]...; memlog stop; memlog replay FROM TO FILE
The words are those of `monitor memlog`. tools/memlog shows such a file as text, table or picture."""
    WORDS = ("start", "stop", "replay")

    def invoke(self, text, from_tty):
        show(monitor("memlog " + text))

    def complete(self, text, word):
        if len(text.split()) > (0 if text.endswith(" ") else 1):
            return gdb.COMPLETE_FILENAME
        return starting_with(self.WORDS, word)


class When(Command):
    """Where in its history the machine stands: its count of instructions (icount), and its time."""
    kind = gdb.COMMAND_STATUS

    def invoke(self, text, from_tty):
        show(monitor("when"))


class Goto(Command):
    """Go to a position in the machine's history, back or forth: goto ICOUNT|TIME|start|end|NAME
TIME is 1.5s, 20ms, 7us; NAME a checkpoint's. gdb then shows the frame there."""

    def invoke(self, text, from_tty):
        if not text.strip():
            raise gdb.GdbError("usage: goto ICOUNT|TIME|start|end|NAME")
        try:
            answer = monitor("goto " + text)
        finally:
            forget()
        show(answer)
        if answer.startswith("icount"):
            gdb.execute("frame", from_tty)

    def complete(self, text, word):
        return starting_with(["start", "end"] + checkpoints(), word)


class Checkpoint(Command):
    """Name this position in the machine's history, for goto: checkpoint NAME"""

    def invoke(self, text, from_tty):
        if not text.strip():
            raise gdb.GdbError("usage: checkpoint NAME")
        show(monitor("checkpoint " + text))


class History(Command):
    """How far back the machine's history reaches, and its named checkpoints."""
    kind = gdb.COMMAND_STATUS

    def invoke(self, text, from_tty):
        show(monitor("info history"))


class KernelSymbols(Command):
    """Symbols of a kernel without debug information: kernel-symbols [FILE]
FILE is its System.map (or what /proc/kallsyms shows), or the kernel itself (vmlinux, vmlinuz), whose own kallsyms are read. Without FILE
the running kernel's kallsyms are read out of the machine's memory, which takes some seconds."""
    kind = gdb.COMMAND_FILES

    def invoke(self, text, from_tty):
        files = gdb.string_to_argv(text)
        if not files:
            self.read_running(from_tty)
            return
        with open_file(files[0]) as file:
            data = file.read()
        image, symbols = self.read_map(data) if LINE.match(data[:200].decode("latin-1")) else self.read_kernel(data)
        add_symbols(kallsyms.elf_symbol_file(image, symbols))
        print("%d symbols" % len(symbols))

    @staticmethod
    def read_running(from_tty):
        try:
            gdb.execute("kallsyms", from_tty)
        except gdb.error as error:
            raise gdb.GdbError(str(error).removeprefix("Error occurred in Python: ")) from None

    @staticmethod
    def read_map(data):
        if b"The real System.map is in" in data[:200]:
            raise gdb.GdbError("this System.map is Debian's placeholder; the real one is in the kernel's -dbg package, under /usr/lib/debug/boot; "
                               "without FILE the running kernel's own symbols are read")
        symbols = [(int(at, 16) & 0xffffffff, kind, name) for at, kind, name in
                   (line.groups() for line in map(LINE.match, data.decode("latin-1").splitlines()) if line) if kind not in "aANU"]
        if not symbols:
            raise gdb.GdbError("no symbols in it")
        symbols.sort()
        big = "big" in gdb.execute("show endian", to_string=True)
        arm = "arm" in gdb.selected_inferior().architecture().name()
        machine = kallsyms.EM_ARM if arm else kallsyms.EM_MIPS
        return kallsyms.Image(big, machine, 0, [(symbols[0][0] & -4096, bytes(4096))]), symbols

    @staticmethod
    def read_kernel(data):
        try:
            image = kallsyms.read_image(data)
            return image, kallsyms.find_symbols(image)
        except kallsyms.ImageError as error:
            raise gdb.GdbError(str(error)) from None

    def complete(self, text, word):
        return gdb.COMPLETE_FILENAME


def open_file(path):
    try:
        return open(os.path.expanduser(path), "rb")
    except OSError as error:
        raise gdb.GdbError("%s: %s" % (path, error.strerror)) from None


def add_symbols(content):
    with tempfile.NamedTemporaryFile(suffix=".sym", delete=False) as file:
        file.write(content)
    try:
        gdb.execute("add-symbol-file " + file.name, to_string=True)
    finally:
        os.unlink(file.name)


sys.path.insert(0, TOOLS)
import kallsyms  # noqa: E402  (registers the command kallsyms, too)
sys.path.remove(TOOLS)

Stakeout()
for prefix in ("", "stakeout "):
    for name, command in (("swatch", Swatch), ("who-wrote", WhoWrote), ("memlog", MemLog), ("when", When), ("goto", Goto),
                          ("checkpoint", Checkpoint), ("history", History), ("kernel-symbols", KernelSymbols)):
        command(prefix + name)
