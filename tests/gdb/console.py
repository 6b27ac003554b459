#!/usr/bin/env python3
"""The host's ends of the serial lines: a terminal with its keys, restored whatever ends the run, and peers that come and go."""
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time

from machine import TIMEOUT, Machine, options
from suite import Bench, equal, run

HELLO, CTRL_A = b"hello from the guest", b"\x01"


def read_until(fd, text, data=b""):
    """What comes from fd behind data until text is in it."""
    deadline = time.monotonic() + TIMEOUT
    while text not in data:
        ready, _, _ = select.select([fd], [], [], max(0, deadline - time.monotonic()))
        piece = os.read(fd, 4096) if ready else b""
        if not piece:
            raise AssertionError("no %r in %r" % (text, data[-300:]))
        data += piece
    return data


class Terminal:
    """The program in the foreground of a terminal of its own, started as by a shell that is at the keyboard."""

    def __init__(self, bench, *arguments):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""
        self.errors = open(bench.path("stderr"), "w+b")
        self.process = subprocess.Popen(bench.command(*arguments), stdin=self.slave, stdout=self.slave, stderr=self.errors, start_new_session=True,
                                        preexec_fn=self.take)

    @staticmethod
    def take():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for fd in (self.master, self.slave):
            try:
                os.close(fd)
            except OSError:
                pass
        self.errors.close()

    def expect(self, text):
        """Waits for text behind all that was expected before."""
        data = read_until(self.master, text, self.seen)
        self.seen = data[data.index(text) + len(text):]

    def type(self, keys):
        os.write(self.master, keys)

    def raw(self):
        flags = termios.tcgetattr(self.slave)[3]
        return not flags & (termios.ICANON | termios.ECHO)

    def ended(self, status):
        equal(self.process.wait(TIMEOUT), status, "exit status")
        equal(termios.tcgetattr(self.slave), self.before, "the terminal's settings")


class ConsoleBench(Bench):
    def command(self, *arguments):
        accel = ["-accel", self.opts.accel] if self.opts.accel else []
        return [self.opts.stakeout, "-M", "malta", "-kernel", self.guest.path, "-icount", "shift=3", *accel, *arguments]

    def terminal(self, *arguments):
        return Terminal(self, *arguments)

    def machine(self, *serial):
        """With the first line at `serial`; the console of Machine then stays empty."""
        arguments = ["-kernel", self.guest.path, "-icount", "shift=3"]
        for line in serial:
            arguments += ["-serial", line]
        return Machine(self.opts, arguments, stopped=False, gdb=False, big=self.guest.big)


def keys(bench):
    """Ctrl-A h, Ctrl-A c, Ctrl-A Ctrl-A and Ctrl-A x; other control keys are the guest's"""
    with bench.terminal("-nographic") as terminal:
        terminal.expect(HELLO)
        equal(terminal.raw(), True, "the terminal is raw")
        terminal.type(CTRL_A + b"h")
        terminal.expect(b"to the monitor and back")
        terminal.type(CTRL_A + CTRL_A)
        terminal.expect(b"[\x01]")
        for key in (b"\x03", b"\x1a", b"\x04", b"\x11", b"\x13", b"\x1c", b"\r", b"\n", b"\x7f", b"\xff"):
            terminal.type(key)
            terminal.expect(b"[" + (b"\r\n" if key == b"\n" else key) + b"]")
        terminal.type(CTRL_A + b"c")
        terminal.expect(b"(stakeout) ")
        terminal.type(b"print keyz\x7fs\r")
        terminal.expect(b"%08x" % bench.guest["keys"])
        terminal.type(b"nonsense\r")
        terminal.expect(b"nonsense")
        terminal.expect(b"(stakeout) ")
        terminal.type(CTRL_A + b"c" + b"z")
        terminal.expect(b"[z]")
        terminal.type(CTRL_A + b"x")
        terminal.ended(0)


def quit_of_monitor(bench):
    """the monitor's quit and the guest's power-off restore the terminal"""
    for end in (CTRL_A + b"cquit\r", b"q"):
        with bench.terminal("-nographic") as terminal:
            terminal.expect(HELLO)
            terminal.type(end)
            terminal.ended(0)


def signals(bench):
    """whatever signal ends the run, the terminal is restored"""
    for number, status in ((signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 0), (signal.SIGQUIT, -signal.SIGQUIT),
                           (signal.SIGABRT, -signal.SIGABRT), (signal.SIGSEGV, -signal.SIGSEGV), (signal.SIGALRM, -signal.SIGALRM)):
        with bench.terminal("-nographic") as terminal:
            terminal.expect(HELLO)
            terminal.process.send_signal(number)
            terminal.ended(status)


def interrupt_key(bench):
    """plain -serial stdio leaves ^C to the terminal: it ends the run"""
    with bench.terminal("-serial", "stdio") as terminal:
        terminal.expect(HELLO)
        terminal.type(CTRL_A + b"x")
        terminal.expect(b"[\x01][x]")
        terminal.type(b"\x03")
        terminal.ended(0)


def suspended(bench):
    """a suspended run gives the terminal back and takes it again"""
    with bench.terminal("-nographic") as terminal:
        terminal.expect(HELLO)
        terminal.process.send_signal(signal.SIGTSTP)
        _, status = os.waitpid(terminal.process.pid, os.WUNTRACED)
        equal(os.WIFSTOPPED(status), True, "it is stopped")
        equal(termios.tcgetattr(terminal.slave), terminal.before, "the terminal's settings")
        terminal.process.send_signal(signal.SIGCONT)
        Machine.wait_for(terminal.raw, "the terminal to be raw again")
        terminal.type(b"y")
        terminal.expect(b"[y]")
        terminal.type(CTRL_A + b"x")
        terminal.ended(0)


def start_fails(bench):
    """a start that fails leaves the terminal as it was"""
    for arguments in (("-gdb", "unix:/"), ("-watch", "nowhere"), ("-plugin", "/nonexistent.so"), ("-pidfile", "/nonexistent/pid"),
                      ("-serial", "mon:stdio", "-serial", "tcp:127.0.0.1:1")):
        with bench.terminal("-nographic", *arguments) as terminal:
            terminal.ended(1)


def waits_for_client(bench):
    """^C ends a wait for a serial line's client"""
    with bench.terminal("-serial", "mon:stdio", "-serial", "unix:" + bench.path("line") + ",server") as terminal:
        Machine.wait_for(lambda: os.path.exists(bench.path("line")), "the socket")
        terminal.type(b"\x03")
        terminal.ended(-signal.SIGINT)


def hang_up(bench):
    """a terminal that goes away ends the run"""
    with bench.terminal("-nographic") as terminal:
        terminal.expect(HELLO)
        os.close(terminal.slave)
        os.close(terminal.master)
        equal(terminal.process.wait(TIMEOUT), 0, "exit status")


def end_of_input(bench):
    """the end of standard input is no quit"""
    with Machine(bench.opts, ["-kernel", bench.guest.path], stopped=False, gdb=True, big=bench.guest.big) as machine:
        machine.expect(HELLO + b"\n")
        machine.type("a")
        machine.expect("[a]")
        machine.process.stdin.close()
        client = machine.connect()
        client.sendall(b"$?#3f")
        equal(client.recv(1), b"+", "a debugger's answer")
        equal(machine.process.poll(), None, "it runs")
        client.close()


def file_line(bench):
    """file: takes the output"""
    with bench.machine("file:" + bench.path("out")) as machine:
        path = bench.path("out")

        def written():
            if not os.path.exists(path):
                return False
            with open(path, "rb") as out:
                return out.read() == HELLO + b"\n"
        machine.wait_for(written, "the text in the file")


def talk(peer, key):
    """A key goes to the guest and comes back."""
    peer.settimeout(TIMEOUT)
    peer.sendall(key)
    read_until(peer.fileno(), b"[" + key + b"]")


def reset_connection(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def served(bench, machine, connect):
    """Clients of a server, one after the other, some of whom go without a word."""
    for key, leave in ((b"a", socket.socket.close), (b"b", reset_connection), (b"c", lambda peer: peer.shutdown(socket.SHUT_RDWR)), (b"d", socket.socket.close)):
        peer = connect()
        talk(peer, key)
        peer.sendall(b"m" * 200)  # its answers are not read
        leave(peer)
    equal(machine.process.poll(), None, "it runs")


def unix_server(bench):
    """unix:PATH,server: clients come, go and vanish; the file is gone at the end"""
    path = bench.path("line")
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(path)
    stale.close()
    with bench.machine("unix:" + path + ",server,nowait") as machine:
        def connect():
            client = socket.socket(socket.AF_UNIX)
            Machine.wait_for(lambda: client.connect_ex(path) == 0, "the socket")
            return client
        served(bench, machine, connect)
        other = subprocess.run(bench.command("-serial", "unix:" + path + ",server=on,wait=off"), stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT,
                               check=False)
        equal((other.returncode, other.stderr.count(b"\n"), b"in use" in other.stderr), (1, 1, True), "a second one: %r" % other.stderr)
        machine.process.terminate()
        machine.wait_exit()
    equal(os.path.exists(path), False, "the file is still there")


def unix_file(bench):
    """unix:PATH,server leaves a file alone that is no socket"""
    path = bench.path("precious")
    with open(path, "w") as file:
        file.write("data")
    other = subprocess.run(bench.command("-serial", "unix:" + path + ",server,nowait"), stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
    equal((other.returncode, other.stderr.count(b"\n"), b"precious" in other.stderr), (1, 1, True), "what it said: %r" % other.stderr)
    with open(path) as file:
        equal(file.read(), "data", "the file")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tcp_server(bench):
    """tcp::PORT,server waits for its first client, then clients come and go; a second one waits"""
    port = free_port()
    with bench.machine("tcp::%d,server" % port) as machine:
        def connect():
            peers = []

            def connected():
                try:
                    peers.append(socket.create_connection(("127.0.0.1", port), TIMEOUT))
                except ConnectionRefusedError:
                    return False
                return True
            Machine.wait_for(connected, "the port")
            return peers[0]
        first = connect()
        read_until(first.fileno(), HELLO)
        second = connect()
        talk(first, b"1")
        first.close()
        talk(second, b"2")
        second.close()
        served(bench, machine, connect)


def tcp_client(bench):
    """tcp:HOST:PORT: the other end goes, the machine says so and runs on"""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with bench.machine("tcp:127.0.0.1:%d" % listener.getsockname()[1], "stdio") as machine:
            peer, _ = listener.accept()
            read_until(peer.fileno(), HELLO)
            talk(peer, b"a")
            reset_connection(peer)
            machine.wait_for(lambda: "closed the connection" in machine.error_text(), "a line on stderr")
            equal(len(machine.error_text().splitlines()), 1, "lines on stderr")
            equal(machine.process.poll(), None, "it runs")


def pseudo_terminal(bench):
    """pty: the name is told; whoever opens it talks to the guest, and may go and come again"""
    with bench.machine("pty") as machine:
        machine.wait_for(lambda: "/dev/" in machine.error_text(), "the name")
        name = re.search(r"/dev/\S+", machine.error_text())[0]
        for key in (b"a", b"b", b"\x03"):
            fd = os.open(name, os.O_RDWR | os.O_NOCTTY)
            os.write(fd, key)
            read_until(fd, b"[" + key + b"]")
            os.close(fd)
        equal(machine.process.poll(), None, "it runs")


def output_closed(bench):
    """a reader of standard output that goes: one line, and the machine runs on"""
    with Machine(bench.opts, ["-kernel", bench.guest.path, "-icount", "shift=3"], stopped=False, gdb=False, big=bench.guest.big) as machine:
        machine.expect(HELLO + b"\n")
        machine.process.stdout.close()
        machine.type("a")
        machine.wait_for(lambda: "output is lost" in machine.error_text(), "a line on stderr")
        machine.type("bcdq")
        equal(machine.wait_exit(), 0, "exit status")
        equal(len(machine.error_text().splitlines()), 1, "lines on stderr")


CHECKS = [keys, quit_of_monitor, signals, interrupt_key, suspended, start_fails, waits_for_client, hang_up, end_of_input, file_line, unix_server, unix_file,
          tcp_server, tcp_client, pseudo_terminal, output_closed]

if __name__ == "__main__":
    OPTS = options(__doc__)
    run(CHECKS, lambda: ConsoleBench(OPTS), OPTS)
