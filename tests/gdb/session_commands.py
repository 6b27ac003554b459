"""stakeout's commands for gdb (tools/gdb/stakeout.py): what they do, their completion and their help."""
import os
import re
import tempfile

import gdb

import ingdb
from ingdb import at, connect, equal, fails, finish, go, run, shows, value

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(ingdb.__file__))))


def completes(text, *wanted):
    got = gdb.execute("complete " + text, to_string=True).splitlines()
    for word in wanted:
        equal(word in got, True, "%s among the completions of `%s`, %r," % (word, text, got[:20]))


run("source " + os.path.join(ROOT, "tools", "gdb", "stakeout.py"))
fails("when", "when: ")
connect()
run("set {int} 0x80200000 = 0")

# Watches by gdb's expressions.
shows("swatch phys:0x200000,4 rw count 3", "1  phys  access  0x00200000-0x00200003  hits 0  count 3")
shows("swatch store_loop_store", "2  virt  write   0x%08x-" % value("(unsigned int) &store_loop_store"))
shows("swatch $pc+8,2 r log", "3  virt  read    0x%08x-0x%08x" % (value("$pc") + 8, value("$pc") + 9), "log")
shows("swatch phys:store_loop,8", "4  phys  write   0x%08x-" % (value("(unsigned int) &store_loop") & 0x1fffffff))
shows("swatch", "1  phys  access", "2  virt", "3  virt", "4  phys")
run("swatch delete 2")
equal(" 2  virt" in run("swatch list"), False, "a watch that was deleted is in the list")
run("set $a0 = 0x80200000")
run("set $a1 = 100")
go("store_loop")
shows("continue", "1: rwatch phys 0x00200000: ", "SIGINT")
run("swatch delete all")

# There and back: gdb knows what is where it stands.
loops = value("*(int *) 0x80200000")
icount = int(re.search(r"icount (\d+)", shows("when", "icount ", "the present")).group(1))
shows("checkpoint here")
run("stepi 40")
later, registers = value("$pc"), run("info registers")
now = value("*(int *) 0x80200000")
equal(now > loops, True, "the loop ran")
shows("goto here", "icount %d, " % icount, "#0  ", "in store_loop")
at("store_loop")
equal(value("*(int *) 0x80200000"), loops, "memory there")
shows("goto end", "icount ", "the present", "#0  ")
equal((value("$pc"), value("*(int *) 0x80200000")), (later, now), "pc and memory in the present")
equal(run("info registers"), registers.replace("(gdb) info registers\n", "(gdb) info registers\n"), "registers in the present")
shows("goto %d" % icount, "icount %d, " % icount)
run("goto end")
shows("history", "checkpoints", "here", "icount %d, " % icount)
shows("who-wrote 0x80200000", "pc 0x%08x " % value("(unsigned int) &store_loop_store"), "icount ")
equal(shows("who-wrote phys:0x200000 4", "store_loop_store"), shows("who-wrote phys:0x200000 4"), "two answers")
shows("stakeout when", "icount ")
shows("memlog frobnicate", "memlog")
with tempfile.TemporaryDirectory() as folder:
    log, again = os.path.join(folder, "log"), os.path.join(folder, "again")
    run("memlog start %s,phys=0x200000+4,kind=w" % log)
    shows("memlog start " + log, "a log is being written")
    run("stepi 16")
    shows("memlog stop", "2 accesses logged")
    shows("memlog stop", "no log is being written")
    shows("memlog replay %d end %s phys=0x200000+4 kind=r" % (icount, again), "accesses logged")
    equal([os.path.getsize(path) > 0 for path in (log, again)], [True, True], "the logs are there")

fails("goto", "usage: goto")
equal("#0" in shows("goto nowhere", "nowhere: must be"), False, "a frame was shown")
fails("checkpoint", "usage: checkpoint")
fails("who-wrote", "usage: who-wrote")
fails("swatch no_such_symbol", "no_such_symbol: no such symbol")
shows("swatch 0x80200000 often", "often: not an option")

completes("swatch p", "swatch phys:")
completes("swatch phys:store_loop_s", "swatch phys:store_loop_store")
completes("swatch store_loop_s", "swatch store_loop_store")
completes("swatch phys:0x100,4 l", "swatch phys:0x100,4 log")
completes("goto s", "goto start")
completes("goto e", "goto end")
completes("goto h", "goto here")
completes("who-wrote store_loop_s", "who-wrote store_loop_store")
completes("memlog st", "memlog start", "memlog stop")
completes("stakeout g", "stakeout goto")
for command in ("swatch", "who-wrote", "memlog", "when", "goto", "checkpoint", "history", "kernel-symbols"):
    text = gdb.execute("help " + command, to_string=True)
    equal("not documented" in text or len(text) < 40, False, "the help of %s is missing: %r" % (command, text))
shows("help stakeout", "stakeout swatch")

# Symbols of a kernel that has none.
run("file")
fails("print (unsigned int) &some_function", "symbol")
with tempfile.NamedTemporaryFile("w", suffix=".map") as file:
    file.write("".join("%08x %s %s\n" % row for row in ((0x80100000, "T", "_stext"), (0x80100100, "t", "some_function"), (0x00000007, "A", "absolute"),
                                                        (0x80200000, "D", "jiffies"))))
    file.flush()
    shows("kernel-symbols " + file.name, "3 symbols")
equal(value("(unsigned int) &some_function"), 0x80100100, "the function")
shows("info symbol 0x80100108", "some_function + 8")
shows("swatch &jiffies,4", "virt  write   0x80200000-0x80200003")
with tempfile.NamedTemporaryFile("w", suffix=".map") as file:
    file.write("ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n")
    file.flush()
    fails("kernel-symbols " + file.name, "placeholder; the real one is in the kernel's -dbg package")
fails("kernel-symbols", "no kallsyms in it")
fails("kernel-symbols /no/such.map", "No such file")
fails("kernel-symbols " + os.path.join(ROOT, "README.md"), "")
finish()
