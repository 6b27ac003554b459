#!/usr/bin/env python3
"""tools/memlog on logs that are made here (access_log.py): what it prints to the letter, its pictures, and one line for each mistake."""
import os
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
import zlib

from access_log import AccessLog

MEMLOG = os.environ.get("MEMLOG", "build/tools/memlog/memlog")

MAP = """80100000 T _stext
80100000 T reset
80100400 T memset
80100500 T say
80100600 T _etext
80200000 D keys
80200010 B buffer
80201000 B end
"""


def small_log():
    log = AccessLog(start=5, text="kind=rwx")
    log.add(10, "x", 4, 0x100404, 0x80100404, 0x80100404, 0xac820000)
    log.add(10, "w", 4, 0x200010, 0x80200010, 0x80100404, 0xdeadbeef)
    log.add(11, "w", 1, 0x200003, 0x80200003, 0x80100504, 0x7f)
    log.add(13, "r", 2, 0x200000, 0xa0200000, 0x80100508, 0x1234)
    log.chunk()
    log.add(20, "w", 4, 0x200014, 0xc0001014, 0x80100404, 1)
    log.add(21, "r", 1, 0x180003fd, 0xb80003fd, 0x8010050c, 0x60, io=True)
    log.add(30, "W", 8, 0x200018, value=0x1122334455667788)
    log.add(31, "R", 4, 0x1000)
    return log


TEXT = """\
        icount  c  pc          instruction                          a   virtual     physical    value       data
            10  0  0x80100404  memset+0x4                           x4  0x80100404  0x00100404  0xac820000
            10  0  0x80100404  memset+0x4                           w4  0x80200010  0x00200010  0xdeadbeef  buffer
            11  0  0x80100504  say+0x4                              w1  0x80200003  0x00200003  0x7f        keys+0x3
            13  0  0x80100508  say+0x8                              r2  0xa0200000  0x00200000  0x1234      keys
            20  0  0x80100404  memset+0x4                           w4  0xc0001014  0x00200014  0x00000001  buffer+0x4
            21  0  0x8010050c  say+0xc                              r1  0xb80003fd  0x180003fd  0x60        I/O
            30  0  -           DMA                                  W8  -           0x00200018  0x1122334455667788  buffer+0x8
            31  0  -           DMA                                  R4  -           0x00001000  -
"""

CSV = """\
icount,cpu,kind,size,io,pc,function,file,line,virtual,physical,value,data
10,0,x,4,0,0x80100404,memset+0x4,,,0x80100404,0x100404,0xac820000,
10,0,w,4,0,0x80100404,memset+0x4,,,0x80200010,0x200010,0xdeadbeef,buffer
11,0,w,1,0,0x80100504,say+0x4,,,0x80200003,0x200003,0x7f,keys+0x3
13,0,r,2,0,0x80100508,say+0x8,,,0xa0200000,0x200000,0x1234,keys
20,0,w,4,0,0x80100404,memset+0x4,,,0xc0001014,0x200014,0x1,buffer+0x4
21,0,r,1,1,0x8010050c,say+0xc,,,0xb80003fd,0x180003fd,0x60,
30,0,W,8,0,,,,,,0x200018,0x1122334455667788,buffer+0x8
31,0,R,4,0,,,,,,0x1000,,
"""

HEAD = "    accesses        bytes   share          first           last  "
TOP = HEAD + """by
           2            8  50.00%             10             20  memset
           1            8  25.00%             30             30  DMA
           1            1  25.00%             11             11  say
"""
TOP_PC = HEAD + """by
           2            8  50.00%             10             20  0x80100404
           1            8  25.00%             30             30  DMA
           1 more in 1 rows that -n leaves out
"""
TOP_READ_DATA = HEAD + """data
           1            4  33.33%             31             31  page at physical 0x00001000
           1            1  33.33%             21             21  page at physical 0x18000000
           1            2  33.33%             13             13  keys
"""
INFO = """\
format           version 2, little-endian guest, CPUs: 1, page size 4096
filter           kind=rwx
begun            at icount 5
RAM              0x00000000..0x0fffffff
loads            2, 3 bytes
stores           3, 9 bytes
fetches          1, 4 bytes
DMA from memory  1, 4 bytes
DMA to memory    1, 8 bytes
icount           10..31
physical         0x00001000..0x180003fd
virtual          0x80100404..0xc0001017
pc               0x80100404..0x8010050c
"""


def png_pixels(data):
    """(width, height, rows of bytes, unfiltered) of an 8-bit RGB picture."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "not a PNG"
    at, packed, size = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + body), "a chunk's sum"
        if kind == b"IHDR":
            size = struct.unpack(">IIBBBBB", body)
        if kind == b"IDAT":
            packed += body
        at += 12 + length
    width, height, depth, color = size[:4]
    assert (depth, color) == (8, 2), "8-bit RGB expected: %r" % (size,)
    plain, stride = zlib.decompress(packed), 3 * width
    assert len(plain) == height * (stride + 1), "its length"
    rows, above = [], bytes(stride)
    for y in range(height):
        kind, line = plain[y * (stride + 1)], bytearray(plain[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride):
            left, up, corner = (line[i - 3], above[i], above[i - 3]) if i >= 3 else (0, above[i], 0)
            estimate = left + up - corner
            nearest = min((abs(estimate - left), 0, left), (abs(estimate - up), 1, up), (abs(estimate - corner), 2, corner))[2]
            line[i] = (line[i] + (0, left, up, (left + up) // 2, nearest)[kind]) & 255
        rows.append(bytes(line))
        above = rows[-1]
    return width, height, rows


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="memlog-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.log = self.path("small.memlog")
        small_log().write(self.log)
        self.map = self.file("System.map", MAP.encode())

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def call(self, *arguments, **how):
        result = subprocess.run([MEMLOG, *arguments], capture_output=True, timeout=60, check=False, **how)
        return result.returncode, result.stdout.decode(), result.stderr.decode()

    def gives(self, expected, *arguments):
        self.assertEqual(self.call(*arguments), (0, expected, ""))

    def fails(self, status, text, *arguments):
        """One line on stderr that begins with the program's name and tells text; returns what was printed before."""
        code, out, error = self.call(*arguments)
        self.assertEqual(code, status, error)
        self.assertRegex(error, r"\Amemlog: [^\n]*\n\Z")
        self.assertIn(text, error)
        return out

    def rows(self, *arguments):
        code, out, error = self.call("csv", self.log, *arguments)
        self.assertEqual((code, error), (0, ""))
        return [tuple(line.split(",")[i] for i in (0, 2)) for line in out.splitlines()[1:]]


class Lists(Case):
    def test_text(self):
        self.gives(TEXT, "text", self.log, "--symbols", self.map)

    def test_csv(self):
        self.gives(CSV, "csv", self.log, "--symbols=" + self.map)
        self.gives("".join(CSV.splitlines(True)[:3]), "csv", "-n", "2", "--symbols", self.map, self.log)

    def test_csv_quotes(self):
        symbols = self.file("names", b'80100000 T operator,\n80200000 D a"b\n80300000 D end\n')
        out = self.call("csv", self.log, "--symbols", symbols, "--kind", "r", "-n", "1")[1]
        self.assertIn('0x80100508,"operator,+0x508",,,0xa0200000,0x200000,0x1234,"a""b"\n', out)

    def test_top(self):
        self.gives(TOP, "top", self.log, "--symbols", self.map)
        self.gives(TOP, "top", self.log, "--symbols", self.map, "--writers", "--by", "function")
        self.gives(TOP_PC, "top", self.log, "-n", "2")
        self.gives(TOP_READ_DATA, "top", self.log, "--symbols", self.map, "--readers", "--by", "data")

    def test_info(self):
        self.gives(INFO, "info", self.log)

    def test_output_file(self):
        self.gives("", "text", self.log, "--symbols", self.map, "-o", self.path("out"))
        with open(self.path("out"), encoding="ascii") as file:
            self.assertEqual(file.read(), TEXT)

    def test_elf_symbols(self):
        """A symbol file as tools/kallsyms.py makes it."""
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
        import kallsyms
        from kernel_image import EM_MIPS, Image
        symbols = [(int(line.split()[0], 16), line.split()[1], line.split()[2]) for line in MAP.splitlines() if "_stext" not in line]
        for big in (False, True):
            data = kallsyms.elf_symbol_file(Image(big, EM_MIPS, 0, []), symbols)
            self.gives(TEXT, "text", self.log, "--symbols", self.file("kernel.sym", data))

    def test_reader_went_away(self):
        log = AccessLog()
        for i in range(20000):
            log.add(i, "w", 4, 0x1000, 0x80001000, 0x80100000, i)
        log.write(self.log)
        with subprocess.Popen([MEMLOG, "text", self.log], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
            self.assertEqual(process.wait(), 1)


class Filters(Case):
    def test_each(self):
        all_rows = [("10", "x"), ("10", "w"), ("11", "w"), ("13", "r"), ("20", "w"), ("21", "r"), ("30", "W"), ("31", "R")]
        for arguments, wanted in (((), range(8)),
                                  (("--kind", "wW"), (1, 2, 4, 6)),
                                  (("--phys", "0x200000..0x200003"), (2, 3)),
                                  (("--phys", "0x20001b,1"), (6,)),
                                  (("--phys", "0x20001b+1"), (6,)),
                                  (("--virt", "0x80200000,0x20"), (1, 2)),
                                  (("--virt", "keys"), (2,)),
                                  (("--of", "keys"), (2, 3)),
                                  (("--of", "buffer"), (1, 4, 6)),
                                  (("--of", "phys:0x200010,8"), (1, 4)),
                                  (("--of", "virt:buffer"), (1,)),
                                  (("--of", "0xc0001014,4"), (4,)),
                                  (("--pc", "memset"), (0, 1, 4)),
                                  (("--pc", "memset", "--kind", "w", "--when", "11.."), (4,)),
                                  (("--when", "13..21"), (3, 4, 5)),
                                  (("--when", "..10"), (0, 1))):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.rows("--symbols", self.map, *arguments), [all_rows[i] for i in wanted])


class Pictures(Case):
    def setUp(self):
        super().setUp()
        log = AccessLog()
        for i in range(4000):
            log.add(10 * i, "rw"[i & 1], 4, 0x200000 + 4 * i, 0x80200000 + 4 * i, 0x80100400, 0)
        log.add(50000, "W", 4, 0x8000000)
        log.write(self.log)

    def test_png(self):
        self.gives("", "map", self.log, "-o", self.path("a.png"), "--size", "400x320")
        with open(self.path("a.png"), "rb") as file:
            width, height, rows = png_pixels(file.read())
        self.assertEqual((width, height), (400, 320))
        colors = {row[i:i + 3] for row in rows for i in range(0, len(row), 3)}
        self.assertTrue(any(r > 200 and b < 100 for r, _, b in colors), "writes")
        self.assertTrue(any(b > 150 and r > 150 and g < r for r, g, b in colors), "both")
        self.assertIn(bytes((14, 17, 24)), colors, "nothing")

    def test_svg(self):
        self.gives("", "map", self.log, "-o", self.path("a.svg"), "--symbols", self.map, "--region", "all & <some>=0x200000,64k",
                   "--title", "\"<&>'", "--mark", "here=20000", "--mark", "there=memset")
        root = xml.etree.ElementTree.parse(self.path("a.svg")).getroot()
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        self.assertEqual([root.get(name).removesuffix("px") for name in ("width", "height")], ["1200", "800"])
        self.assertTrue(list(root.iter("{http://www.w3.org/2000/svg}image")), "the heat")

    def test_same_each_time(self):
        pictures = []
        for name in ("a.png", "b.png"):
            self.gives("", "map", self.log, "-o", self.path(name), "--title", "x", "--space", "virt")
            with open(self.path(name), "rb") as file:
                pictures.append(file.read())
        self.assertEqual(pictures[0], pictures[1])

    def test_ends(self):
        """Time and addresses up to the last ones there can be; one access alone."""
        last = (1 << 64) - 1
        for times in ((last,), (last - 3, last), (0, last), (11, 12), (5,)):
            log = AccessLog()
            for time in times:
                log.add(time, "w", 8, last - 7, last - 7, 0x80100000, 1)
            log.write(self.log)
            self.gives("", "map", self.log, "-o", self.path("a.png"), "--size", "300x300")

    def test_refused(self):
        self.fails(2, "-o FILE.svg", "map", self.log)
        self.fails(2, "neither .svg nor .png", "map", self.log, "-o", self.path("a.gif"))
        self.fails(1, "No such file", "map", self.log, "-o", "/nonexistent/a.png")
        self.fails(2, "WIDTHxHEIGHT", "map", self.log, "-o", self.path("a.png"), "--size", "10x10")
        self.fails(2, "NAME=PLACE", "map", self.log, "-o", self.path("a.png"), "--region", "1..2")
        self.fails(1, "no virtual addresses", "map", self.log, "-o", self.path("a.png"), "--kind", "W", "--space", "virt")
        os.symlink("/dev/full", self.path("full.png"))
        self.fails(1, "could not be written", "map", self.log, "-o", self.path("full.png"))


class Mistakes(Case):
    def test_logs(self):
        self.fails(1, "No such file", "text", "/nonexistent/log")
        self.fails(1, "not an access log", "text", self.map)
        AccessLog().write(self.path("empty"))
        AccessLog(version=3).write(self.path("later"))
        for command in ("text", "csv", "top", "info"):
            self.fails(1, "no record", command, self.path("empty"))
            self.fails(1, "version 3", command, self.path("later"))
        self.fails(1, "no record", "map", self.path("empty"), "-o", self.path("a.png"))
        self.assertFalse(os.path.exists(self.path("a.png")))
        self.fails(1, "none of its 8 records", "text", self.log, "--phys", "5")

    def test_cut_off(self):
        """What is whole is used."""
        log = small_log()
        log.chunk()
        cut = self.file("cut", log.data[:-1])
        self.assertEqual(self.fails(1, "cut off", "csv", cut, "--symbols", self.map), "".join(CSV.splitlines(True)[:5]))
        self.fails(1, "cut off", "map", cut, "-o", self.path("a.png"), "--size", "300x300")
        with open(self.path("a.png"), "rb") as file:
            self.assertEqual(png_pixels(file.read())[:2], (300, 300))

    def test_symbols(self):
        self.fails(2, "No such file", "text", self.log, "--symbols", "/nonexistent/map")
        self.fails(2, "neither an ELF file nor", "text", self.log, "--symbols", self.log)
        self.fails(2, "without a symbol table", "text", self.log, "--symbols", self.file("elf", b"\x7fELF" + bytes(100)))

    def test_command_line(self):
        self.fails(2, "which command", )
        self.fails(2, "no such command", "show", self.log)
        self.fails(2, "which log", "text")
        self.fails(2, "one log at a time", "text", self.log, self.log)
        self.fails(2, "no such option", "text", self.log, "--size", "1x1")
        self.fails(2, "no such option", "text", self.log, "--writers=yes")
        self.fails(2, "a value is missing", "text", self.log, "--phys")
        self.fails(2, "neither FIRST..LAST", "text", self.log, "--virt", "keys")
        self.fails(2, "ends before it begins", "text", self.log, "--when", "5..4")
        self.fails(2, "letters of", "text", self.log, "--kind", "rq")
        self.fails(2, "above 0", "text", self.log, "-n", "0")
        self.fails(2, "function, pc or data", "top", self.log, "--by", "name")
        self.fails(2, "phys or virt", "map", self.log, "--space", "io")

    def test_full_disk(self):
        for command in ("text", "top", "info"):
            self.fails(1, "No space left", command, self.log, "-o", "/dev/full")
        self.fails(1, "Permission denied" if os.getuid() else "Is a directory", "text", self.log, "-o", "/")

    def test_help(self):
        for arguments in (("help",), ("--help",), ("help", "map"), ("map", "--help")):
            code, out, error = self.call(*arguments)
            self.assertEqual((code, error), (0, ""))
            self.assertIn("--region" if "map" in arguments else "text", out)
        self.assertNotIn("--region", self.call("help", "text")[1])


if __name__ == "__main__":
    unittest.main()
