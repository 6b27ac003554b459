"""Watchpoints of the monitor as a person uses them: physical ranges by any address, notes, counts, logs, removal."""
import re

from ingdb import at, connect, equal, go, finish, run, shows, value


def loop(address, times):
    run("set $a0 = %#x" % address)
    run("set $a1 = %d" % times)
    go("store_loop")


connect()
run("set {int} 0x80200000 = 100")

# Set on physical memory, hit by way of kseg1 and of kseg0: the note is printed, the stop is one that gdb shows.
shows("monitor watch phys:0x200000,4", "1  phys  write   0x00200000-0x00200003  hits 0")
loop(0xa0200000, 10)
shows("continue", "1: watch phys 0x00200000: ", "store_loop_store", "sw t0,0(a0)", "a0=0xa0200000", "4 bytes <- 0x65 (was 0x64)",
      "Program received signal SIGINT")
at("store_loop_store")
equal(value("*(int *) 0x80200000"), 100, "memory at the stop")
shows("continue", "<- 0x66 (was 0x65)", "SIGINT")
loop(0x80200000, 10)
shows("continue", "a0=0x80200000", "<- 0x66 (was 0x65)", "SIGINT")
shows("monitor info watchpoints", "1  phys  write   0x00200000-0x00200003  hits 3", "last hit: 1: watch phys 0x00200000")

# Backwards to the hit before, and forward again; what was counted is not counted by looking back.
shows("reverse-continue", "1: watch phys 0x00200000: ", "4 bytes <- 0x65 (was 0x64)", "SIGINT")
at("store_loop_store+4")
shows("monitor info watchpoints", "hits 3")
shows("continue", "a0=0x80200000", "<- 0x66 (was 0x65)", "SIGINT")

# A step over the store goes on past it; gdb's own watchpoints work beside.
run("stepi")
at("store_loop_store+4")
equal(value("*(int *) 0x80200000"), 102, "memory after the step")
run("monitor unwatch 1")
shows("monitor info watchpoints", "no watchpoints are set")

# A write of the same value does not count, unless that is asked for.
run("break *(unsigned int) &store_loop_end")
shows("monitor watch phys:0x200001,1", "2  phys")
loop(0x80200000, 3)
shows("continue", "store_loop_end")
shows("monitor watch phys:0x200001,1 any", "3  phys", "any")
loop(0x80200000, 3)
shows("continue", "3: watch phys 0x00200001", "SIGINT")
run("monitor unwatch all")

# The third hit.
shows("monitor watch virt:0x80200000,4 r count 3", "4  virt  read", "count 3")
run("set {int} 0x80200000 = 100")
loop(0x80200000, 10)
shows("continue", "4: rwatch 0x80200000: ", "lw t0,0(a0)", "-> 0x66", "SIGINT")
equal(value("*(int *) 0x80200000"), 102, "memory at the third load")
run("monitor unwatch virt:0x80200000,4")

# Logged, not stopped. (After a step: going on from a hit passes over that access.)
run("stepi")
shows("monitor watch phys:0x200000,4 rw log", "5  phys  access", "log")
run("set {int} 0x80200000 = 7")
loop(0x80200000, 2)
shows("continue", "5: icount ", "rwatch phys 0x00200000: ", "-> 0x7", "5: icount ", ": watch phys 0x00200000: ", "<- 0x8 (was 0x7)",
      "<- 0x9 (was 0x8)", "store_loop_end")
shows("monitor info watchpoints", "hits 4", "log")
run("monitor unwatch phys:0x200000,4 rw")
run("delete")

# gdb's own on the same bytes: both tell.
run("watch *(int *) 0x80200000")
shows("monitor watch phys:0x200000,4 log", "6  phys")
loop(0x80200000, 2)
shows("continue", "6: icount ", "<- 0xa (was 0x9)", "Old value = 9", "New value = 10")

# A condition, in the midst of the loop's block: registers, the value and what it replaces; where the instruction stands.
run("delete")
run("monitor unwatch all")
run("set {int} 0x80200000 = 0")
run("monitor watch phys:0x200000,4 if value == 0x20 && old == 0x1f && a1 < 100 && pc == store_loop_store")
shows("monitor info watchpoints", "phys  write", "if value == 0x20")
loop(0xa0200000, 50)
shows("continue", "watch phys 0x00200000: ", "<- 0x20 (was 0x1f)", "SIGINT")
at("store_loop_store")
equal(value("$a1"), 19, "a1 at the hit")
run("monitor unwatch all")
run("monitor watch virt:0x80200000,4 rw if !store && [address] == 5 && u8[0x80200000 + size] == 0")
run("set {int} 0x80200000 = 0")
run("set {int} 0x80200004 = 0")
loop(0x80200000, 50)
shows("continue", "rwatch 0x80200000: ", "-> 0x5", "SIGINT")
run("monitor unwatch all")

# A command at each hit: it sees the bytes before the access, and nothing of the run changes.
def loop_time():
    run("set {int} 0x80200000 = 0")
    loop(0x80200000, 5)
    before = int(re.search(r"icount (\d+)", run("monitor when")).group(1))
    text = run("continue")
    at("store_loop_end")
    return int(re.search(r"icount (\d+)", run("monitor when")).group(1)) - before, text


run("break *(unsigned int) &store_loop_end")
quiet, _ = loop_time()
shows("monitor watch phys:0x200000,4 if value >= 3 exec 'xp 0x200000 4'", "if value >= 3  exec 'xp 0x200000 4'")
watched, text = loop_time()
equal(watched, quiet, "units run with the watch")
word = [n.to_bytes(4, "big" if "big endian" in run("show endian") else "little").hex(" ") for n in range(5)]
equal([line[10:21] for line in text.splitlines() if line.startswith("00200000:")], word[2:], "what the command saw")
shows("monitor info watchpoints", "hits 3")

# A step over the access does it as well, and is a step; gdb's own watchpoint there stops all the same.
loop(0x80200000, 5)
run("tbreak *(unsigned int) &store_loop_store")
run("continue")
at("store_loop_store")
run("set $t0 = 77")
shows("stepi", "00200000: ")
at("store_loop_store+4")
equal(value("*(int *) 0x80200000"), 77, "memory after the step")
run("watch *(int *) 0x80200000")
shows("continue", "00200000: ", "Old value = 77", "New value = 78")
run("delete")
run("monitor unwatch all")

# Back in time an action is no stop, and what it does is not done.
run("monitor watch phys:0x200000,4 exec 'frobnicate'")
run("break *(unsigned int) &store_loop")
text = run("reverse-continue")
at("store_loop")
equal("frobnicate" in text, False, "the command in %r" % text)
run("delete")
run("monitor unwatch all")

for wrong, answer in (("watch 0x200000,4", "a range is phys:ADDR,LEN or virt:ADDR,LEN"), ("watch phys:0x200000,0", "the range is empty"),
                      ("watch phys:0x200000 often", "often: not an option of watch"), ("unwatch 99", "there is no watchpoint 99"),
                      ("watch phys:0x200000 if nothing > 1", "if: at character 8: 'nothing' is neither a register nor a symbol"),
                      ("watch", "usage: watch phys:ADDR")):
    shows("monitor " + wrong, answer)
finish()
