"""What sessions inside gdb share: connect, run a command and look at what gdb printed."""
import os
import select

import gdb

END = "SESSION COMPLETE"


def run(command):
    """A gdb command's output. What a stop prints goes past gdb.execute(to_string), so it is read back from gdb's own output."""
    path = os.environ["SESSION_OUTPUT"]
    print("(gdb) " + command)
    flush()
    start = os.path.getsize(path)
    gdb.execute(command)
    flush()
    with open(path, "rb") as output:
        output.seek(start)
        return output.read().decode(errors="replace")


def flush():
    for stream in (gdb.STDOUT, gdb.STDERR):
        gdb.flush(stream)


def shows(command, *parts):
    """Runs a command; its output must have all parts, in this order."""
    text, at = run(command), 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            raise AssertionError("%r is not in what `%s` printed:\n%s" % (part, command, text))
        at = found + len(part)
    return text


def fails(command, part):
    """Runs a command that must end in an error with this text."""
    try:
        text = gdb.execute(command, to_string=True)
    except gdb.error as error:
        if part not in str(error):
            raise AssertionError("`%s` failed with %r, expected %r" % (command, str(error), part)) from None
        return
    raise AssertionError("`%s` did not fail; it printed %r" % (command, text))


def value(expression):
    return int(gdb.parse_and_eval(expression)) & 0xffffffff


def equal(got, expected, what):
    if got != expected:
        raise AssertionError("%s: got %r, expected %r" % (what, got, expected))


def at(label):
    """The PC must be at this label (or label+offset, as gdb shows it)."""
    equal(value("$pc"), value("(unsigned int) &%s" % label.split("+")[0]) + int((label.split("+") + ["0"])[1]), "pc, for " + label)


def go(label):
    run("set $pc = (unsigned int) &%s" % label)


def connect():
    for setting in ("pagination off", "confirm off", "width 0"):
        gdb.execute("set " + setting)
    run("target remote " + os.environ["SESSION_SOCKET"])
    run("break *(unsigned int) &ready")
    run("continue")
    at("ready")
    run("delete")


def type_keys(text):
    """On the guest's console; it reads them when it runs."""
    os.write(int(os.environ["SESSION_KEYS"]), text.encode())


def console(text):
    """This must be the next that the guest has printed."""
    got, out = "", int(os.environ["SESSION_CONSOLE"])
    while len(got) < len(text) and select.select([out], [], [], 60)[0]:
        got += os.read(out, len(text) - len(got)).decode()
    equal(got, text, "what the guest printed")


def finish():
    print(END)
