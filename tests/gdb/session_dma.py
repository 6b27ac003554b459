"""A watchpoint of the monitor on memory that a device writes: the GT-64120's DMA, started by the guest's own stores."""
from ingdb import at, connect, equal, go, finish, run, shows, value

GT = 0xbbe00000
COUNT, SOURCE, DEST, CONTROL, SINGLE_BLOCK_ENABLE = GT + 0x800, GT + 0x810, GT + 0x820, GT + 0x840, 0x1a00


def store(address, word):
    """By the guest: the debugger's writes do not reach devices."""
    run("set $a0 = %#x" % address)
    run("set $t0 = %#x" % word)
    go("m_sw")
    run("tbreak *(unsigned int) &done")
    run("continue")
    at("done")


def register(address, word):
    big = "big endian" in run("show endian")
    store(address, int.from_bytes(word.to_bytes(4, "little"), "big") if big else word)


def transfer():
    for address, word in ((COUNT, 64), (SOURCE, 0x200000), (DEST, 0x300000), (CONTROL, SINGLE_BLOCK_ENABLE)):
        register(address, word)


connect()
run("set {int} 0x80200010 = 0x11223344")
run("set {int} 0x80300010 = 0")
shows("monitor watch phys:0x300010,4", "1  phys  write")
transfer()
equal(value("*(int *) 0x80300010"), 0, "memory before the transfer")
shows("continue", "1: watch phys 0x00300010: DMA by gt64120-dma, 4 bytes <- 0x11223344 (was 0x0)", "Program received signal SIGINT")
at("done")
equal(value("*(int *) 0x80300010"), 0x11223344, "memory after the transfer")
shows("monitor info watchpoints", "hits 1", "last hit: 1: watch phys 0x00300010: DMA")

# The same bytes once more: no hit; they are read: a hit for who watches that.
shows("monitor watch phys:0x200010,2 r", "2  phys  read")
transfer()
shows("continue", "2: rwatch phys 0x00200010: DMA by gt64120-dma, 2 bytes -> 0x", "SIGINT")
shows("monitor info watchpoints", "1  phys  write   0x00300010-0x00300013  hits 1", "2  phys  read    0x00200010-0x00200011  hits 1")
run("monitor unwatch all")

# What decides: the value, the length and the direction of the transfer, count, and `any` for the same bytes; DMA is in no address space.
for words, stops in (("w any if size == 8 && store && address == 0 && phys == 0x300010", True), ("w any if mode == 0 && asid == 0", True), ("w", False),
                     ("w any", True), ("rw any asid 0", False), ("w any if !store", False), ("w any count 2", False)):
    run("monitor watch phys:0x300012,1 " + words)
    transfer()
    text = run("stepi 500")
    equal("SIGINT" in text and "DMA by gt64120-dma" in text, stops, "a stop with %s, in %r," % (words, text))
    run("monitor unwatch all")
run("monitor watch phys:0x300000,0x100 w log if value == 0x55667788 || value64 >> 32 == 0x55667788")
run("set {int} 0x80200000 = 0x55667788")
run("set {int} 0x80200004 = 0")
transfer()
shows("stepi 500", "DMA by gt64120-dma, 8 bytes <- 0x")
finish()
