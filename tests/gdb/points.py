#!/usr/bin/env python3
"""Breakpoints and watchpoints as packets: set, hit, passed, removed, refused; addresses in every form; hit counts."""
from machine import options
from rsp import ACCESS, BREAK, HBREAK, PC, READ, WRITE, Stop
from suite import Session, equal, run

DATA = 0x80200000


def stop_name(session, stop):
    return session.guest.name(session.rsp.pc()) + ("" if stop.kind == "T" else " " + stop.text)


def break_kind(kind):
    def check(session):
        guest, rsp = session.guest, session.rsp
        rsp.insert(kind, guest["function"])
        rsp.change(PC=guest["call"])
        equal(stop_name(session, rsp.resume()), "function", "stop")
        rsp.insert(BREAK, guest["call_register"])
        equal(stop_name(session, rsp.resume()), "call_register", "next stop")
        rsp.remove(kind, guest["function"])
        rsp.insert(BREAK, guest["call_register_back"])
        equal(stop_name(session, rsp.resume()), "call_register_back", "stop after z%d" % kind)
    check.__name__ = "break_z%d" % kind
    check.__doc__ = "Z%d stops before its instruction, z%d ends it" % (kind, kind)
    return check


def reason(session):
    """the stop reply says swbreak or hwbreak to a client that asked for it"""
    for kind, key in ((BREAK, "swbreak"), (HBREAK, "hwbreak")):
        session.rsp.insert(kind, session.guest["function"])
        session.rsp.change(PC=session.guest["call"])
        equal(key in session.rsp.resume().keys, True, key)
        session.rsp.remove(kind, session.guest["function"])


def in_slot(session):
    """a breakpoint on a slot stops with the branch's PC, slot not executed"""
    session.rsp.insert(BREAK, session.guest["call"] + 4)
    session.rsp.change(PC=session.guest["call"], T1=0)
    session.rsp.resume()
    equal(session.guest.name(session.rsp.pc()), "call", "pc")
    session.rsp.insert(BREAK, session.guest["call_back"])
    equal(stop_name(session, session.rsp.resume()), "call_back", "next stop")


def nullified_slot(session):
    """a breakpoint on a nullified slot does not hit"""
    session.rsp.insert(BREAK, session.guest["likely"] + 4)
    session.rsp.insert(BREAK, session.guest["likely_to"])
    session.rsp.change(PC=session.guest["likely"], A1=1)
    equal(stop_name(session, session.rsp.resume()), "likely_to", "stop")


def self_branch(session):
    """a breakpoint on a branch to itself stops each time round"""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["self"])
    rsp.insert(BREAK, guest["self_end"])
    rsp.change(PC=guest["self"], A1=3)
    places = [stop_name(session, rsp.resume()) for _ in range(5)]
    equal(places, ["self"] * 4 + ["self_end"], "stops")


def vector(session):
    """a breakpoint on the interrupt vector stops there"""
    session.rsp.insert(BREAK, 0x80000200)
    session.rsp.change(PC=session.guest["tick"], A1=100)
    session.rsp.resume()
    equal(session.rsp.pc(), 0x80000200, "pc")


def sign_extended(session):
    """64-bit sign-extended addresses mean the same in Z, m and z"""
    guest, rsp = session.guest, session.rsp
    wide = 0xffffffff00000000
    rsp.insert(BREAK, guest["function"] | wide)
    rsp.change(PC=guest["call"])
    equal(stop_name(session, rsp.resume()), "function", "stop")
    equal(rsp.read(guest["function"] | wide, 4), rsp.read(guest["function"], 4), "memory")
    rsp.remove(BREAK, guest["function"])
    rsp.insert(BREAK, guest["call_register"])
    rsp.change(PC=guest["call"])
    equal(stop_name(session, rsp.resume()), "call_register", "stop")


def twice(session):
    """a point inserted twice is removed by one z"""
    for _ in range(2):
        session.rsp.insert(BREAK, session.guest["function"])
    session.rsp.remove(BREAK, session.guest["function"])
    session.rsp.insert(BREAK, session.guest["call_back"])
    session.rsp.change(PC=session.guest["call"])
    equal(stop_name(session, session.rsp.resume()), "call_back", "stop")


def remove_unknown(session):
    """z of a point that is not there is answered, and harms nothing"""
    session.rsp.insert(BREAK, session.guest["function"])
    reply = session.rsp.ask("z0,80100000,4")
    equal(reply == "OK" or reply.startswith("E"), True, "answer %r" % reply)
    session.rsp.change(PC=session.guest["call"])
    equal(stop_name(session, session.rsp.resume()), "function", "stop")


def unknown_kind(session):
    """Z9 is answered as unknown"""
    reply = session.rsp.ask("Z9,80100000,4")
    equal(reply == "" or reply.startswith("E"), True, "answer %r" % reply)


def counts(session):
    """a loop of 50 stores hits a write watch 50 times, an access watch 100 times, and the neighbour never"""
    for kind, expected in ((WRITE, 50), (READ, 50), (ACCESS, 100)):
        rsp, guest = session.rsp, session.guest
        rsp.insert(kind, DATA)
        rsp.insert(WRITE, DATA + 4)
        rsp.insert(BREAK, guest["store_loop_end"])
        rsp.change(PC=guest["store_loop"], A0=DATA, A1=50)
        hits = 0
        while (stop := rsp.resume()).watch():
            equal(stop.watch(), (kind, DATA), "hit")
            hits += 1
        equal(hits, expected, "hits of kind %d" % kind)
        equal(guest.name(rsp.pc()), "store_loop_end", "end")
        rsp.remove(kind, DATA)


def set_while_stopped_in_loop(session):
    """a watch set after its page was written at speed hits"""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["store_loop_end"])
    rsp.change(PC=guest["store_loop"], A0=DATA, A1=20000)
    rsp.resume()
    rsp.insert(WRITE, DATA + 8, 1)
    rsp.change(PC=guest["store_loop"], A0=DATA, A1=20000)
    equal(rsp.resume().watch(), (WRITE, DATA + 8), "hit")
    rsp.remove(WRITE, DATA + 8, 1)
    equal(stop_name(session, rsp.resume()), "store_loop_end", "stop after z2")


def many(session):
    """a thousand breakpoints and watches that never hit change nothing"""
    rsp, guest = session.rsp, session.guest
    for i in range(1000):
        rsp.insert(BREAK, 0x80180000 + 4 * i)
        rsp.insert(WRITE, DATA + 16 + 4 * i)
    rsp.insert(BREAK, guest["store_loop_end"])
    rsp.change(PC=guest["store_loop"], A0=DATA, A1=1000)
    equal(stop_name(session, rsp.resume()), "store_loop_end", "stop")


def debugger_access(session):
    """the debugger's own reads and writes hit no watch"""
    rsp = session.rsp
    rsp.insert(ACCESS, DATA)
    rsp.write(DATA, b"\1\2\3\4")
    equal(rsp.read(DATA, 4), b"\1\2\3\4", "memory")
    rsp.insert(BREAK, session.guest["taken_to"])
    rsp.change(PC=session.guest["taken"], A1=1)
    equal(stop_name(session, rsp.resume()), "taken_to", "stop")


def fetch(session):
    """executing watched bytes is no access to them"""
    session.rsp.insert(ACCESS, session.guest["taken"], 16)
    session.rsp.insert(BREAK, session.guest["taken_to"] + 4)
    session.rsp.change(PC=session.guest["taken"], A1=1)
    equal(stop_name(session, session.rsp.resume()), "taken_to+4", "stop")


def patched_code(session):
    """an instruction that the debugger writes is the one that runs"""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["taken_to"] + 4)
    rsp.change(PC=guest["taken"], A1=1, T1=0)
    rsp.resume()
    rsp.write(guest["taken"] + 4, bytes.fromhex(rsp.hex([0x25290007])))  # addiu t1, t1, 7
    rsp.change(PC=guest["taken"], A1=1, T1=0)
    rsp.resume()
    equal(rsp.registers()[9], 7, "t1")


def monitor_watch(session):
    """a physical watchpoint of the monitor's: a note, then T02 without a reason, by whichever address the memory is reached"""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["store_loop_end"])
    rsp.monitor("watch phys:0x200000,4")
    for address in (DATA, DATA | 0x20000000):
        rsp.change(PC=guest["store_loop"], A0=address, A1=2)
        for _ in range(2):
            rsp.send("vCont;c")
            note, stop = bytes.fromhex(rsp.receive()[1:]).decode(), Stop(rsp.receive())
            equal(note.startswith("1: watch phys 0x00200000: %08x " % guest["store_loop_store"]), True, "note %r" % note)
            equal((stop.signal, stop.watch()), (2, None), "stop reply " + stop.text)
            equal(guest.name(rsp.pc()), "store_loop_store", "pc")
        equal(stop_name(session, rsp.resume()), "store_loop_end", "stop")
    equal("hits 4" in rsp.monitor("info watchpoints"), True, "hits")
    rsp.monitor("unwatch 1")
    rsp.change(PC=guest["store_loop"], A0=DATA, A1=2)
    equal(stop_name(session, rsp.resume()), "store_loop_end", "stop after unwatch")


def monitor_watch_many(session):
    """a thousand of the monitor's watchpoints on one page: each hits by itself, the rest of the page does not"""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["store_loop_end"])
    for i in range(1000):
        rsp.monitor("watch phys:%#x,1" % (0x200010 + 4 * i))
    rsp.change(PC=guest["store_loop"], A0=DATA, A1=1000)
    equal(stop_name(session, rsp.resume()), "store_loop_end", "stop")
    for at in (0x10, 0x800, 0xfa8):
        rsp.change(PC=guest["store_loop_store"], A0=DATA + at, T0=0x55555555, A1=1)
        stop = rsp.resume()
        equal((stop.signal, guest.name(rsp.pc())), (2, "store_loop_store"), "stop at +%#x" % at)
    equal(rsp.monitor("info watchpoints").count("hits 1"), 3, "hits")


CHECKS = [break_kind(BREAK), break_kind(HBREAK), reason, in_slot, nullified_slot, self_branch, vector, sign_extended, twice, remove_unknown,
          unknown_kind, counts, set_while_stopped_in_loop, many, debugger_access, fetch, patched_code,
          monitor_watch, monitor_watch_many]

if __name__ == "__main__":
    OPTS = options(__doc__)
    run(CHECKS, lambda: Session(OPTS, "step"), OPTS)
