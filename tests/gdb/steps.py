#!/usr/bin/env python3
"""Steps: through branches with their slots, exceptions, refills, an interrupt, eret, ll/sc; with and without `sstep into`."""
from machine import options
from rsp import A0, A1, BREAK, PC, RA, S7, T0, T1, T2, T9, WRITE
from suite import Session, equal, run

DATA = 0x80200000
LAZY = 0x00500000


def walk(session, start, path, **registers):
    """Steps from label start; path: the labels (or label+offset) that the PC must show after each step."""
    session.rsp.change(PC=session.guest[start], **registers)
    for i, place in enumerate(path, 1):
        stop = session.rsp.resume("s")
        equal(stop.signal, 5, "signal of step %d" % i)
        equal(session.guest.name(session.rsp.pc()), place, "step %d from %s" % (i, start))
    return session.rsp.registers()


def counter(session, name):
    return session.rsp.word(session.guest[name])


def branch_taken(session):
    """a step over a taken branch executes the slot"""
    registers = walk(session, "taken", ["taken_to", "taken_to+4"], A1=1, T1=0)
    equal(registers[T1], 1, "t1")


def branch_not_taken(session):
    """a step over a branch that is not taken executes the slot"""
    registers = walk(session, "taken", ["taken+8", "taken_to"], A1=0, T1=0)
    equal(registers[T1], 101, "t1")


def likely_taken(session):
    """a step over a taken branch-likely executes the slot"""
    equal(walk(session, "likely", ["likely_to", "likely_to+4"], A1=0, T1=0)[T1], 1, "t1")


def likely_nullified(session):
    """a step over a branch-likely that is not taken skips the slot"""
    equal(walk(session, "likely", ["likely_next", "likely_to"], A1=1, T1=0)[T1], 100, "t1")


def calls(session):
    """jal, jalr and jr with their slots"""
    registers = walk(session, "call", ["function", "function_return", "call_back"], T1=0, T2=0)
    equal((registers[T1], registers[T2]), (1, 2), "slots")
    equal(registers[RA], session.guest["call_back"], "ra")
    walk(session, "call_register", ["call_register+4", "call_register_jump", "function", "function_return", "call_register_back"])


def self_branch(session):
    """a branch to itself makes progress with each step"""
    registers = walk(session, "self", ["self", "self", "self_end"], A1=2)
    equal(registers[A1], 0xffffffff, "a1")


def linked_store(session):
    """ll ... sc succeeds when stepped through"""
    session.rsp.write(DATA, bytes(4))
    walk(session, "llsc", ["llsc+4", "llsc_store", "llsc_store+4", "llsc_end"], A0=DATA)
    equal(session.rsp.word(DATA), 1, "the word")


def system_call(session):
    """a step over syscall runs the handler through"""
    before = counter(session, "exceptions")
    walk(session, "system_call", ["system_call_end", "system_call_end+4"], S7=0)
    equal(counter(session, "exceptions"), before + 1, "exceptions")


def system_call_into(session):
    """with sstep into, a step at syscall enters the vector"""
    session.rsp.monitor("set sstep into on")
    session.rsp.change(PC=session.guest["system_call"], S7=0)
    session.rsp.resume("s")
    equal(session.rsp.pc(), 0x80000180, "pc")


def address_error(session):
    """a step over a faulting load ends where the handler returns to"""
    fixup = session.guest["fault_fixup"]
    walk(session, "fault", ["fault_fixup", "fault_fixup+4"], A0=DATA + 1, S7=fixup)


def address_error_in_slot(session):
    """a step over a branch whose slot faults ends where the handler returns to"""
    walk(session, "fault_slot", ["fault_fixup", "fault_fixup+4"], A0=DATA + 1, S7=session.guest["fault_fixup"])


def refill(session):
    """a step over a load that misses the TLB loads"""
    before = counter(session, "refills")
    walk(session, "refill", ["refill_end"], A0=LAZY)
    equal(counter(session, "refills"), before + 1, "refills")


def refill_in_slot(session):
    """a step over a branch whose slot misses the TLB ends at the target"""
    walk(session, "refill_slot", ["refill_slot_to"], A0=LAZY + 0x4000)


def refill_into(session):
    """with sstep into, a step at a TLB miss enters the refill vector"""
    session.rsp.monitor("set sstep into on")
    session.rsp.change(PC=session.guest["refill"], A0=LAZY + 0x8000)
    session.rsp.resume("s")
    equal(session.rsp.pc(), 0x80000000, "pc")


def eret(session):
    """a step at eret ends at EPC"""
    walk(session, "return_from_exception", ["return_from_exception+%d" % n for n in (4, 8, 12, 16, 20, 24)][:6], T0=0)
    session.rsp.change(PC=session.guest["return_from_exception"])
    session.rsp.insert(BREAK, session.guest["return_insn"])
    session.rsp.resume()
    equal(session.guest.name(session.rsp.pc()), "return_insn", "pc")
    session.rsp.resume("s")
    equal(session.guest.name(session.rsp.pc()), "return_target", "pc")


def ticks(session, into):
    """Steps through tick_code with the timer on; how many steps ended elsewhere than at the next instruction."""
    session.rsp.monitor("set sstep into " + ("on" if into else "off"))
    guest, rsp = session.guest, session.rsp
    rsp.change(PC=guest["tick"], A1=60)
    rsp.insert(BREAK, guest["tick_code"])
    rsp.resume()
    rsp.remove(BREAK, guest["tick_code"])
    elsewhere = 0
    outside = False
    expected = guest["tick_code"]
    while expected < guest["tick_end"] and elsewhere < 40:
        rsp.resume("s")
        pc = rsp.pc()
        if guest["tick_code"] <= pc <= guest["tick_end"]:
            equal(pc, expected if outside else expected + 4, "the step ended")
            expected, outside = pc, False
        else:
            elsewhere, outside = elsewhere + 1, True
    return elsewhere


def interrupt(session):
    """no step ends in the timer's handler, and the timer ticks"""
    equal(ticks(session, False), 0, "steps that ended elsewhere")
    equal(counter(session, "ticks") > 0, True, "the timer ticked")


def interrupt_into(session):
    """with sstep into, the steps lead through the timer's handler"""
    elsewhere = ticks(session, True)
    equal(elsewhere > 5, True, "%d steps in the handler" % elsewhere)


def from_breakpoint(session):
    """a step from a breakpoint's PC executes it"""
    session.rsp.insert(BREAK, session.guest["taken"])
    session.rsp.change(PC=session.guest["ready"], A1=1, T1=0)
    session.rsp.change(PC=session.guest["taken"])
    equal(session.rsp.resume().kind, "T", "a breakpoint at a PC just written hits at once")
    equal(session.guest.name(session.rsp.pc()), "taken", "pc")
    session.rsp.resume("s")
    equal(session.guest.name(session.rsp.pc()), "taken_to", "pc")


def from_watch(session):
    """a step from a watch hit executes the access, once"""
    session.rsp.write(DATA, bytes(4))
    session.rsp.insert(WRITE, DATA)
    session.rsp.change(PC=session.guest["store_loop"], A0=DATA, A1=3)
    equal(session.rsp.resume().watch(), (WRITE, DATA), "the hit")
    equal(session.guest.name(session.rsp.pc()), "store_loop_store", "pc")
    session.rsp.resume("s")
    equal(session.guest.name(session.rsp.pc()), "store_loop_store+4", "pc")
    equal(session.rsp.word(DATA), 1, "the word")
    equal(session.rsp.resume().watch(), (WRITE, DATA), "the next hit")
    equal(session.rsp.word(DATA), 1, "the word at the next hit")


def step_onto_watch(session):
    """a step at an access that is watched stops there with the hit"""
    session.rsp.insert(WRITE, DATA)
    session.rsp.change(PC=session.guest["store_loop_store"], A0=DATA, A1=3)
    equal(session.rsp.resume("s").watch(), (WRITE, DATA), "the hit")
    equal(session.guest.name(session.rsp.pc()), "store_loop_store", "pc")


def link_before_slot(session):
    """a watch in the slot of jalr ra, t9 stops with ra as it was"""
    session.rsp.insert(WRITE, DATA)
    session.rsp.change(PC=session.guest["call_same"], A0=DATA, RA=0x1234, T9=session.guest["function"])
    equal(session.rsp.resume().watch(), (WRITE, DATA), "the hit")
    registers = session.rsp.registers()
    equal((registers[PC], registers[RA]), (session.guest["call_same"], 0x1234), "pc and ra")
    session.rsp.resume("s")
    registers = session.rsp.registers()
    equal((registers[PC], registers[RA]), (session.guest["function"], session.guest["call_same"] + 8), "pc and ra after the step")


def step_range(session):
    """vCont;r steps to the end of the range"""
    start, end = session.guest["call"], session.guest["call_back"]
    session.rsp.change(PC=session.guest["taken_to"])
    session.rsp.resume("r%x,%x" % (session.guest["taken_to"], session.guest["taken_to"] + 8))
    equal(session.rsp.pc(), session.guest["taken_to"] + 8, "pc")
    session.rsp.change(PC=start)
    session.rsp.resume("r%x,%x" % (start | 0xffffffff00000000, end | 0xffffffff00000000))
    equal(session.guest.name(session.rsp.pc()), "function", "pc")


CHECKS = [branch_taken, branch_not_taken, likely_taken, likely_nullified, calls, self_branch, linked_store, system_call, system_call_into,
          address_error, address_error_in_slot, refill, refill_in_slot, refill_into, eret, interrupt, interrupt_into, from_breakpoint,
          from_watch, step_onto_watch, link_before_slot, step_range]

if __name__ == "__main__":
    OPTS = options(__doc__)
    run(CHECKS, lambda: Session(OPTS, "step"), OPTS)
