/* Hexadecimal, by table. */
#ifndef GDBSTUB_HEX_H
#define GDBSTUB_HEX_H

#include "softmmu/base.h"

/* 0..15, or -1. */
int hex_digit(uint8_t c);
/* Writes 2 * length characters, without a terminator. */
void hex_encode(uint8_t *text, const uint8_t *bytes, size_t length);
/* Reads 2 * length characters; false if one is no digit (bytes are then undefined). */
bool hex_decode(uint8_t *bytes, const uint8_t *text, size_t length);

#endif
