"""Time backwards as a person uses it: steps, breakpoints, watches, both ends of history, a new past."""
from ingdb import at, connect, equal, finish, go, run, shows, value

DATA = 0x80200000

connect()
run("set $s7 = 0")

# reverse-stepi over and into a system call's handler, a refill, and back out again.
for start, end, registers in (("system_call", "system_call_end", {}), ("refill", "refill_end", {"a0": 0x00500000}),
                              ("refill_slot", "refill_slot_to", {"a0": 0x00508000}), ("taken", "taken_to", {"a1": 1})):
    for name, number in registers.items():
        run("set $%s = %d" % (name, number))
    go(start)
    run("monitor set sstep into off")
    run("stepi")
    at(end)
    run("reverse-stepi")
    at(start)
    run("stepi")
    at(end)
    run("monitor set sstep into on")
    run("reverse-stepi")
    places = 1
    while value("$pc") != value("(unsigned int) &%s" % start):
        run("reverse-stepi")
        places += 1
    run("stepi %d" % places)
    at(end)

# An interrupt in the middle of a stretch: passed over, or gone into.
run("set $a1 = 60")
go("tick")
run("tbreak *(unsigned int) &on_interrupt")
run("continue")
at("on_interrupt")
run("reverse-stepi 2") # by way of the vector
interrupted = value("$pc")
equal(value("(unsigned int) &tick_code") <= interrupted < value("(unsigned int) &tick_end"), True, "pc before the interrupt")
run("tbreak *%#x" % (interrupted + 8))
run("continue")
equal(value("*(int *) &ticks"), 1, "ticks behind the interrupt")
run("monitor set sstep into off")
for pc in (interrupted + 4, interrupted, interrupted - 4):
    run("reverse-stepi")
    equal(value("$pc"), pc, "pc, going back over an interrupt")
equal(value("*(int *) &ticks"), 0, "ticks before the interrupt")
run("tbreak *(unsigned int) &tick_off")
run("continue")

# The last writer, with what was there before and after; then the ones before it.
run("set $a0 = %#x" % DATA)
run("set {int} $a0 = 40")
run("set $a1 = 3")
go("store_loop")
run("break *(unsigned int) &store_loop_end")
run("continue")
at("store_loop_end")
run("watch *(int *) %#x" % DATA)
shows("reverse-continue", "Old value = 43", "New value = 42")
at("store_loop_store")
shows("reverse-continue", "Old value = 42", "New value = 41")
at("store_loop_store")
run("delete")
run("rwatch *(int *) %#x" % DATA)
shows("reverse-continue", "Value = 41")
run("delete")
run("break *(unsigned int) &store_loop_store if $t0 == 41")
shows("reverse-continue", "Breakpoint")
equal(value("*(int *) %#x" % DATA), 40, "the word at the first store")
run("delete")

# A write in the past begins a new one; gdb can be told when it resumes.
run("set $t0 = 77")
shows("stepi", "a new past begins")
equal(value("*(int *) %#x" % DATA), 77, "the word in the new past")

# Both ends.
shows("reverse-continue", "No more reverse-execution history")
shows("reverse-stepi", "No more reverse-execution history")
equal(value("$pc"), value("(unsigned int) &start"), "pc at the start of history")
finish()
