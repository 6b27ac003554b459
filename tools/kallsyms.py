#!/usr/bin/env python3
"""Symbols of a stripped Linux kernel, from the table that it carries for itself (kallsyms).

    tools/kallsyms.py vmlinuz -o vmlinuz.sym            a symbol file for gdb: add-symbol-file vmlinuz.sym
    tools/kallsyms.py vmlinux --map System.map          the same as text
    tools/kallsyms.py ram.bin --base 0x80000000 ...     from a memory dump
    (gdb) source tools/kallsyms.py                      then `kallsyms` reads the table of the running guest
    (gdb) kallsyms [ADDRESS [LENGTH]]

The table, in the order of Linux 4.20 to 6.3 (Linux: scripts/kallsyms.c; every part begins 4-aligned):
  offsets (u32 a symbol)  relative_base (u32)  num_syms (u32)  names  markers (u32 for each 256th symbol: where its name is)
  [seqs_of_names, 3 bytes a symbol]  token_table (256 strings)  token_index (256 u16: where each string is)
From 6.4 on, offsets and relative_base stand behind token_index. A name is a length (one byte, or two if bit 7 is set: low
7 bits first) and that many token numbers; the first character of the expansion is the type that nm would show.
It is found from its end: nothing else looks like 256 ascending numbers that fit the 256 strings before them.
"""
import argparse
import bisect
import os
import re
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kernel_image import EM_ARM, EM_MIPS, Image, ImageError, read_image  # noqa: E402

MAX_TOKEN = 64      # characters a token expands to
MAX_NAME = 512      # bytes a name takes
LOAD_ALIGN = 1 << 16  # kernels are linked to a multiple of this


class Table:
    """kallsyms inside `data`; big: byte order."""

    def __init__(self, data, big):
        self.data, self.order = data, ">" if big else "<"
        self.tokens = None
        self.symbols = []  # (address, type, name), by address

    def u32(self, offset, count=1):
        return struct.unpack_from("%s%dI" % (self.order, count), self.data, offset)

    def token_indexes(self):
        """Where 256 u16 could be a token_index: 0, then steps of at least 2."""
        step = rb"[\x02-\x40]"
        first = rb"\0\0" + (b"\0" + step if self.order == ">" else step + b"\0")
        for match in re.finditer(b"(?=" + first + b")", self.data):
            at = match.start()
            if at % 4 or at + 512 > len(self.data):
                continue
            index = struct.unpack_from(self.order + "256H", self.data, at)
            if all(2 <= b - a <= MAX_TOKEN for a, b in zip(index, index[1:])):
                yield at, index

    def tokens_before(self, at, index):
        """The token_table that ends at `at` (padded) and fits index: (where, strings), or None."""
        for start in range((at - index[-1] - 2) & ~3, max(0, at - index[-1] - MAX_TOKEN - 4), -4):
            ends = [start + i - 1 for i in index[1:]]
            if any(self.data[end] for end in ends):
                continue
            strings = self.data[start:at].split(b"\0")[:256]
            if len(strings) == 256 and all(len(s) == b - a - 1 for s, a, b in zip(strings, index, index[1:])):
                return start, [s.decode("latin-1") for s in strings]
        return None

    def marker_runs(self, end):
        """Where u32 before `end` ascend from 0 as markers do: (where, values), nearest first."""
        limit = max(0, end - (8 << 20))
        at = self.data.rfind(b"\0\0\0\0", limit, end)
        while at >= 0:
            for start in {at & ~3, (at + 3) & ~3}:
                values = []
                for value in self.u32(start, min(4096, (end - start) // 4)):
                    if values and not 256 * 2 <= value - values[-1] <= 256 * MAX_NAME or not values and value:
                        break
                    values.append(value)
                if len(values) > 1:
                    yield start, values
            at = self.data.rfind(b"\0\0\0\0", limit, at + 3)

    def name_at(self, at):
        """(bytes taken, token numbers)"""
        length, head = self.data[at], 1
        if length & 0x80:
            length, head = (length & 0x7f) | self.data[at + 1] << 7, 2
        return head + length, self.data[at + head:at + head + length]

    def names_before(self, at, markers):
        """(where num_syms is, names) when the names that markers speak of end at `at`, or None."""
        for run in (len(markers), len(markers) - 1):
            last = markers[run - 1]
            for start in range((at - last - 2) & ~3, max(4, at - last - 256 * MAX_NAME), -4):
                count, = self.u32(start - 4)
                if (count + 255) // 256 != run:
                    continue
                names = self.walk(start, count, markers, at)
                if names:
                    return start - 4, names
        return None

    def walk(self, start, count, markers, end):
        position, names = start, []
        for i in range(count):
            if i % 256 == 0 and position - start != markers[i // 256] or position >= end:
                return None
            taken, numbers = self.name_at(position)
            names.append("".join([self.tokens[n] for n in numbers]))
            position += taken
        return names if 0 <= end - position < 4 else None

    def addresses(self, count_at, index_at, count):
        """Addresses by what stands before num_syms, or behind token_index; they ascend."""
        behind = index_at + 512
        for base_at, offsets_at in ((count_at - 4, count_at - 4 - 4 * count), (behind + 4 * count, behind)):
            if offsets_at < 0 or base_at + 4 > len(self.data):
                continue
            base, = self.u32(base_at)
            offsets = self.u32(offsets_at, count)
            if base and all(a <= b for a, b in zip(offsets, offsets[1:])):
                return base, [(base + offset) & 0xffffffff for offset in offsets]
        return None, None

    def find(self):
        for index_at, index in self.token_indexes():
            table = self.tokens_before(index_at, index)
            if not table:
                continue
            self.tokens = table[1]
            for markers_at, markers in self.marker_runs(table[0]):
                found = self.names_before(markers_at, markers)
                if not found:
                    continue
                self.base, addresses = self.addresses(found[0], index_at, len(found[1]))
                if addresses:
                    self.symbols = [(a, n[0], n[1:]) for a, n in zip(addresses, found[1])]
                    return True
        return False


def find_symbols(image):
    for _, data in image.segments:
        table = Table(data, image.big)
        if table.find():
            if image.packed:
                image.segments = [(table.base & -LOAD_ALIGN, data)]
            return table.symbols
    raise ImageError("no kallsyms in it (a kernel without CONFIG_KALLSYMS, or not unpacked yet)")


def elf_symbol_file(image, symbols):
    """An ELF with one empty section of code over all symbols, and a symbol table."""
    order = ">" if image.big else "<"
    low, high = symbols[0][0], symbols[-1][0] + 4
    strings, table = bytearray(b"\0"), bytearray(16)
    starts = sorted({s[0] for s in symbols})
    symbols = sorted(symbols, key=lambda s: s[1].isupper())
    for address, kind, name in symbols:
        after = bisect.bisect_right(starts, address)
        size = starts[after] - address if after < len(starts) else 4
        info = (0x10 if kind.isupper() else 0) | (2 if kind in "tTwW" else 1)
        table += struct.pack(order + "IIIBBH", len(strings), address, size, info, 0, 1)
        strings += name.encode() + b"\0"
    section_names = b"\0.text\0.symtab\0.strtab\0.shstrtab\0"
    symtab_at = 52
    strtab_at = symtab_at + len(table)
    names_at = strtab_at + len(strings)
    local = 1 + sum(not s[1].isupper() for s in symbols)
    sections_at = (names_at + len(section_names) + 3) & ~3
    flags = 0x70001000 if image.machine == EM_MIPS else 0x05000000  # o32 on MIPS32r2; ARM EABI 5
    header = b"\x7fELF" + bytes([1, 2 if image.big else 1, 1]) + bytes(9)
    header += struct.pack(order + "HHIIIIIHHHHHH", 2, image.machine, 1, image.entry, 0, sections_at, flags, 52, 0, 0, 40, 5, 4)
    rows = [(0,) * 10, (1, 8, 6, low, 0, high - low, 0, 0, 16, 0), (7, 2, 0, 0, symtab_at, len(table), 3, local, 4, 16),
            (15, 3, 0, 0, strtab_at, len(strings), 0, 0, 1, 0), (23, 3, 0, 0, names_at, len(section_names), 0, 0, 1, 0)]
    body = header + table + strings + section_names
    return body.ljust(sections_at, b"\0") + b"".join(struct.pack(order + "10I", *row) for row in rows)


def elf_kernel(image):
    """The unpacked kernel as an ELF that can be loaded and started."""
    order = ">" if image.big else "<"
    (address, data), = image.segments
    flags = 0x70001001 if image.machine == EM_MIPS else 0x05000000
    header = b"\x7fELF" + bytes([1, 2 if image.big else 1, 1]) + bytes(9)
    header += struct.pack(order + "HHIIIIIHHHHHH", 2, image.machine, 1, image.entry, 52, 0, flags, 52, 32, 1, 0, 0, 0)
    segment = struct.pack(order + "8I", 1, 0x1000, address, address, len(data), len(data), 7, 0x1000)
    return (header + segment).ljust(0x1000, b"\0") + data


def map_text(symbols):
    return "".join("%08x %s %s\n" % symbol for symbol in symbols)


def write_file(path, content):
    with open(path, "wb") as out:
        out.write(content)


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("image", help="vmlinux, vmlinuz, or a memory dump with --base")
    parser.add_argument("-o", "--output", help="symbol file for gdb (ELF)")
    parser.add_argument("--map", help="System.map")
    parser.add_argument("--unpack", help="the unpacked kernel as an ELF")
    parser.add_argument("--base", type=lambda s: int(s, 0), help="the image is a memory dump that begins at this address")
    parser.add_argument("--big-endian", action="store_true", help="byte order of a memory dump")
    parser.add_argument("--arm", action="store_true", help="a memory dump of an ARM (default: MIPS)")
    args = parser.parse_args(argv)
    try:
        with open(args.image, "rb") as file:
            data = file.read()
        if args.base is not None:
            image = Image(args.big_endian, EM_ARM if args.arm else EM_MIPS, 0, [(args.base, data)])
        else:
            image = read_image(data)
        symbols = find_symbols(image)
        if args.unpack and not (image.packed and image.entry):
            raise ImageError("nothing to unpack in it, or its entry was not found")
        for path, content in ((args.output, elf_symbol_file(image, symbols)), (args.map, map_text(symbols).encode()),
                              (args.unpack, elf_kernel(image) if args.unpack else b"")):
            if path:
                write_file(path, content)
    except (ImageError, OSError) as error:
        print("kallsyms: %s: %s" % (args.image, getattr(error, "strerror", None) or error), file=sys.stderr)
        return 1
    print("%d symbols, %08x %s to %08x %s" % (len(symbols), symbols[0][0], symbols[0][2], symbols[-1][0], symbols[-1][2]))
    return 0


def register_gdb_command(gdb):
    import tempfile

    CHUNK = 1 << 16
    REGIONS = {"mips": (0x80100000, EM_MIPS), "arm": (0xc0000000, EM_ARM)}  # where kernels of this kind lie

    class Kallsyms(gdb.Command):
        """Read the running kernel's own symbol table: kallsyms [ADDRESS [LENGTH]].
The kernel must be unpacked: stop in it, not in its unpacker, first."""

        def __init__(self):
            super().__init__("kallsyms", gdb.COMMAND_FILES)

        def invoke(self, text, from_tty):
            arguments = [int(gdb.parse_and_eval(word)) & 0xffffffff for word in gdb.string_to_argv(text)]
            architecture = gdb.selected_inferior().architecture().name()
            region = next((r for name, r in REGIONS.items() if name in architecture), REGIONS["mips"])
            base = arguments[0] if arguments else region[0]
            length = arguments[1] if len(arguments) > 1 else 16 << 20
            big = "big" in gdb.execute("show endian", to_string=True)
            image = Image(big, region[1], 0, [(base, self.read(base, length))])
            try:
                symbols = find_symbols(image)
            except ImageError as error:
                raise gdb.GdbError("0x%08x..: %s" % (base, error))
            with tempfile.NamedTemporaryFile(suffix=".sym", delete=False) as file:
                file.write(elf_symbol_file(image, symbols))
            try:
                gdb.execute("add-symbol-file %s" % file.name, to_string=True)
            finally:
                os.unlink(file.name)
            print("%d symbols" % len(symbols))

        @staticmethod
        def read(base, length):
            data = bytearray()
            if base >> 31 == 1 and gdb.selected_inferior().architecture().name().startswith("mips"):
                base |= 0xffffffff00000000  # so gdb's own commands take a MIPS address
            while len(data) < length:
                try:
                    data += bytes(gdb.selected_inferior().read_memory(base + len(data), min(CHUNK, length - len(data))))
                except gdb.MemoryError:
                    break
            return bytes(data)

    Kallsyms()


try:
    import gdb as inside_gdb
except ImportError:
    inside_gdb = None

if hasattr(inside_gdb, "Command"):  # else it is the folder of this name beside this file
    register_gdb_command(inside_gdb)
elif __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
