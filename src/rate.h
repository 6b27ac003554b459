/*
 * `-icount shift=auto`: how many ns of guest time an instruction takes, so that the guest's clock keeps up with the host's.
 * Pure arithmetic; the caller measures and applies.
 */
#ifndef SRC_RATE_H
#define SRC_RATE_H

#include "softmmu/base.h"

#define RATE_WINDOW_NS       100000000u /* how long is measured for one rate */
#define RATE_FIRST_WINDOW_NS 5000000u   /* the first one, since the rate that one starts with is a guess */
#define RATE_FORGIVEN_NS     100000000  /* a lag beyond this is not worked off */
#define RATE_MOST_RISE       2          /* times the rate before */
/* Guest time that gains so much on the host's within a window ends it: the rate is too high. */
#define RATE_RUSH_NS         50000000

struct rate {
    uint64_t window_ns, window_insns; /* measured since the last rate */
    int64_t gained_ns;                /* guest time less host time since then */
    uint64_t last;                    /* that rate, 0: none yet */
    int64_t lag_ns;                   /* how far the guest's clock is behind the host's; negative: ahead */
};

/*
 * A slice took host_ns, executed `instructions` and moved guest time by guest_ns. True: *rate (2^-32 ns an instruction) is to be
 * set from here on.
 */
bool rate_slice(struct rate *state, uint64_t host_ns, uint64_t instructions, uint64_t guest_ns, uint64_t *rate);
/* An idle wait took host_ns and moved guest time by guest_ns. */
void rate_idle(struct rate *state, uint64_t host_ns, uint64_t guest_ns);
/* How long the host has to wait for guest_ns of idle time to pass. */
uint64_t rate_wait(const struct rate *state, uint64_t guest_ns);
/* How much guest time has passed after host_ns of waiting. */
uint64_t rate_waited(const struct rate *state, uint64_t host_ns);

#endif
