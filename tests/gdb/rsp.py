"""A client of gdb's remote protocol: packets as a test wants to send them, nothing hidden."""
import re
import struct

PC, STATUS, CAUSE = 37, 32, 36
A0, A1, A2, T0, T1, T2, S0, S1, S7, T9, SP, RA = 4, 5, 6, 8, 9, 10, 16, 17, 23, 25, 29, 31
BREAK, HBREAK, WRITE, READ, ACCESS = range(5)


class Stop:
    """A stop reply."""

    def __init__(self, text):
        self.text = text
        self.kind = text[0]
        self.signal = int(text[1:3], 16) if text[0] in "TSWX" else None
        self.keys = dict(part.split(":", 1) for part in text[3:].split(";") if ":" in part) if text[0] == "T" else {}

    def watch(self):
        """(kind, address) of a watch hit, or None; kind as in Z packets."""
        for number, key in ((WRITE, "watch"), (READ, "rwatch"), (ACCESS, "awatch")):
            if key in self.keys:
                return number, int(self.keys[key], 16) & 0xffffffff
        return None


class Rsp:
    def __init__(self, client, big, verbose=False, ack=False):
        self.socket, self.big, self.verbose = client, big, verbose
        self.buffer = b""
        self.ack = True
        self.features = self.ask("qSupported:multiprocess-;swbreak+;hwbreak+;vContSupported+;error-message+")
        if not ack and "QStartNoAckMode+" in self.features:
            assert self.ask("QStartNoAckMode") == "OK"
            self.ack = False
        self.layout = None

    def close(self):
        self.socket.close()

    def raw(self, data):
        self.socket.sendall(data)

    def send(self, text):
        body = text if isinstance(text, bytes) else text.encode("latin-1")
        if self.verbose:
            print("->", text)
        self.raw(b"$" + body + b"#%02x" % (sum(body) & 255))

    def byte(self):
        if not self.buffer:
            self.buffer = self.socket.recv(1 << 16)
            if not self.buffer:
                raise ConnectionError("the stub closed the connection")
        head, self.buffer = self.buffer[:1], self.buffer[1:]
        return head

    def receive(self):
        while self.byte() != b"$":
            pass
        body = b""
        while (c := self.byte()) != b"#":
            body += c
        self.byte(), self.byte()
        if self.ack:
            self.raw(b"+")
        text = expand(body).decode("latin-1")
        if self.verbose:
            print("<-", text)
        return text

    def ask(self, text):
        self.send(text)
        return self.receive()

    def ok(self, text):
        reply = self.ask(text)
        assert reply == "OK", "%s answered %r" % (text, reply)

    def words(self, hexadecimal):
        data = bytes.fromhex(hexadecimal)
        return list(struct.unpack((">" if self.big else "<") + "%dI" % (len(data) // 4), data))

    def hex(self, values):
        return struct.pack((">" if self.big else "<") + "%dI" % len(values), *[v & 0xffffffff for v in values]).hex()

    def registers(self):
        return self.words(self.ask("g"))

    def set_registers(self, values, **_):
        self.ok("G" + self.hex(values))

    def change(self, **named):
        """Writes registers by the names above: change(PC=..., A0=...)."""
        values = self.registers()
        for name, value in named.items():
            values[globals()[name]] = value
        self.set_registers(values)

    def pc(self):
        return self.registers()[PC]

    def read(self, address, length):
        reply = self.ask("m%x,%x" % (address, length))
        return None if reply.startswith("E") else bytes.fromhex(reply)

    def word(self, address):
        return self.words(self.ask("m%x,4" % address))[0]

    def write(self, address, data):
        self.ok("M%x,%x:%s" % (address, len(data), data.hex()))

    def insert(self, kind, address, length=4):
        self.ok("Z%d,%x,%x" % (kind, address, length))

    def remove(self, kind, address, length=4):
        self.ok("z%d,%x,%x" % (kind, address, length))

    def resume(self, how="c"):
        """Sends `vCont;HOW` and waits for the stop."""
        self.send("vCont;" + how)
        return self.stop()

    def stop(self):
        """The next stop reply; what the guest's console or the stub says before it is passed over."""
        while True:
            text = self.receive()
            if not re.match(r"O[0-9a-fA-F]", text):
                return Stop(text)

    def monitor(self, command):
        """Output of a monitor command."""
        self.send("qRcmd," + command.encode().hex())
        output = ""
        while True:
            text = self.receive()
            if text.startswith("O") and text != "OK":
                output += bytes.fromhex(text[1:]).decode(errors="replace")
                continue
            if text == "OK" or not text or text.startswith("E"):
                return output if text == "OK" else output + text
            return output + bytes.fromhex(text).decode(errors="replace")


def expand(body):
    """Undoes escapes and run lengths."""
    out, i = bytearray(), 0
    while i < len(body):
        if body[i] == 0x7d:
            i += 1
            out.append(body[i] ^ 0x20)
        elif body[i] == 0x2a and out:
            i += 1
            out += out[-1:] * (body[i] - 29)
        else:
            out.append(body[i])
        i += 1
    return bytes(out)
