/*
 * A plug-in that uses every function of the interface, and prints what it gets. Its argument says what it does with the guest's `keys`,
 * or with the symbol in a second argument:
 *   look    prints each access, counts interrupts and state changes
 *   change  watches writes; the second is turned into a write of 10, the third takes the watch away
 *   stop    stops at the first write
 *   more    the first write sets a watch on reads, which the second that it sees takes away again
 *   halt    stops at the first exception, and as soon as the machine runs for the second time
 *   refuse  does not start
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stakeout-plugin.h>

const uint32_t stakeout_plugin_version = STAKEOUT_PLUGIN_VERSION;

/* What plug-ins that were built for version 1 rely on. */
_Static_assert(offsetof(struct stakeout_functions, watch) == 8 && offsetof(struct stakeout_functions, read_register) == 40 &&
                   offsetof(struct stakeout_functions, symbol) == 80 && offsetof(struct stakeout_functions, stop) == 120,
               "a later version adds behind these");
_Static_assert(offsetof(struct stakeout_hit, device) == 8 && offsetof(struct stakeout_hit, size) == 20 &&
                   offsetof(struct stakeout_hit, address) == 24 && offsetof(struct stakeout_hit, pc) == 56 &&
                   offsetof(struct stakeout_exception, code) == 0,
               "here, too");

static const struct stakeout_functions *stakeout;
static uint64_t keys;
static unsigned states[2], exceptions, hits, refused, last_code, watch, other;
static bool halts;

static void say(struct stakeout *machine, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct stakeout *machine, const char *format, ...)
{
    char line[256] = "probe: ";
    va_list args;
    va_start(args, format);
    vsnprintf(line + strlen(line), sizeof(line) - strlen(line), format, args);
    va_end(args);
    stakeout->print(machine, line);
}

static uint32_t word(struct stakeout *machine, enum stakeout_space space, uint64_t address)
{
    uint8_t bytes[4] = {0};
    size_t done = stakeout->read_memory(machine, space, address, bytes, sizeof(bytes));
    uint32_t value = 0;
    for (size_t i = 0; i < done; i++)
        value |= (uint32_t)bytes[i] << 8 * (stakeout->big_endian(machine) ? 3 - i : i);
    return value;
}

static void look(void *opaque, struct stakeout *machine, const struct stakeout_hit *hit)
{
    uint64_t offset = 0, pc = 0;
    const char *name = stakeout->symbol(machine, hit->pc, &offset);
    stakeout->read_register(machine, "pc", &pc);
    say(machine,
        "%s %u %d%d %" PRIu32 " 0x%" PRIx64 " <- 0x%" PRIx64 " (was 0x%" PRIx64 ") by %s pc %s memory %" PRIu32 " %" PRIu32,
        (const char *)opaque, hit->watch, hit->source, hit->known, hit->size, hit->address, hit->value, hit->old,
        name ? name : "-", pc == hit->pc || pc + 4 == hit->pc ? "right" : "wrong", word(machine, STAKEOUT_VIRTUAL, keys),
        word(machine, STAKEOUT_PHYSICAL, hit->physical));
}

static void change(void *opaque, struct stakeout *machine, const struct stakeout_hit *hit)
{
    uint64_t ten = 10, got = 0;
    uint8_t ahead[4] = {0x55, 0x55, 0x55, 0x55}, back[4];
    look(opaque, machine, hit);
    if (++hits == 2) {
        bool done = stakeout->write_register(machine, "a0", ten) && stakeout->read_register(machine, "a0", &got);
        say(machine, "register %d %" PRIu64, done, got);
        size_t wrote = stakeout->write_memory(machine, STAKEOUT_PHYSICAL, hit->physical, ahead, sizeof(ahead));
        stakeout->read_memory(machine, STAKEOUT_VIRTUAL, keys, back, sizeof(back));
        say(machine, "memory %zu %d", wrote, memcmp(back, ahead, sizeof(back)));
        wrote = stakeout->write_memory(machine, STAKEOUT_VIRTUAL, keys, (const uint8_t[4]){0}, 4);
        say(machine, "memory %zu %" PRIu32, wrote, word(machine, STAKEOUT_PHYSICAL, hit->physical));
    }
    if (hits == 3) {
        bool once = stakeout->unwatch(machine, watch);
        say(machine, "unwatch %d %d", once, stakeout->unwatch(machine, watch));
    }
}

static void stop_at(void *opaque, struct stakeout *machine, const struct stakeout_hit *hit)
{
    look(opaque, machine, hit);
    stakeout->stop(machine);
}

static void count_reads(void *opaque, struct stakeout *machine, const struct stakeout_hit *hit)
{
    look(opaque, machine, hit);
    if (++hits == 2)
        say(machine, "unwatch %d", stakeout->unwatch(machine, hit->watch));
}

static void more(void *opaque, struct stakeout *machine, const struct stakeout_hit *hit)
{
    look(opaque, machine, hit);
    if (!other)
        other = stakeout->watch(machine, STAKEOUT_PHYSICAL, hit->physical, 4, STAKEOUT_READ, count_reads, "read");
}

/* In the midst of a unit nothing can be changed. */
static void on_exception(void *opaque, struct stakeout *machine, const struct stakeout_exception *exception)
{
    uint64_t pc = 0;
    exceptions++;
    last_code = exception->code;
    if (!stakeout->write_register(machine, "a0", 1) && !stakeout->write_memory(machine, STAKEOUT_VIRTUAL, keys, &pc, 4) &&
        !stakeout->watch(machine, STAKEOUT_VIRTUAL, keys, 4, STAKEOUT_READ, look, "no") && !stakeout->unwatch(machine, watch) &&
        stakeout->read_register(machine, "pc", &pc))
        refused++;
    if (halts && exceptions == 1)
        stakeout->stop(machine);
}

static void on_state(void *opaque, struct stakeout *machine, enum stakeout_state state)
{
    states[state]++;
    if (halts && state == STAKEOUT_RUNNING && states[state] == 2)
        stakeout->stop(machine);
}

bool stakeout_plugin_start(struct stakeout *machine, const struct stakeout_functions *functions, int argc,
                           const char *const *argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    uint64_t none;
    stakeout = functions;
    if (strcmp(what, "refuse") == 0 || !stakeout->find_symbol(machine, argc > 2 ? argv[2] : "keys", &keys)) {
        say(machine, "no");
        return false;
    }
    say(machine, "version %" PRIu32 " icount %" PRIu64 " time %" PRIu64 " args %d", functions->version,
        functions->icount(machine), functions->nanoseconds(machine), argc);
    say(machine, "bad %u %u %d %d %zu", functions->watch(machine, STAKEOUT_VIRTUAL, keys, 0, STAKEOUT_WRITE, look, NULL),
        functions->watch(machine, STAKEOUT_PHYSICAL, keys, 4, (enum stakeout_kind)0, look, NULL),
        functions->read_register(machine, "nonesuch", &none), functions->find_symbol(machine, "nonesuch", &none),
        functions->write_memory(machine, STAKEOUT_PHYSICAL, UINT64_C(0x17fffff0), &none, 4));
    functions->on_state(machine, on_state, NULL);
    functions->on_exception(machine, on_exception, NULL);
    halts = strcmp(what, "halt") == 0;
    stakeout_hit_fn *fn = strcmp(what, "change") == 0 ? change
                          : strcmp(what, "stop") == 0 ? stop_at
                          : strcmp(what, "more") == 0 ? more
                                                      : look;
    watch = functions->watch(machine, STAKEOUT_VIRTUAL, keys, 4, STAKEOUT_WRITE, fn, "virtual");
    if (strcmp(what, "look") == 0)
        other = functions->watch(machine, STAKEOUT_PHYSICAL, keys & 0x1fffffff, 1, STAKEOUT_WRITE, look, "physical");
    say(machine, "watches %u %u", watch, other);
    return true;
}

void stakeout_plugin_end(struct stakeout *machine)
{
    say(machine, "end running %u stopped %u exceptions %u refused %u last code %u", states[STAKEOUT_RUNNING],
        states[STAKEOUT_STOPPED], exceptions, refused, last_code);
}
