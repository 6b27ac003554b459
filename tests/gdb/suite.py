"""Runs a table of checks and says which failed. A check is a function with a name for people as its docstring."""
import os
import sys
import tempfile
import traceback

from machine import Guest, Machine
from rsp import BREAK, Rsp


class Session:
    """A machine, its guest stopped at `ready`, and a client."""

    def __init__(self, opts, guest_name, arguments=()):
        self.opts = opts
        self.guest = Guest(opts.guests, guest_name, opts.endian)
        self.machine = Machine(opts, ["-kernel", self.guest.path, *arguments], big=self.guest.big)
        try:
            self.rsp = self.client()
            if "ready" in self.guest.symbols:
                self.rsp.insert(BREAK, self.guest["ready"])
                stop = self.rsp.resume()
                assert self.rsp.pc() == self.guest["ready"], "the guest did not come to `ready`: %s" % stop.text
                self.rsp.remove(BREAK, self.guest["ready"])
        except BaseException:
            self.machine.close()
            raise

    def client(self, **how):
        return Rsp(self.machine.connect(), self.guest.big, self.opts.verbose, **how)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.rsp.close()
        self.machine.close()


class Bench:
    """A guest, and a folder for files that goes when the check is done."""

    def __init__(self, opts):
        self.opts = opts
        self.guest = Guest(opts.guests, "echo", opts.endian)
        self.folder = tempfile.TemporaryDirectory(prefix="stakeout-test-")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)


def equal(got, expected, what=""):
    if got != expected:
        shown = [hex(v) if isinstance(v, int) and not isinstance(v, bool) else repr(v) for v in (got, expected)]
        raise AssertionError("%s: got %s, expected %s" % (what or "value", *shown))


def run(checks, make_session, opts):
    """Each check gets a new session; exit status 1 if any failed."""
    failed = 0
    chosen = [c for c in checks if not opts.rest or any(word in c.__name__ for word in opts.rest)]
    for check in chosen:
        try:
            with make_session() as session:
                check(session)
            print("ok    ", check.__doc__)
        except Exception as error:  # any failure of one check must not hide the others
            failed += 1
            print("FAILED", check.__doc__, "--", "%s: %s" % (type(error).__name__, error))
            if opts.verbose:
                traceback.print_exc()
    print("%d of %d failed" % (failed, len(chosen)))
    sys.exit(1 if failed or not chosen else 0)


def run_table(opts, make_runner, table):
    """Runs the rows of table(big_endian) whose text has all words of the command line on the guest `matrix`; exits."""
    rows = faults = 0
    with Session(opts, "matrix") as session:
        runner = make_runner(session)
        for row in table(opts.endian == "big"):
            text = row.text()
            if opts.rest and not all(word in text for word in opts.rest):
                continue
            rows += 1
            fault = runner.run(row)
            faults += bool(fault)
            if fault and faults <= 50 or opts.verbose:
                print(text, "-- FAILED: %s" % fault if fault else "-- ok")
    print("%d rows, %d failed" % (rows, faults))
    sys.exit(1 if faults or not rows else 0)
