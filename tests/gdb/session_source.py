"""Time backwards in C with debug information: source lines, functions, a loop, recursion, watches and breakpoints of all kinds, and
what was typed on the console."""
from ingdb import connect, console, equal, finish, run, shows, type_keys, value


def line():
    return gdb.selected_frame().find_sal().line


def function():
    return gdb.selected_frame().name()


def depth():
    frame, count = gdb.selected_frame(), 0
    while frame and frame.name() == "factorial":
        frame, count = frame.older(), count + 1
    return count


connect()

# Lines: over a call, into it from behind, out of it to the call.
run("finish")
run("next")
first = line()
run("next")
equal((function(), value("calls"), value("sum")), ("body", 5, 15), "after sum_to(5)")
run("reverse-next")
equal((line(), value("calls")), (first, 0), "reverse-next over a call")
run("next")
run("reverse-step")
equal((function(), value("sum"), value("calls")), ("sum_to", 15, 5), "reverse-step into a function's end")
run("reverse-finish")
equal((function(), line(), value("calls")), ("body", first, 0), "reverse-finish")

# Recursion: each step back stays in its frame.
run("tbreak factorial if n == 1")
run("continue")
equal(depth(), 4, "depth of the recursion")
for n in (2, 3):
    run("reverse-finish")
    equal((depth(), value("n")), (5 - n, n), "reverse-finish in a recursion")
run("next")
equal((depth(), value("rest")), (2, 2), "next over the recursive call")
run("reverse-next")
equal((depth(), value("n")), (2, 3), "reverse-next over the recursive call")

# A loop: its rounds undone one by one; gdb's until and advance, backwards.
run("tbreak sum_to")
shows("reverse-continue", "sum_to (last=5)")
run("tbreak add if b == 4")
run("continue")
run("finish")
run("next")
equal((function(), value("i"), value("sum")), ("sum_to", 4, 10), "in the loop's fourth round")
for i in (3, 2):
    run("tbreak add if b == %d" % i)
    shows("reverse-continue", "add (a=%d, b=%d)" % (i * (i - 1) / 2, i))
run("reverse-finish")
equal((function(), value("i"), value("sum")), ("sum_to", 2, 1), "before the second round's call")
run("set exec-direction reverse")
run("until")
equal((function(), value("i")), ("sum_to", 1), "until, backwards, before the round began")
run("advance body")
equal((function(), value("calls")), ("body", 0), "advance, backwards, out of the loop")
run("set exec-direction forward")

# Who wrote it, one after the other, and what it was before.
run("tbreak say")
run("continue")
equal(value("account.balance"), 130, "the balance at the end")
run("watch account.balance")
for amount, old, new in ((-9, 139, 130), (24, 115, 139), (15, 100, 115)):
    shows("reverse-continue", "Old value = %d" % new, "New value = %d" % old, "pay (to=")
    equal(value("amount"), amount & 0xffffffff, "the amount paid")
shows("reverse-continue", "Old value = 100", "New value = 0", "body ()")
run("delete")
run("tbreak say")
run("continue")

# Reads; both; conditions; a breakpoint between them.
run("rwatch account.balance")
for amount, held in ((-9, 139), (24, 115), (15, 100)):
    shows("reverse-continue", "Value = %d" % held, "pay (to=")
    equal(value("amount"), amount & 0xffffffff, "the amount paid, at the read")
run("delete")
run("tbreak say")
run("continue")
run("awatch account.balance")
run("break add if b == 24")
shows("reverse-continue", "Old value = 130", "New value = 139")
shows("reverse-continue", "Value = 139")
shows("reverse-continue", "Old value = 139", "New value = 115")
shows("reverse-continue", "Breakpoint", "add (a=115, b=24)")
shows("reverse-continue", "Value = 115")
run("delete")
run("watch account.balance if account.changes == 0")
shows("reverse-continue", "Old value = 115", "New value = 100")
equal(value("amount"), 15, "the amount paid while nothing had changed")
run("delete")

# What is typed: live, then again from the log, printed once; then live without a seam.
run("tbreak say")
run("continue")
run("break said if keys > 0")
for n, key in enumerate("abc", 1):
    type_keys(key)
    shows("continue", "said (c=")
    equal((value("keys"), value("c")), (n, ord(key)), "key %d" % n)
console("done\n[a][b][c")
for n, key in ((2, "b"), (1, "a")):
    shows("reverse-continue", "said (c=")
    equal((value("keys"), value("c")), (n, ord(key)), "back at key %d" % n)
shows("reverse-continue", "No more reverse-execution history")
for n, key in enumerate("abc", 1):
    shows("continue", "said (c=")
    equal((value("keys"), value("c")), (n, ord(key)), "key %d again" % n)
type_keys("d")
shows("continue", "said (c=")
equal((value("keys"), value("c")), (4, ord("d")), "a key typed at the present")
console("][d") # nothing of the past twice

# Another key in the past begins a new one.
shows("reverse-continue", "said (c=")
shows("reverse-continue", "said (c=")
equal(value("keys"), 2, "keys in the past")
type_keys("x")
shows("continue", "a new past begins", "said (c=")
equal((value("keys"), value("c")), (3, ord("x")), "the other key")
console("][x")
shows("monitor when", "the present")
finish()
