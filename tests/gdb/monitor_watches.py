#!/usr/bin/env python3
"""What decides whether the access to watched bytes stops: conditions over all they can name, address spaces, counts; and conditions and
commands of a client's own watchpoints, which gdb 13 keeps to itself (it sends them with breakpoints only)."""
import re
import struct

from machine import options
from rsp import A0, ACCESS, BREAK, PC, READ, STATUS, T0, WRITE, Stop
from suite import Session, equal, run

DATA, PHYS, USER = 0x80200000, 0x200000, 0x00400000
KSU_USER = 0x10
ENTRYHI = 75  # gdb's number of the register


def note_and_stop(rsp, how="c"):
    """(what was said, the stop) of a resume."""
    rsp.send("vCont;" + how)
    said = ""
    while re.match("O[0-9a-f]", text := rsp.receive()):
        said += bytes.fromhex(text[1:]).decode()
    return said, Stop(text)


def watch(rsp, words):
    """Its number."""
    answer = rsp.monitor("watch " + words)
    equal(bool(re.match(" *[0-9]+  (phys|virt)", answer)), True, "answer to watch %s, %r," % (words, answer))
    return int(answer.split()[0])


def hits(rsp, number):
    return int(re.search("^ *%d .* hits ([0-9]+)" % number, rsp.monitor("info watchpoints"), re.M)[1])


def loop(session, address=DATA, times=50, value=0):
    """Stores value + 1 ... at the address and 8 behind it, reading it before each."""
    rsp, guest = session.rsp, session.guest
    rsp.write(DATA, bytes.fromhex(rsp.hex([value])))
    rsp.change(PC=guest["store_loop"], A0=address, A1=times)


def count(session, words, expected, address=DATA, times=50, what=None):
    """The hits of such a watch in a run of the loop that nothing stops."""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["store_loop_end"])
    number = watch(rsp, words + " log" if " if " not in words else words.replace(" if ", " log if "))
    loop(session, address, times)
    said, stop = note_and_stop(rsp)
    equal((stop.signal, guest.name(rsp.pc())), (5, "store_loop_end"), "stop with " + words)
    equal((said.count("\n"), hits(rsp, number)), (expected, expected), "lines and hits of " + words)
    rsp.monitor("unwatch %d" % number)
    rsp.remove(BREAK, guest["store_loop_end"])


def names(session):
    """a condition may name registers, the access, the machine, memory and symbols"""
    store, load = session.guest["store_loop_store"], session.guest["store_loop"]
    for condition, expected in (
            ("value > 40", 10), ("old >= 40", 10), ("value == old + 1", 50), ("size == 4", 50), ("size != 4", 0), ("store", 50), ("!store", 0),
            ("a1 <= 5", 5), ("$a1 == 50 || $a1 == 1", 2), ("t0 == value", 50), ("$t0 - 1 == old", 50), ("pc == store_loop_store", 50),
            ("pc == %#x" % store, 50), ("pc == %#x" % load, 0), ("asid == 0", 50), ("asid != 0", 0), ("mode == 0", 50), ("mode", 0),
            ("address == %#x" % DATA, 50), ("phys == %#x" % PHYS, 50), ("[%#x] == old" % DATA, 50), ("u32[a0] == 7", 1),
            ("*(u32 *) (address + 8) == value - 1", 49), ("icount > 0", 50), ("status.EXL == 0 && entryhi.ASID == 0", 50),
            ("value % 7 == 0", 7), ("(value & 1) == 0 && value >> 3 == 2", 4)):
        count(session, "phys:%#x,4 if %s" % (PHYS, condition), expected)
    count(session, "phys:%#x,4 rw if !store && value == 3" % PHYS, 1)
    count(session, "phys:%#x,4 r if address == 0xa0200000" % PHYS, 50, DATA | 0x20000000)


def wide(session):
    """all of a doubleword is value64; its lower word is value"""
    with Session(session.opts, "matrix") as matrix:
        rsp, guest = matrix.rsp, matrix.guest
        rsp.insert(BREAK, guest["done"])
        for condition, stops in (("value64 == 0x0506070801020304", True), ("value == 0x01020304 && size == 8", True), ("value64 < 0x100000000", False),
                                 ("old64 == 0", True)):
            rsp.write(DATA, bytes(8))
            values = rsp.registers()
            values[PC], values[A0], values[42], values[43] = guest["m_sdc1"], DATA, 0x01020304, 0x05060708
            rsp.set_registers(values)
            number = watch(rsp, "phys:%#x,1 rw if %s" % (PHYS + 5, condition))
            said, stop = note_and_stop(rsp)
            equal(stop.signal, 2 if stops else 5, "signal with %s, %r" % (condition, said))
            rsp.monitor("unwatch %d" % number)
            if stops:
                rsp.resume()


def mode_and_space(session):
    """mode and asid tell user code of one address space from others; virt: with asid, too"""
    rsp = session.rsp
    code = [0xac880000, 0x1000ffff, 0]  # sw t0, 0(a0); b .; nop
    rsp.write(DATA + 0x800, bytes.fromhex(rsp.hex(code)))
    status = rsp.registers()[STATUS]
    rsp.insert(BREAK, USER + 0x804)

    def stores(words, asid, stops, user=True):
        rsp.ok("P%x=%s" % (ENTRYHI, rsp.hex([asid])))
        rsp.write(DATA + 0x900, bytes(4))
        rsp.change(PC=USER + 0x800, A0=USER + 0x900, T0=77, STATUS=status | (KSU_USER if user else 0))
        number = watch(rsp, words)
        said, stop = note_and_stop(rsp)
        equal(stop.signal, 2 if stops else 5, "signal with %s in space %d, %r" % (words, asid, said))
        rsp.monitor("unwatch %d" % number)
        rsp.change(STATUS=status)

    for words, want in (("phys:%#x,4" % (PHYS + 0x900), (1, 1)), ("virt:%#x,4" % (USER + 0x900), (1, 1)), ("phys:%#x,4 asid 5" % (PHYS + 0x900), (1, 0)),
                        ("virt:%#x,4 asid 5" % (USER + 0x900), (1, 0)), ("virt:%#x,4 if asid == 6" % (USER + 0x900), (0, 1)),
                        ("phys:%#x,4 if asid == 6 && mode == 1" % (PHYS + 0x900), (0, 1)), ("phys:%#x,4 if mode == 0" % (PHYS + 0x900), (0, 0)),
                        ("virt:%#x,4" % (DATA + 0x900), (0, 0))):
        stores(words, 5, want[0])
        stores(words, 6, want[1])
    stores("phys:%#x,4 if mode == 0" % (PHYS + 0x900), 5, True, user=False)


def same_value(session):
    """a write of what is there counts with `any`, and with r or rw watches a read does; else it does not"""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["store_loop_end"])
    for words, expected in (("phys:%#x,2" % (PHYS + 8 + 2), 0), ("phys:%#x,2 any" % (PHYS + 8 + 2), 50), ("virt:%#x,1 w" % (DATA + 9), 0),
                            ("virt:%#x,1 w any" % (DATA + 9), 50), ("phys:%#x,1 rw" % (PHYS + 1), 100), ("phys:%#x,1 r" % (PHYS + 1), 50)):
        if session.guest.big:
            words = re.sub("0x[0-9a-f]+", lambda at: "%#x" % (int(at[0], 16) ^ (2 if ",2" in words else 3)), words)
            words = words.replace(hex((PHYS + 1) ^ 3), hex(PHYS + 2))
        count(session, words, expected)


def counted(session):
    """count N stops at the Nth hit that counts and at those after it"""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["store_loop_end"])
    number = watch(rsp, "phys:%#x,4 count 7 if value & 1" % PHYS)
    loop(session)
    for value in (13, 15, 17):
        said, stop = note_and_stop(rsp)
        equal((stop.signal, "<- 0x%x (was 0x%x)" % (value, value - 1) in said), (2, True), "stop with %r" % said)
    equal(hits(rsp, number), 9, "hits")
    number = watch(rsp, "phys:%#x,4 log count 30" % PHYS)
    rsp.monitor("unwatch 1")
    said, stop = note_and_stop(rsp)
    equal((stop.signal, said.count("icount ")), (2, 30), "stop and lines of count with log")


def any_order(session):
    """options may stand before the condition and behind it; asid is a name in it, too"""
    rsp = session.rsp
    for words, shown in (("phys:0x200000,4 rw if value == 3 && mode == 0 count 2 log any", "phys  access  0x00200000-0x00200003  hits 0  count 2  log  any  if value == 3 && mode == 0"),
                         ("phys:0x200000,4 log any if asid == 5 || a0 == asid asid 7", "asid 7  log  any  if asid == 5 || a0 == asid"),
                         ("virt:0x200000,4 if 1 w exec 'when' count 3", "count 3  if 1  exec 'when'"),
                         ("virt:0x200000,4 exec 'when' if value > 1 && !store r", "virt  read"), ("phys:0x200000,4 any count 0x10 if size==4", "count 16  any  if size==4")):
        equal(shown in rsp.monitor("watch " + words), True, "%r in the answer to %s," % (shown, words))
    for words, says in (("if log", "'log' is neither"), ("if 1 2 any", "at character 3"), ("if count 2", "at character 7"), ("if", "a condition must follow"),
                        ("if any log", "'any' is neither"), ("log if asid == log", "'log' is neither"), ("if 1 count", "must follow"),
                        ("if a1 == " + "0" * 200, "too long")):
        answer = rsp.monitor("watch phys:0x200000,4 " + words)
        equal(says in answer and answer.count("\n") <= 1, True, "%r in the answer %r to %s," % (says, answer, words))


def steps_onto_hit(session):
    """a step that comes to a hit stops before the access; the next one does it"""
    rsp, guest = session.rsp, session.guest
    number = watch(rsp, "phys:%#x,4 w" % PHYS)
    loop(session)
    rsp.insert(BREAK, guest["store_loop_store"])
    rsp.resume()
    rsp.remove(BREAK, guest["store_loop_store"])
    said, stop = note_and_stop(rsp, "s:1")
    equal((stop.signal, stop.watch(), guest.name(rsp.pc())), (2, None, "store_loop_store"), "the first step")
    equal(said.startswith("%d: watch phys " % number) and said.count("\n") == 1, True, "the note %r" % said)
    equal(rsp.word(DATA), 0, "memory")
    said, stop = note_and_stop(rsp, "s:1")
    equal((said, stop.signal, guest.name(rsp.pc()), rsp.word(DATA)), ("", 5, "store_loop_store+4", 1), "the second step")
    said, stop = note_and_stop(rsp, "r%x,%x:1" % (guest["store_loop"], guest["store_loop_end"]))
    equal((stop.signal, guest.name(rsp.pc()), hits(rsp, number)), (2, "store_loop_store", 2), "a step over the range")
    said, stop = note_and_stop(rsp, "s:1")
    equal((said, stop.signal, guest.name(rsp.pc())), ("", 5, "store_loop_store+4"), "the step after it")


def removal(session):
    """unwatch takes a number, a range, a range and kind, all; others stay"""
    rsp = session.rsp
    for words in ("phys:0x200000,4 r", "phys:0x200000,4 w", "phys:0x200000,8 w", "virt:0x200000,4 w", "phys:0x200000,4 w any"):
        watch(rsp, words)

    def left():
        return [int(line.split()[0]) for line in rsp.monitor("info watchpoints").splitlines() if re.match(" *[0-9]+  ", line)]
    equal(rsp.monitor("unwatch 3"), "", "answer")
    equal(left(), [1, 2, 4, 5], "after unwatch 3")
    rsp.monitor("unwatch phys:0x200000,4 w")
    equal(left(), [1, 4], "after unwatch of the range and kind")
    equal("there is no such watchpoint" in rsp.monitor("unwatch phys:0x200000,4 rw"), True, "answer for another kind")
    rsp.monitor("unwatch virt:0x200000,4")
    equal(left(), [1], "after unwatch of the virtual range")
    equal(watch(rsp, "phys:0x200000,4"), 6, "the next number")
    rsp.monitor("unwatch phys:0x200000,4")
    equal(left(), [], "after unwatch of the physical range")
    equal("there is no watchpoint 6" in rsp.monitor("unwatch 6"), True, "answer for one that is gone")
    for i in range(300):
        watch(rsp, "phys:%#x,4" % (0x300000 + 8 * i))
    for i in list(range(0, 300, 2)) + list(range(1, 200, 2)):
        equal(rsp.monitor("unwatch %d" % (7 + i)), "", "answer")
    equal(left(), [7 + i for i in range(201, 300, 2)], "after many")
    rsp.monitor("unwatch all")
    equal(left(), [], "after unwatch all")


# Agent expressions, of GDB's manual: reg N, const8, equal, less_unsigned, end, printf.
def equal_to(register, value):
    return bytes([0x26, 0, register, 0x2a, 32, 0x22, value, 0x13, 0x27])


def printf(text, register):
    return bytes([0x26, 0, register, 0x22, 0, 0x22, 0, 0x34, 1]) + struct.pack(">H", len(text) + 1) + text.encode() + b"\0\x27"


def program(code):
    return "X%x,%s" % (len(code), code.hex())


def client_conditions(session):
    """conditions of Z2, Z3, Z4 are evaluated at each hit, with the registers of that access; one of several is enough"""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["store_loop_end"])
    for kind, label in ((WRITE, "store_loop_store"), (READ, "store_loop"), (ACCESS, "store_loop")):
        rsp.ok("Z%d,%x,4;%s%s" % (kind, DATA, program(equal_to(5, 20)), program(equal_to(5, 7))))
        loop(session)
        for value in (20, 7):
            equal(rsp.resume().watch(), (kind, DATA), "hit of Z%d" % kind)
            equal((guest.name(rsp.pc()), rsp.registers()[5]), (label, value), "place and a1 of Z%d" % kind)
            if kind == ACCESS:  # the store of the same turn
                equal((rsp.resume().watch(), guest.name(rsp.pc())), ((kind, DATA), "store_loop_store"), "second hit of Z4")
        equal(rsp.resume().watch(), None, "stop at the end")
        rsp.remove(kind, DATA)
    rsp.ok("Z2,%x,4;%s" % (DATA, program(equal_to(5, 20))))
    rsp.ok("Z2,%x,4;%s" % (DATA, program(equal_to(5, 10))))  # sent again: these are the conditions
    loop(session)
    rsp.resume()
    equal(rsp.registers()[5], 10, "a1 with the new condition")
    rsp.ok("Z2,%x,4" % DATA)
    rsp.resume()
    equal(rsp.registers()[5], 9, "a1 without one")
    rsp.remove(WRITE, DATA)
    loop(session)
    equal(rsp.resume().watch(), None, "stop after z2")


def client_commands(session):
    """commands of Z2, Z3, Z4 are run at each hit that counts, and the machine goes on"""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["store_loop_end"])
    for kind, lines in ((WRITE, 6), (READ, 6), (ACCESS, 12)):
        rsp.ok("Z%d,%x,4;cmds:0,%s" % (kind, DATA, program(printf("a1=%d\\n", 5))))
        loop(session, times=6)
        said, stop = note_and_stop(rsp)
        equal((stop.signal, stop.watch(), guest.name(rsp.pc())), (5, None, "store_loop_end"), "stop")
        equal(said.splitlines(), ["a1=%d" % (6 - i * 6 // lines) for i in range(lines)], "lines of Z%d" % kind)
        rsp.remove(kind, DATA)
    rsp.ok("Z2,%x,4;%s;cmds:0,%s" % (DATA, program(equal_to(5, 3)), program(printf("a1=%d\\n", 5))))
    loop(session, times=6)
    said, stop = note_and_stop(rsp)
    equal((said, guest.name(rsp.pc())), ("a1=3\n", "store_loop_end"), "with a condition")


def client_refused(session):
    """a program that is not sound is refused, with the point; the machine is as before"""
    rsp = session.rsp
    for kind in (BREAK, WRITE, READ, ACCESS):
        for code in (b"", b"\x00\x27", b"\x02\x27", b"\x22\x27", b"\x21\x00\x01\x27", b"\x26\xfe\x00\x27", b"\x26\x0f\xff\x27", b"\x22\x01",
                     b"\x22\x01\x16\x41\x27"):
            reply = rsp.ask("Z%d,%x,4;%s" % (kind, DATA, program(code)))
            equal(reply.startswith("E"), True, "answer %r to Z%d with %s" % (reply, kind, code.hex()))
            equal(rsp.ask("z%d,%x,4" % (kind, DATA)).startswith("E"), True, "the point is there")


CHECKS = [names, wide, mode_and_space, same_value, counted, any_order, steps_onto_hit, removal, client_conditions, client_commands, client_refused]

if __name__ == "__main__":
    OPTS = options(__doc__)
    run(CHECKS, lambda: Session(OPTS, "step"), OPTS)
