#!/usr/bin/env python3
"""tools/kallsyms.py: tables made here, in each byte order and layout; and Debian's kernel, if tools/fetch-guests got it."""
import os
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tools"))
sys.path.insert(0, os.path.join(ROOT, "tests", "gdb"))
import kallsyms  # noqa: E402
from kernel_image import EM_MIPS, Image, ImageError, read_image  # noqa: E402
from machine import elf_symbols  # noqa: E402

BASE = 0x80100400
# As the kernel's own packer does it: a character is its own token, and free numbers stand for pairs.
TOKENS = [chr(i) if 32 < i < 127 else "tok%d_" % i for i in range(256)]


def pad(data):
    return data + bytes(-len(data) % 4)


def make_table(order, names, new_layout, seqs):
    u32 = lambda *values: struct.pack("%s%dI" % (order, len(values)), *values)
    offsets = u32(*[16 * i for i in range(len(names))])
    packed, markers = b"", []
    for i, name in enumerate(names):
        if i % 256 == 0:
            markers.append(len(packed))
        numbers = name.encode()
        length = bytes([len(numbers)]) if len(numbers) < 128 else bytes([len(numbers) & 127 | 128, len(numbers) >> 7])
        packed += length + numbers
    strings, index = b"", []
    for token in TOKENS:
        index.append(len(strings))
        strings += token.encode() + b"\0"
    head, tail = offsets + u32(BASE), b""
    if new_layout:
        head, tail = b"", head
    ordinals = bytes(3 * len(names)) if seqs else b""
    index = struct.pack(order + "256H", *index)
    return head + u32(len(names)) + pad(packed) + u32(*markers) + pad(ordinals) + pad(strings) + pad(index) + tail


def names_of(count):
    return ["%sf%d" % ("Tt"[i & 1], i) for i in range(count - 1)] + ["T" + "long" * 50]


class Made(unittest.TestCase):
    def test_layouts(self):
        for order in "<>":
            for new_layout, seqs in ((False, False), (False, True), (True, True)):
                names = names_of(700)
                data = pad(os.urandom(4096)) + make_table(order, names, new_layout, seqs) + os.urandom(4096)
                symbols = kallsyms.find_symbols(Image(order == ">", EM_MIPS, 0, [(0x80100000, data)]))
                expected = [(BASE + 16 * i, n[0], n[1:]) for i, n in enumerate(names)]
                self.assertEqual(symbols, expected, "order %s, new layout %s, seqs %s" % (order, new_layout, seqs))

    def test_symbol_file(self):
        symbols = [(0x80100400, "T", "first"), (0x80100410, "t", "local"), (0x80100430, "T", "last")]
        for big in (False, True):
            data = kallsyms.elf_symbol_file(Image(big, EM_MIPS, 0, []), symbols)
            self.assertEqual(elf_symbols(data), {name: address for address, _, name in symbols})

    def test_nothing_there(self):
        for data in (b"", bytes(100000), os.urandom(100000)):
            with self.assertRaises(ImageError):
                kallsyms.find_symbols(Image(False, EM_MIPS, 0, [(0, data)]))

    def test_bad_files(self):
        for content in (b"", b"\x7fELF", b"\x7fELF" + bytes(60), b"text\n" * 100):
            with tempfile.NamedTemporaryFile() as file:
                file.write(content)
                file.flush()
                result = subprocess.run([sys.executable, "-B", kallsyms.__file__, file.name], capture_output=True, text=True, check=False)
                self.assertEqual((result.returncode, result.stderr.count("\n"), result.stdout), (1, 1, ""), result.stderr)


class Debian(unittest.TestCase):
    def setUp(self):
        self.path = os.path.join(os.environ.get("GUEST_IMAGES", "build/guests"), "malta-vmlinuz")
        if not os.path.exists(self.path):
            self.skipTest("no malta-vmlinuz: tools/fetch-guests gets it")

    def test_kernel(self):
        with open(self.path, "rb") as file:
            image = read_image(file.read())
        symbols = kallsyms.find_symbols(image)
        by_name = {name: address for address, _, name in symbols}
        self.assertGreater(len(symbols), 30000)
        for name in ("pgd_init", "__pte_alloc_kernel", "start_kernel", "_stext"):
            self.assertIn(name, by_name)
        if len(symbols) == 35428:  # 6.1.176
            self.assertEqual((by_name["pgd_init"], image.entry), (0x8012c200, 0x80b174bc))


unittest.main()
