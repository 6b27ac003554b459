#!/usr/bin/env python3
"""The access log of whole machines.

alike      a guest that does a bit of everything, run in many ways: each log is right by itself (machine.c), all are the same, and so is the
           machine without a log
boot       the same of Debian's kernel
dma        the same of a guest that keeps the GT-64120's DMA channels busy
full       a disk that fills up while the log is written: one clear line, the guest goes on, the log so far can be read
commands   the monitor's memlog start, stop and replay, and what they refuse
"""
import argparse, os, re, resource, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'gdb'))
from machine import Machine
from rsp import Rsp

FIXED = ['-M', 'malta', '-nographic', '-rtc', 'base=2026-01-01', '-icount', 'shift=3,sleep=off']
# Instructions at a time, blocks until the log forgets them, options.
WAYS = [(0, 0, []), (777, 0, []), (0, 0, ['-accel', 'interp']), (500, 30, []), (50, 0, ['-max-block', '3']), (0, 0, ['-max-block', '1']),
        (100000, 0, ['-code-cache', '1M']), (0, 0, ['-accel', 'jit,pins=off']), (0, 0, ['-accel', 'jit,one-tlb-entry=on']),
        (0, 0, ['-accel', 'jit,fault-first=on'])]


def fail(text):
    sys.exit('FAILED: ' + text)


def run_machine(args, folder, count, slice_, blocks, options, log=True):
    command = [args.machine, os.path.join(folder, 'log') if log else '', str(count), str(slice_), '1', str(blocks)] + FIXED + ['-serial', 'null'] + options
    p = subprocess.run(command, capture_output=True, text=True)
    if p.returncode:
        fail('%s: %s' % (' '.join(command), p.stderr))
    return p.stdout.splitlines()


def alike(args, folder, count, options, ways):
    bare = run_machine(args, folder, count, 0, 0, options, log=False)
    first = None
    for slice_, blocks, more in ways:
        lines = run_machine(args, folder, count, slice_, blocks, options + more)
        if lines[1:] != bare:
            fail('with a log the machine is another: %s, %s' % (lines[1:], bare))
        if first and lines != first:
            fail('another log with slices of %d, %d blocks, %s' % (slice_, blocks, more))
        first = lines
    return first


def test_alike(args, folder):
    alike(args, folder, 400000, ['-m', '16', '-kernel', os.path.join(args.guests, 'chaos-%s.elf' % args.endian)], WAYS)


def test_dma(args, folder):
    said = alike(args, folder, 400000, ['-m', '16', '-kernel', os.path.join(args.guests, 'dma-%s.elf' % args.endian)], WAYS[:4])
    written = int(re.search(r', (\d+) bytes by DMA', said[0])[1])
    if written < 10000:
        fail('devices wrote %d bytes only' % written)


def test_boot(args, folder):
    kernel = os.path.join(args.images, 'malta-vmlinux')
    alike(args, folder, 60000000, ['-m', '128', '-kernel', kernel, '-append', 'console=ttyS0'], WAYS[:2])


def records(args, path):
    """How many records can be read of a log, and what the reader says at its end."""
    p = subprocess.run([args.count, path], capture_output=True, text=True)
    return int(p.stdout), p.stderr.strip()


def start(args, *options, stopped=True):
    """The guest that runs for ever."""
    guest = os.path.join(args.guests, 'chaos-%s.elf' % args.endian)
    return Machine(args, ['-m', '16', '-rtc', 'base=2026-01-01', '-serial', 'null', '-kernel', guest] + list(options), stopped=stopped)


def icount(rsp):
    return int(re.search(r'icount (\d+)', rsp.monitor('when'))[1])


def run_a_while(rsp, path, size):
    """Until the log has this size."""
    rsp.send('vCont;c')
    Machine.wait_for(lambda: os.path.exists(path) and os.path.getsize(path) >= size, 'the log to grow')
    rsp.raw(b'\x03')
    rsp.stop()


def test_full(args, folder):
    path = os.path.join(folder, 'log')
    limit = 300000
    said = 'stakeout: memlog: %s: File too large; the log ends here, and what it has is good' % path
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    with start(args, '-memlog', path, stopped=False) as machine:
        machine.wait_for(lambda: '\n' in machine.error_text() + '\n' and machine.error_text(), 'the line about the full disk')
        rsp = Rsp(machine.connect(), args.endian == 'big')
        first = icount(rsp)
        rsp.send('vCont;c')
        time.sleep(0.2)
        rsp.raw(b'\x03')
        rsp.stop()
        if icount(rsp) <= first or machine.error_text() != said:
            fail('the guest went from %d to %d, and the program said: %s' % (first, icount(rsp), machine.error_text()))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    count, why = records(args, path)
    if why or not count or os.path.getsize(path) > limit:
        fail('the log so far: %d records, %r' % (count, why))
    whole = open(path, 'rb').read()
    cut = os.path.join(folder, 'cut')
    open(cut, 'wb').write(whole[:-1])
    less, why = records(args, cut)
    if not 0 < less < count or 'cut off' not in why:
        fail('a log that is cut off: %d of %d records, %r' % (less, count, why))
    open(cut, 'wb').write(whole[:-1] + bytes([whole[-1] ^ 1]))
    if records(args, cut) != (less, '%s: it is damaged before byte %d' % (cut, len(whole))):
        fail('a damaged log: %s' % (records(args, cut),))
    open(cut, 'wb').write(b'something else' * 100)
    if records(args, cut) != (0, cut + ': this is not an access log'):
        fail('no log at all: %s' % (records(args, cut),))


def refuses(rsp, command, why):
    said = rsp.monitor(command)
    if why not in said:
        fail('%s: %r, not %r' % (command, said, why))


def logs(args, rsp, command, path):
    """How many records the log has that the command ends."""
    said = rsp.monitor(command)
    if not re.fullmatch(r'(\d+ accesses logged, )?[0-9.]+ MiB\n', said):
        fail('%s: %r' % (command, said))
    count, why = records(args, path)
    return fail('%s: %s' % (path, why)) if why else count


def test_commands(args, folder):
    live, past, window = (os.path.join(folder, x) for x in ('live', 'past', 'window'))
    with start(args) as machine:
        rsp = Rsp(machine.connect(), args.endian == 'big')
        refuses(rsp, 'memlog', 'usage: memlog')
        refuses(rsp, 'memlog start %s/no/where' % folder, 'No such file')
        refuses(rsp, 'memlog start %s phys=nowhere' % live, 'phys: must be')
        refuses(rsp, 'memlog start %s kind=q' % live, 'kind: must be')
        refuses(rsp, 'memlog stop', 'no log is being written')
        if rsp.monitor('memlog start ' + live):
            fail('memlog start')
        refuses(rsp, 'memlog start ' + live, 'a log is being written')
        run_a_while(rsp, live, 100000)
        middle = icount(rsp)
        rsp.monitor('goto %d' % (middle // 2))   # back, and from there over the present on: all is logged once
        logs(args, rsp, 'memlog replay 0 %d %s' % (middle, past), past)
        run_a_while(rsp, live, 500000)
        end = icount(rsp)
        count = logs(args, rsp, 'memlog stop', live)
        refuses(rsp, 'memlog replay 10 5 ' + past, 'history is from')
        if logs(args, rsp, 'memlog replay start end ' + past, past) != count:
            fail('the replay is not what happened')
        less = logs(args, rsp, 'memlog replay start end %s kind=w virt=0x80000000..' % window, window)
        if not 0 < less < count or icount(rsp) != end:
            fail('a replay with a filter: %d of %d accesses, then icount %d, not %d' % (less, count, icount(rsp), end))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('test', choices=['alike', 'dma', 'boot', 'full', 'commands'])
    for name in ('machine', 'count', 'stakeout', 'guests', 'images'):
        ap.add_argument('--' + name)
    ap.add_argument('--endian', choices=['little', 'big'], default='little')
    ap.add_argument('--accel')
    args = ap.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        globals()['test_' + args.test](args, folder)


main()
