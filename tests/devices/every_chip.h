/* A machine with one of each chip, wired and mapped as on a board. */
#ifndef TESTS_DEVICES_EVERY_CHIP_H
#define TESTS_DEVICES_EVERY_CHIP_H

#include "tests/devices/rig.h"

struct every_chip;

struct every_chip *every_chip_new(struct rig *rig);
void every_chip_remap(struct every_chip *chips);

#endif
