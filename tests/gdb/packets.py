#!/usr/bin/env python3
"""Registers, memory, documents, the monitor, and clients that come, go, interrupt and talk nonsense."""
import socket
import time

from machine import options
from rsp import A0, A1, BREAK, PC, S0, S1, STATUS, T0, WRITE
from suite import Session, equal, run

DATA = 0x80200000


def registers(session):
    """g, G, p and P agree; register 0 stays 0"""
    rsp = session.rsp
    values = rsp.registers()
    equal(len(values) >= 72, True, "registers in g: %d" % len(values))
    rsp.ok("P%x=%s" % (T0, rsp.hex([0x12345678])))
    equal(rsp.words(rsp.ask("p%x" % T0)), [0x12345678], "p after P")
    equal(rsp.registers()[T0], 0x12345678, "g after P")
    values[T0], values[0], values[PC] = 0x9abcdef0, 77, session.guest["taken"]
    rsp.set_registers(values)
    equal(rsp.words(rsp.ask("p%x" % T0)), [0x9abcdef0], "p after G")
    equal((rsp.registers()[0], rsp.pc()), (0, session.guest["taken"]), "r0 and pc")


def register_errors(session):
    """p and P of a register that does not exist are errors"""
    for packet in ("pffff", "Pffff=00000000", "P8=00", "G00"):
        reply = session.rsp.ask(packet)
        equal(reply.startswith("E") or reply == "", True, "%s answered %r" % (packet, reply))


def description(session):
    """target.xml has gdb's three MIPS features; every register in it can be read"""
    xml, rsp = "", session.rsp
    while True:
        reply = rsp.ask("qXfer:features:read:target.xml:%x,800" % len(xml))
        equal(reply[:1] in ("m", "l"), True, "answer %r" % reply[:20])
        xml += reply[1:]
        if reply[0] == "l":
            break
    for feature in ("org.gnu.gdb.mips.cpu", "org.gnu.gdb.mips.cp0", "org.gnu.gdb.mips.fpu"):
        equal(feature in xml, True, feature)
    numbers = [int(part.split('"')[1]) for part in xml.split("regnum=")[1:]]
    equal(len(numbers) > 80, True, "registers with a number: %d" % len(numbers))
    for number in numbers:
        reply = rsp.ask("p%x" % number)
        equal(len(reply) in (8, 16), True, "p%x answered %r" % (number, reply))


def memory(session):
    """memory reads and writes: any alignment, across a page, by alias, binary"""
    rsp = session.rsp
    data = bytes(range(1, 200))
    for address in (DATA + 0xfc1, 0xa0200000 + 0xfc1, 0xc0000fc1, 0x00400fc1):
        rsp.write(address, data)
        equal(rsp.read(address, len(data)), data, "memory at %x" % address)
    rsp.send(b"X%x,4:" % DATA + b"\x7d\x03\x7d\x04\x7d\x5d\x00")
    equal(rsp.receive(), "OK", "X")
    equal(rsp.read(DATA, 4), b"#$}\0", "memory after X")
    equal(rsp.read(DATA, 0), b"", "a read of nothing")


def memory_errors(session):
    """memory that is not mapped is an error, not zeros; what is mapped before it is given"""
    rsp = session.rsp
    for address in (0x10000000, 0x70000000, 0xd0000000):
        equal(rsp.read(address, 4), None, "a read of %x" % address)
        equal(rsp.ask("M%x,1:00" % address).startswith("E"), True, "a write to %x" % address)
    equal(len(rsp.read(0x00401ff0, 32)), 16, "bytes up to the end of a mapping")
    equal(rsp.ask("m80200000,ffffffffffffffff")[:1] in "E0123456789abcdef", True, "a read of everything")


def device_peek(session):
    """looking at a device's registers changes nothing in it"""
    rsp = session.rsp
    first = rsp.read(0xb80003fd, 1)
    equal(first[0] & 0x60, 0x60, "LSR")
    for _ in range(3):
        equal(rsp.read(0xb80003fd, 1), first, "LSR again")


def monitor(session):
    """monitor commands answer; unknown ones say so"""
    rsp = session.rsp
    for command, expected in (("help", "info"), ("info registers", "%08x" % rsp.pc()), ("info tlb", "00400"), ("info mtree", "1f000000"),
                              ("info icount", "icount"), ("xp 0x200000", ""), ("set", "sstep")):
        output = rsp.monitor(command)
        equal(bool(output) and expected in output, True, "monitor %s gave %r" % (command, output[:80]))
    for command in ("nonsense", "info nonsense", "x 0x10000000", "set sstep into maybe", ""):
        rsp.monitor(command)
    equal(len(rsp.registers()) >= 72, True, "still there")


def empty_packets(session):
    """packets that nobody knows get the empty reply"""
    for packet in ("vMustReplyEmpty", "qFoo", "QFoo:1", "!", "vFoo;1", "jFoo", "\x01"):
        equal(session.rsp.ask(packet), "", "answer to %r" % packet)


def garbage(session):
    """malformed packets and noise are answered or ignored, and the next packet works"""
    rsp = session.rsp
    for packet in ("m", "m,", "mzz,4", "m80200000", "M80200000,4:0", "M80200000,4:zzzzzzzz", "Z0", "Z0,", "Z0,x,4", "P", "Pzz=0", "p", "H",
                   "vCont;", "vCont;q", "vCont;r", "qXfer:features:read:target.xml", "qXfer:features:read:nothing.xml:0,10", "X80200000,8:a",
                   "qRcmd,zz", "qRcmd,6", "T", "qCRC:", "qSearch:memory:1", "G" + "0" * 4000):
        rsp.ask(packet)
    rsp.raw(b"garbage\0\xff\xfe" * 100)
    rsp.raw(b"####")
    equal(len(rsp.registers()) >= 72, True, "still there")


def bad_checksum(session):
    """a packet with a wrong checksum is refused and can be sent again"""
    session.rsp.close()
    session.rsp = session.client(ack=True)
    session.rsp.raw(b"$?#00")
    reply = session.rsp.byte()
    while reply == b"+":
        reply = session.rsp.byte()
    equal(reply, b"-", "answer")
    equal(session.rsp.ask("?")[0], "T", "answer to the right one")


def too_long(session):
    """a packet longer than announced is refused, and the next one works"""
    session.rsp.send("M80200000,1:" + "0" * 400000)
    equal(session.rsp.receive()[:1], "E", "answer")
    equal(session.rsp.ask("?")[0], "T", "answer to the next packet")


def vanish_in_packet(session):
    """a client that vanishes in the middle of a packet leaves a stub that takes the next"""
    session.rsp.raw(b"$m80200")
    session.rsp.close()
    session.rsp = session.client()
    equal(session.rsp.ask("?")[0], "T", "answer to ?")


def vanish(session):
    """a client that vanishes loses its points; the machine stays stopped"""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["function"])
    rsp.insert(WRITE, DATA)
    rsp.change(PC=guest["call"])
    rsp.close()
    session.rsp = rsp = session.client()
    equal(rsp.pc(), guest["call"], "pc")
    rsp.insert(BREAK, guest["call_back"])
    rsp.resume()
    equal(guest.name(rsp.pc()), "call_back", "the stop")


def detach(session):
    """D lets the machine run on without points; a new client stops it"""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["spin"])
    rsp.change(PC=guest["spin"], S0=0, S1=DATA)
    rsp.ok("D")
    rsp.close()
    time.sleep(0.2)
    session.rsp = rsp = session.client()
    rsp.ask("?")
    equal(rsp.word(DATA) > 1000, True, "the guest ran")
    first = rsp.word(DATA)
    equal(rsp.word(DATA), first, "the guest stands")


def interrupt(session):
    """^C stops a running guest; twice in a row, too"""
    rsp = session.rsp
    rsp.change(PC=session.guest["spin"], S0=0, S1=DATA)
    for _ in range(3):
        rsp.send("vCont;c")
        time.sleep(0.05)
        rsp.raw(b"\x03")
        equal(rsp.stop().signal, 2, "signal")
    equal(session.guest.name(rsp.pc()) in ("spin", "spin_middle"), True, "pc")
    rsp.raw(b"\x03\x03")
    equal(rsp.ask("?")[0], "T", "after ^C while it stands")


def second_client(session):
    """a second client is turned away without harm to the first"""
    other = session.machine.connect()
    other.settimeout(5)
    try:
        other.sendall(b"$?#3f")
        other.recv(100)
    except (OSError, socket.timeout):
        pass
    other.close()
    equal(session.rsp.ask("?")[0], "T", "the first client")


def why_twice(session):
    """? asked twice says the same and removes nothing"""
    rsp, guest = session.rsp, session.guest
    rsp.insert(BREAK, guest["function"])
    equal(rsp.ask("?"), rsp.ask("?"), "answers")
    rsp.change(PC=guest["call"])
    rsp.resume()
    equal(guest.name(rsp.pc()), "function", "the stop")


def threads(session):
    """there is one thread, and every way of asking says so"""
    rsp = session.rsp
    first = rsp.ask("qfThreadInfo")
    equal(first[0], "m", "qfThreadInfo")
    equal(rsp.ask("qsThreadInfo"), "l", "qsThreadInfo")
    equal(rsp.ask("T" + first[1:]), "OK", "T")
    equal(rsp.ask("T7777").startswith("E"), True, "T of another")
    for packet in ("Hg0", "Hc-1", "Hg" + first[1:]):
        rsp.ok(packet)


def kill(session):
    """k ends the program"""
    session.rsp.send("k")
    equal(session.machine.wait_exit(10), 0, "exit status")


CHECKS = [registers, register_errors, description, memory, memory_errors, device_peek, monitor, empty_packets, garbage, bad_checksum, too_long,
          vanish_in_packet, vanish, detach, interrupt, second_client, why_twice, threads, kill]

if __name__ == "__main__":
    OPTS = options(__doc__)
    run(CHECKS, lambda: Session(OPTS, "step"), OPTS)
