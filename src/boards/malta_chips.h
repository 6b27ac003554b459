/* The chips on a Malta. */
#ifndef SRC_BOARDS_MALTA_CHIPS_H
#define SRC_BOARDS_MALTA_CHIPS_H

#include "devices/fdc37m81x.h"
#include "devices/flash_cfi.h"
#include "devices/gt64120.h"
#include "devices/i8254.h"
#include "devices/i8259.h"
#include "devices/malta_fpga.h"
#include "devices/mc146818.h"
#include "devices/piix4.h"
#include "devices/uart16550.h"
#include "softmmu/alloc.h"

#endif
