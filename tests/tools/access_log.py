"""Writes access logs by the description of their format (tools/memlog/FORMAT.md), with frames that are not compressed."""
import struct

HEADER, CHUNK, ZSTD = 0x184d2a5e, 0x184d2a5f, 0xfd2fb528
KINDS = "rwxRW"
MASK = (1 << 64) - 1


def number(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zstd_frame(data):
    """One segment of raw blocks (RFC 8878, 3.1.1)."""
    out = struct.pack("<IBQ", ZSTD, 0xe0, len(data))
    blocks = [data[i:i + (1 << 17)] for i in range(0, len(data), 1 << 17)]
    for i, block in enumerate(blocks):
        head = (i == len(blocks) - 1) | len(block) << 3
        out += head.to_bytes(3, "little") + block
    return out


class AccessLog:
    """The bytes of a log; add() accesses, chunk() when one shall end."""

    def __init__(self, start=0, ram=((0, 0xfffffff),), text="", big=False, version=2):
        content = b"stakelog" + struct.pack("<IIIIQII", version, big, 4096, 1, start, len(ram), len(text))
        content += b"".join(struct.pack("<QQ", *r) for r in ram) + text.encode()
        self.data = struct.pack("<II", HEADER, len(content)) + content
        self.icount = self.pc = 0
        self.virt, self.phys = [0] * 5, [0] * 5
        self.pending, self.count, self.first = bytearray(), 0, 0

    @staticmethod
    def difference(value, last):
        d = (value - last) & MASK
        return number((d << 1 & MASK) ^ (MASK if d >> 63 else 0))

    def add(self, icount, kind, size, phys, virt=None, pc=None, value=None, io=False):
        k = KINDS.index(kind)
        if not self.count:
            self.first = icount
        self.pending.append(k | (size - 1) << 3 | io << 6 | (value is None) << 7)
        self.pending += self.difference(icount, self.icount)
        self.icount = icount
        if virt is not None:
            self.pending += self.difference(pc, self.pc) + self.difference(virt, self.virt[k])
            self.pc, self.virt[k] = pc, virt
        relative = (phys - (virt or 0)) & MASK
        self.pending += self.difference(relative, self.phys[k])
        self.phys[k] = relative
        if value is not None:
            self.pending += value.to_bytes(size, "little")
        self.count += 1

    def chunk(self):
        if self.count:
            frame = zstd_frame(bytes(self.pending))
            self.data += struct.pack("<IIIIQII", CHUNK, 24, len(frame), len(self.pending), self.first, len(self.pending), 0) + frame
            self.pending, self.count = bytearray(), 0

    def write(self, path):
        self.chunk()
        with open(path, "wb") as file:
            file.write(self.data)
