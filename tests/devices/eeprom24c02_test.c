#include "devices/eeprom24c02.h"

#include <stdlib.h>
#include <string.h>

#include "tests/devices/rig.h"

/*
 * A transfer as text: S start, P stop, ">hh" byte sent and acknowledged, "!hh" sent and not acknowledged, "<hh" byte read and
 * acknowledged by us, "=hh" read and not acknowledged (the last). The chip has 0x00, 0x01, 0x02 ... at address 0x50.
 */
static const struct transfer {
    const char *name, *text;
} transfers[] = {
    {"random read",                                 "S >a0 >10 S >a1 =10 P"                                                          },
    {"sequential read goes on over the end",        "S >a0 >fe S >a1 <fe <ff <00 =01 P"                                              },
    {"current address read",                        "S >a0 >10 S >a1 <10 =11 P S >a1 =12 P"                                          },
    {"another address is not answered",             "S !a2 P S !42 P S >a0 P"                                                        },
    {"byte write",                                  "S >a0 >20 >99 P S >a0 >20 S >a1 <99 =21 P"                                      },
    {"page write wraps in its page",                "S >a0 >0e >aa >bb >cc P S >a0 >08 S >a1 <cc <09 P S >a0 >0e S >a1 <aa <bb =10 P"},
    {"a start in the middle of a byte begins anew", "S >a0 >10 S >a1 <10 S >a0 >33 S >a1 =33 P"                                      },
};

static bool clock_bit(struct eeprom24c02 *eeprom, bool sda)
{
    eeprom24c02_set_lines(eeprom, 0, sda);
    eeprom24c02_set_lines(eeprom, 1, sda);
    bool seen = sda && eeprom24c02_sda(eeprom);
    eeprom24c02_set_lines(eeprom, 0, sda);
    return seen;
}

static uint8_t clock_byte(struct eeprom24c02 *eeprom, uint8_t byte)
{
    uint8_t seen = 0;
    for (int bit = 7; bit >= 0; bit--)
        seen = seen << 1 | clock_bit(eeprom, byte >> bit & 1);
    return seen;
}

static void set_edge(struct eeprom24c02 *eeprom, bool first, bool second)
{
    eeprom24c02_set_lines(eeprom, 0, first);
    eeprom24c02_set_lines(eeprom, 1, first);
    eeprom24c02_set_lines(eeprom, 1, second);
}

static void test_transfer(void **state)
{
    const struct transfer *transfer = *state;
    struct rig *rig = rig_new(false);
    uint8_t contents[EEPROM24C02_SIZE];
    for (unsigned i = 0; i < EEPROM24C02_SIZE; i++)
        contents[i] = i;
    struct eeprom24c02 *eeprom = eeprom24c02_new(&rig->machine, "eeprom", 0x50, contents);
    for (const char *at = transfer->text; *at; at += strcspn(at, " "), at += *at == ' ') {
        uint8_t byte = strtoul(at + 1, NULL, 16);
        if (*at == 'S' || *at == 'P') {
            set_edge(eeprom, *at == 'S', *at == 'P');
        } else if (*at == '>' || *at == '!') {
            clock_byte(eeprom, byte);
            assert_int_equal(clock_bit(eeprom, 1), *at == '!');
        } else {
            assert_int_equal(clock_byte(eeprom, 0xff), byte);
            clock_bit(eeprom, *at == '=');
        }
    }
    rig_free(rig);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(transfers)];
    for (unsigned i = 0; i < ARRAY_SIZE(transfers); i++)
        tests[i] = (struct CMUnitTest){transfers[i].name, test_transfer, NULL, NULL, (void *)&transfers[i]};
    return _cmocka_run_group_tests("eeprom24c02", tests, ARRAY_SIZE(transfers), NULL, NULL);
}
