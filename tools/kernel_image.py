"""Kernel files as bytes at addresses: plain ELF (vmlinux), ELF or raw file with a packed kernel inside (vmlinuz, zImage), memory dumps."""
import lzma
import struct
import zlib
from dataclasses import dataclass, field

EM_MIPS, EM_ARM = 8, 40
PAYLOAD_MIN = 1 << 20  # a packed configuration or initramfs inside a plain kernel is smaller than any packed kernel


class ImageError(Exception):
    """Something in the file is not as it must be; the text is meant for the user."""


@dataclass
class Image:
    big: bool
    machine: int
    entry: int
    segments: list = field(default_factory=list)  # (address, bytes)
    packed: bool = False  # segments come from a payload; their address is 0 until somebody knows better

    def words(self, data, offset, count):
        return struct.unpack_from((">" if self.big else "<") + "%dI" % count, data, offset)


def read_elf(data):
    if len(data) < 52:
        raise ImageError("a truncated ELF")
    if data[4] != 1:
        raise ImageError("a 64-bit ELF: only 32-bit kernels are known here")
    order = ">" if data[5] == 2 else "<"
    try:
        machine, _, entry, phoff = struct.unpack_from(order + "HIII", data, 18)
        phentsize, phnum = struct.unpack_from(order + "HH", data, 42)
        image = Image(order == ">", machine, entry)
        for i in range(phnum):
            kind, offset, vaddr, _, filesz = struct.unpack_from(order + "5I", data, phoff + i * phentsize)
            if kind == 1 and filesz:
                if offset + filesz > len(data):
                    raise ImageError("a truncated ELF: a segment ends behind the file's end")
                image.segments.append((vaddr, data[offset:offset + filesz]))
    except struct.error:
        raise ImageError("a truncated ELF") from None
    return image


def unpack_xz(data, at):
    unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_XZ)
    return unpacker.decompress(data[at:])


def unpack_gzip(data, at):
    return zlib.decompressobj(31).decompress(data[at:])


PACKERS = ((b"\xfd7zXZ\0", unpack_xz), (b"\x1f\x8b\x08", unpack_gzip))


def payload(data):
    """The kernel packed inside data, or None."""
    for magic, unpack in PACKERS:
        at = data.find(magic)
        while at >= 0:
            try:
                inner = unpack(data, at)
                if len(inner) >= PAYLOAD_MIN:
                    return inner
            except (lzma.LZMAError, zlib.error, EOFError):
                pass
            at = data.find(magic, at + 1)
    return None


def mips_last_jump(image):
    """The last address that a MIPS unpacker's start code jumps to through a register: the kernel's entry."""
    address, text = image.segments[0]
    start = max(0, image.entry - address)
    high, known, found = {}, {}, None
    for word in image.words(text, start, min(64, (len(text) - start) // 4)):
        op, rs, rt, imm = word >> 26, word >> 21 & 31, word >> 16 & 31, word & 0xffff
        if op == 0x0f:  # lui
            high[rt] = imm << 16
        elif op == 0x0d and rs in high:  # ori
            known[rt] = high[rs] | imm
        elif op == 0x09 and rs in high:  # addiu
            known[rt] = (high[rs] + (imm ^ 0x8000) - 0x8000) & 0xffffffff
        elif op == 0 and word & 0x3f in (8, 9) and rs in known:  # jr, jalr
            found = known[rs]
    return found


def read_image(data):
    if data[:4] != b"\x7fELF":
        inner = payload(data)
        if inner is None:
            raise ImageError("neither an ELF nor a packed kernel (a memory dump needs --base)")
        return Image(False, EM_ARM, 0, [(0, inner)], packed=True)
    image = read_elf(data)
    inner = payload(data)
    if inner is None:
        return image
    entry = mips_last_jump(image) if image.machine == EM_MIPS else None
    return Image(image.big, image.machine, entry or 0, [(0, inner)], packed=True)
