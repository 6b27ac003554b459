#!/usr/bin/env python3
"""Runs a session of a real gdb: starts the emulator with a guest, and gdb-multiarch with a Python script that drives it.

    run_gdb.py [options] session_watch.py GUEST
The session ends with finish(); without that line in gdb's output it failed.
"""
import os
import subprocess
import sys

from machine import Guest, Machine, options

END = "SESSION COMPLETE"


def main():
    opts = options(__doc__)
    session, name = opts.rest
    here = os.path.dirname(os.path.abspath(__file__))
    guest = Guest(opts.guests, name, opts.endian)
    with Machine(opts, ["-kernel", guest.path], big=guest.big) as machine:
        log = os.path.join(machine.folder, "gdb-output")
        keys, console = machine.process.stdin.fileno(), machine.process.stdout.fileno()
        environment = dict(os.environ, SESSION_SOCKET=machine.socket_path, SESSION_OUTPUT=log, SESSION_KEYS=str(keys),
                           SESSION_CONSOLE=str(console), PYTHONDONTWRITEBYTECODE="1")
        with open(log, "wb") as output:
            subprocess.run(["gdb-multiarch", "-nx", "-batch", "-ex", "python import sys; sys.path.insert(0, %r)" % here,
                            "-x", os.path.join(here, session), guest.path],
                           env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, pass_fds=(keys, console), timeout=120, check=False)
        with open(log, errors="replace") as text:
            output = text.read()
        passed = END in output.splitlines()
        if not passed or opts.verbose:
            print(output)
            print("stderr of the program:", machine.error_text())
        print("passed" if passed else "FAILED", session, opts.endian)
        sys.exit(0 if passed else 1)


main()
