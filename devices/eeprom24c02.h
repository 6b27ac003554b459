/* AT24C02: 256 bytes of EEPROM on a bit-banged I2C bus. */
#ifndef DEVICES_EEPROM24C02_H
#define DEVICES_EEPROM24C02_H

#include "softmmu/device.h"

struct eeprom24c02;

#define EEPROM24C02_SIZE 256

extern const struct device_class eeprom24c02_class;

/* address: the 7-bit bus address. contents: what the chip was delivered with; resets do not restore it. */
struct eeprom24c02 *eeprom24c02_new(struct machine *machine, const char *instance, uint8_t address,
                                    const uint8_t contents[EEPROM24C02_SIZE]);
/* The bus as everybody else drives it. */
void eeprom24c02_set_lines(struct eeprom24c02 *eeprom, bool scl, bool sda);
/* Whether the chip lets SDA float (true) or pulls it low. */
bool eeprom24c02_sda(const struct eeprom24c02 *eeprom);

#endif
