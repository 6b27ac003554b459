/*
 * The registers of the GT-64120 that answer: name, offset, reset value, writable bits, what a write does.
 * Source: GT-64120 data sheet, "Register Tables". Reset values are those of a little-endian board.
 */
#ifndef DEVICES_GT64120_REGS_H
#define DEVICES_GT64120_REGS_H

// clang-format off
#define GT64120_REGS(R)                                            \
    R(CPU,            0x000, 0x00001000, 0x0007ffff, NULL)         \
    R(SCS10_LD,       0x008, 0x00000000, 0x00007fff, NULL)         \
    R(SCS10_HD,       0x010, 0x00000007, 0x0000007f, NULL)         \
    R(SCS32_LD,       0x018, 0x00000008, 0x00007fff, NULL)         \
    R(SCS32_HD,       0x020, 0x0000000f, 0x0000007f, NULL)         \
    R(CS20_LD,        0x028, 0x000000e0, 0x00007fff, NULL)         \
    R(CS20_HD,        0x030, 0x00000070, 0x0000007f, NULL)         \
    R(CS3BOOT_LD,     0x038, 0x000000f8, 0x00007fff, NULL)         \
    R(CS3BOOT_HD,     0x040, 0x0000007f, 0x0000007f, NULL)         \
    R(PCI0_IO_LD,     0x048, 0x00000080, 0x00007fff, gt_low_written) \
    R(PCI0_IO_HD,     0x050, 0x0000000f, 0x0000007f, gt_map_written) \
    R(PCI0_M0_LD,     0x058, 0x00000090, 0x00007fff, gt_low_written) \
    R(PCI0_M0_HD,     0x060, 0x0000001f, 0x0000007f, gt_map_written) \
    R(ISD,            0x068, 0x000000a0, 0x00007fff, gt_map_written) \
    R(CPU_ERROR_LOW,  0x070, 0x00000000, 0x00000000, NULL)         \
    R(CPU_ERROR_HIGH, 0x078, 0x00000000, 0x00000000, NULL)         \
    R(PCI0_M1_LD,     0x080, 0x00000790, 0x00007fff, gt_low_written) \
    R(PCI0_M1_HD,     0x088, 0x0000001f, 0x0000007f, gt_map_written) \
    R(PCI1_IO_LD,     0x090, 0x00000100, 0x00007fff, NULL)         \
    R(PCI1_IO_HD,     0x098, 0x0000000f, 0x0000007f, NULL)         \
    R(PCI1_M0_LD,     0x0a0, 0x00000110, 0x00007fff, NULL)         \
    R(PCI1_M0_HD,     0x0a8, 0x0000001f, 0x0000007f, NULL)         \
    R(PCI1_M1_LD,     0x0b0, 0x00000120, 0x00007fff, NULL)         \
    R(PCI1_M1_HD,     0x0b8, 0x0000002f, 0x0000007f, NULL)         \
    R(PCI0_SYNC,      0x0c0, 0x00000000, 0x00000000, NULL)         \
    R(PCI1_SYNC,      0x0c8, 0x00000000, 0x00000000, NULL)         \
    R(PCI0_IO_REMAP,  0x0f0, 0x00000080, 0x000007ff, NULL)         \
    R(PCI0_M0_REMAP,  0x0f8, 0x00000090, 0x000007ff, NULL)         \
    R(PCI0_M1_REMAP,  0x100, 0x00000790, 0x000007ff, NULL)         \
    R(MULTI,          0x120, 0x00000003, 0x00000000, NULL)         \
    R(CPU_ERROR_D_LO, 0x128, 0xffffffff, 0x00000000, NULL)         \
    R(CPU_ERROR_D_HI, 0x130, 0xffffffff, 0x00000000, NULL)         \
    R(CPU_ERROR_PAR,  0x138, 0x000000ff, 0x00000000, NULL)         \
    R(SCS0_LD,        0x400, 0x00000000, 0x000000ff, NULL)         \
    R(SCS0_HD,        0x404, 0x00000007, 0x000000ff, NULL)         \
    R(SCS1_LD,        0x408, 0x00000008, 0x000000ff, NULL)         \
    R(SCS1_HD,        0x40c, 0x0000000f, 0x000000ff, NULL)         \
    R(SCS2_LD,        0x410, 0x00000010, 0x000000ff, NULL)         \
    R(SCS2_HD,        0x414, 0x00000017, 0x000000ff, NULL)         \
    R(SCS3_LD,        0x418, 0x00000018, 0x000000ff, NULL)         \
    R(SCS3_HD,        0x41c, 0x0000001f, 0x000000ff, NULL)         \
    R(CS0_LD,         0x420, 0x000000c0, 0x000000ff, NULL)         \
    R(CS0_HD,         0x424, 0x000000c7, 0x000000ff, NULL)         \
    R(CS1_LD,         0x428, 0x000000c8, 0x000000ff, NULL)         \
    R(CS1_HD,         0x42c, 0x000000cf, 0x000000ff, NULL)         \
    R(CS2_LD,         0x430, 0x000000d0, 0x000000ff, NULL)         \
    R(CS2_HD,         0x434, 0x000000df, 0x000000ff, NULL)         \
    R(CS3_LD,         0x438, 0x000000f0, 0x000000ff, NULL)         \
    R(CS3_HD,         0x43c, 0x000000fb, 0x000000ff, NULL)         \
    R(BOOTCS_LD,      0x440, 0x000000fc, 0x000000ff, NULL)         \
    R(BOOTCS_HD,      0x444, 0x000000ff, 0x000000ff, NULL)         \
    R(SDRAM_CONFIG,   0x448, 0x00000200, 0xffffffff, NULL)         \
    R(SDRAM_BANK0,    0x44c, 0x00000005, 0xffffffff, NULL)         \
    R(SDRAM_BANK1,    0x450, 0x00000005, 0xffffffff, NULL)         \
    R(SDRAM_BANK2,    0x454, 0x00000005, 0xffffffff, NULL)         \
    R(SDRAM_BANK3,    0x458, 0x00000005, 0xffffffff, NULL)         \
    R(DEV_BANK0,      0x45c, 0x386fffff, 0xffffffff, NULL)         \
    R(DEV_BANK1,      0x460, 0x386fffff, 0xffffffff, NULL)         \
    R(DEV_BANK2,      0x464, 0x386fffff, 0xffffffff, NULL)         \
    R(DEV_BANK3,      0x468, 0x386fffff, 0xffffffff, NULL)         \
    R(DEV_BOOT,       0x46c, 0x146fffff, 0xffffffff, NULL)         \
    R(ADDRESS_ERROR,  0x470, 0xffffffff, 0xffffffff, NULL)         \
    R(SDRAM_MODE,     0x474, 0x00000000, 0xffffffff, NULL)         \
    R(SDRAM_DECODE,   0x478, 0x00000007, 0xffffffff, NULL)         \
    R(SDRAM_BURST,    0x47c, 0x00000002, 0xffffffff, NULL)         \
    R(TIMER0,         0x850, 0xffffffff, 0xffffffff, NULL)         \
    R(TIMER1,         0x854, 0x00ffffff, 0x00ffffff, NULL)         \
    R(TIMER2,         0x858, 0x00ffffff, 0x00ffffff, NULL)         \
    R(TIMER3,         0x85c, 0x00ffffff, 0x00ffffff, NULL)         \
    R(PCI0_COMMAND,   0xc00, 0x00010001, 0x0401fc0f, NULL)         \
    R(PCI0_TIMEOUT,   0xc04, 0x0000070f, 0xffffffff, NULL)         \
    R(PCI0_SCS10_SIZE,0xc08, 0x00fff000, 0xffffffff, NULL)         \
    R(PCI0_SCS32_SIZE,0xc0c, 0x00fff000, 0xffffffff, NULL)         \
    R(PCI0_CS20_SIZE, 0xc10, 0x01fff000, 0xffffffff, NULL)         \
    R(PCI0_BOOT_SIZE, 0xc14, 0x00fff000, 0xffffffff, NULL)         \
    R(CAUSE,          0xc18, 0x00000000, 0x3ffffffe, gt_cause_written) \
    R(CPU_MASK,       0xc1c, 0x00000000, 0x3c3ffffe, gt_mask_written) \
    R(PCI0_MASK,      0xc24, 0x00000000, 0x03fffffe, gt_mask_written) \
    R(PCI0_SERR_MASK, 0xc28, 0x00000000, 0x0000003f, NULL)         \
    R(PCI0_ACK,       0xc34, 0x00000000, 0x00000000, NULL)         \
    R(PCI0_BAR_ON,    0xc3c, 0x0000000f, 0xffffffff, NULL)         \
    R(PCI0_BAR_SWAP,  0xc40, 0x00000040, 0xffffffff, NULL)         \
    R(PCI0_SCS32_BAR, 0xc4c, 0x01000000, 0xffffffff, NULL)         \
    R(PCI0_CS20_BAR,  0xc50, 0x1c000000, 0xffffffff, NULL)         \
    R(PCI0_BOOT_BAR,  0xc54, 0x1f000000, 0xffffffff, NULL)         \
    R(CONFIG_ADDRESS, 0xcf8, 0x00000000, 0x80fffffc, NULL)         \
    R(CONFIG_DATA,    0xcfc, 0x00000000, 0x00000000, NULL)
// clang-format on

#endif
