#!/usr/bin/env python3
"""The monitor names Debian's stripped kernel as tools/kallsyms.py does, also where it has moved (KASLR).

Images come from tools/fetch-guests (folder in GUEST_IMAGES, default build/guests). Exit status 77: they are not there.
"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "gdb"), os.path.join(HERE, "..", "..", "tools")]
from kallsyms import find_symbols  # noqa: E402
from kernel_image import read_image  # noqa: E402
from machine import Machine, options  # noqa: E402
from rsp import Rsp  # noqa: E402

SKIPPED = 77


def address_of(rsp, name):
    return int(rsp.monitor("print " + name).split()[0], 16)


def check(opts, kernel, append, names):
    arguments = ["-m", "256", "-kernel", kernel, "-append", "console=ttyS0 " + append]
    with Machine(opts, arguments, stopped=False) as machine:
        machine.expect("end Kernel panic", 300)
        rsp = Rsp(machine.connect(), False)
        rsp.ask("?")
        moved = address_of(rsp, "start_kernel") - names["start_kernel"]
        assert (moved == 0) == (append == "nokaslr"), hex(moved)
        for name in ("_stext", "pgd_init", "panic"):
            assert address_of(rsp, name) == names[name] + moved, name
        pc = rsp.pc()
        assert names["_stext"] + moved <= pc <= names["_einittext"] + moved, hex(pc)
        assert rsp.monitor("print %#x" % (names["panic"] + moved + 4)).split()[1] == "panic+0x4"
        assert "kallsyms" in rsp.monitor("info symbols")
        rsp.monitor("goto start") # the kernel stands where it was loaded
        assert address_of(rsp, "panic") == names["panic"]
        rsp.monitor("goto end")
        assert address_of(rsp, "panic") == names["panic"] + moved
        rsp.monitor("reset")
        assert address_of(rsp, "panic") == names["panic"]
        rsp.close()


def check_gdb(opts, kernel, names):
    """gdb without a symbol file: kernel-symbols, from the running kernel and from its System.map, of which there are the symbols of its code."""
    tools = os.path.join(HERE, "..", "..", "tools")
    with Machine(opts, ["-m", "256", "-kernel", kernel, "-append", "console=ttyS0 nokaslr", "-history", "off"]) as machine:
        for words in ("", os.path.join(os.path.dirname(kernel), "malta.map")):
            script = ["set confirm off", "source %s" % os.path.join(tools, "gdb", "stakeout.py"), "target remote " + machine.socket_path,
                      "kernel-symbols " + words, "print (unsigned int) &panic", "info symbol 0x%x" % (names["start_kernel"] + 4),
                      "complete swatch mount_block_r", "swatch phys:pgd_init,4 r", "detach"]
            run = subprocess.run(["gdb-multiarch", "-nx", "-batch"] + [word for line in script for word in ("-ex", line)],
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
            for text in (" symbols\n", "= %d\n" % names["panic"], "start_kernel + 4 in section", "swatch mount_block_root\n",
                         "phys  read    0x%08x-" % (names["pgd_init"] & 0x1fffffff)):
                assert text in run.stdout, (words, text, run.stdout, run.stderr)


def main():
    opts = options(__doc__)
    kernel = os.path.join(os.environ.get("GUEST_IMAGES", "build/guests"), "malta-vmlinux")
    if not os.path.exists(kernel):
        print("no %s: tools/fetch-guests gets it" % kernel)
        sys.exit(SKIPPED)
    with open(kernel, "rb") as file:
        names = {name: address for address, _, name in reversed(find_symbols(read_image(file.read())))}
    for append in ("nokaslr", ""):
        check(opts, kernel, append, names)
    if shutil.which("gdb-multiarch"):
        check_gdb(opts, kernel, names)
    print("symbols agree, in place and moved")


if __name__ == "__main__":
    main()
