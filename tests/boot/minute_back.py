#!/usr/bin/env python3
"""After a minute of Debian's clock a person attaches gdb and asks who wrote a word last: one that every tick writes, and one of early boot.

Nothing was asked for beforehand. Images come from tools/fetch-guests (folder in GUEST_IMAGES, default build/guests). Exit status 77: they,
or gdb-multiarch, are not there.
"""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gdb"))
from machine import Machine, options  # noqa: E402
from panic import symbols  # noqa: E402

SKIPPED = 77

# The kernel has names for code only. do_timer() counts jiffies_64 up: its first load is that of the low word; pgd_init() is given
# swapper_pg_dir first, of which nobody writes the first entry later.
FIND_WORDS = """
set $code = (unsigned int *) {do_timer:#x}
while (*$code >> 26) != 15
  set $code = $code + 1
end
set $high = *$code << 16
while (*$code >> 26) != 35
  set $code = $code + 1
end
set $jiffies = (int *) ($high + (short) *$code)
monitor goto start
tbreak *{pgd_init:#x}
continue
set $pgd = (int *) $a0
monitor goto end
"""
LAST_TICK = """
printf "WHEN\\n"
monitor when
set $now = *$jiffies
watch *$jiffies
reverse-continue
printf "TICK %u %u %#x\\n", $now, *$jiffies, $pc
reverse-continue
printf "TICK %u %u %#x\\n", $now, *$jiffies, $pc
delete
monitor goto end
printf "END %u\\n", *$jiffies
"""
EARLY = """
set $entry = *$pgd
watch *$pgd
reverse-continue
printf "EARLY %#x %#x %#x\\n", $entry, *$pgd, $pc
printf "WHEN\\n"
monitor when
delete
monitor goto end
"""


def session(machine, kernel, names):
    setup = "set confirm off\nset width 0\nfile %s\ntarget remote %s\n" % (kernel, machine.socket_path)
    path = os.path.join(machine.folder, "commands")
    with open(path, "w") as script:
        script.write(setup + FIND_WORDS.format(**names) + LAST_TICK + EARLY)
    run = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-x", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=180, check=False)
    assert run.returncode == 0, run.stdout
    return run.stdout


def check(output):
    end, early = (float(time) for time in re.findall(r"^WHEN\nicount \d+, virtual time ([\d.]+)", output, re.M))
    assert end > 60 > 5 > early, (end, early)
    ticks = [[int(word, 0) for word in line] for line in re.findall(r"^TICK (\S+) (\S+) (\S+)$", output, re.M)]
    assert [now - count for now, count, _ in ticks] == [1, 2], output
    assert int(re.search(r"^END (\d+)$", output, re.M)[1]) == ticks[0][0], output
    entry, before, pc = (int(word, 0) for word in re.search(r"^EARLY (\S+) (\S+) (\S+)$", output, re.M).groups())
    assert entry != 0 and before == 0, output
    writers = [(int(pc, 16), name) for pc, name in re.findall(r"^watch 0x\w+: (\w+) ([\w.]+)", output, re.M)]
    assert [pc for pc, _ in writers] == [pc for _, _, pc in ticks] + [pc], (writers, output)
    assert [name.split(".")[0] for _, name in writers] == ["tick_do_update_jiffies64"] * 2 + ["pgd_init"], writers


def main():
    opts = options(__doc__)
    folder = os.environ.get("GUEST_IMAGES", "build/guests")
    kernel, initrd, table = (os.path.join(folder, name) for name in ("malta-vmlinux", "malta-initrd.cpio", "malta.map"))
    if not shutil.which("gdb-multiarch") or not all(map(os.path.exists, (kernel, initrd, table))):
        print("no gdb-multiarch, or no images in %s: tools/fetch-guests gets them" % folder)
        sys.exit(SKIPPED)
    with Machine(opts, ["-m", "256", "-kernel", kernel, "-initrd", initrd, "-append", "console=ttyS0 nokaslr"], stopped=False) as machine:
        machine.expect("Select a language", 600)
        check(session(machine, kernel, symbols(table)))
    print("after a minute of Debian: the last ticks and a write of early boot are found by reverse-continue")


if __name__ == "__main__":
    main()
