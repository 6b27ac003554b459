#include "src/rate.h"

/* 1/16 ns to 65 us an instruction: far beyond what any host does. */
#define RATE_LOWEST  ((uint64_t)1 << 28)
#define RATE_HIGHEST ((uint64_t)1 << 48)
#define LEAST_INSNS  1000
#define BEND_PERCENT 10

static void account(struct rate *state, uint64_t host_ns, uint64_t guest_ns)
{
    /* Differences of less than an age; what is longer is forgiven below. */
    int64_t lag = state->lag_ns + (int64_t)host_ns - (int64_t)guest_ns;
    state->lag_ns = lag > RATE_FORGIVEN_NS || lag < -RATE_FORGIVEN_NS ? 0 : lag;
}

/* The rate as measured, bent so that the lag would be gone after one more window, but by no more than BEND_PERCENT. */
static uint64_t bend(const struct rate *state, uint64_t straight)
{
    const int64_t most = (int64_t)RATE_WINDOW_NS * BEND_PERCENT / 100;
    int64_t lag = state->lag_ns > most ? most : state->lag_ns < -most ? -most : state->lag_ns;
    __int128 bent = (__int128)straight * ((int64_t)RATE_WINDOW_NS + lag) / RATE_WINDOW_NS;
    return bent < (__int128)RATE_LOWEST ? RATE_LOWEST : bent > (__int128)RATE_HIGHEST ? RATE_HIGHEST : (uint64_t)bent;
}

/*
 * The ns of an instruction in this window. A host that has just let us starve for a moment must not make the guest's clock race in the
 * next one, so it rises step by step.
 */
static uint64_t measured(const struct rate *state)
{
    assert(state->window_insns);
    uint64_t now = (uint64_t)(((unsigned __int128)state->window_ns << 32) / state->window_insns);
    return state->last ? min_u64(now, state->last * RATE_MOST_RISE) : now;
}

static bool window_is_over(const struct rate *state)
{
    uint64_t whole = state->last ? RATE_WINDOW_NS : RATE_FIRST_WINDOW_NS;
    return state->window_insns >= LEAST_INSNS && (state->window_ns >= whole || state->gained_ns >= RATE_RUSH_NS);
}

bool rate_slice(struct rate *state, uint64_t host_ns, uint64_t instructions, uint64_t guest_ns, uint64_t *rate)
{
    account(state, host_ns, guest_ns);
    state->window_ns += host_ns;
    state->window_insns += instructions;
    state->gained_ns += (int64_t)(guest_ns - host_ns);
    if (!window_is_over(state))
        return false;
    *rate = bend(state, measured(state));
    state->last = *rate;
    state->window_ns = state->window_insns = 0;
    state->gained_ns = 0;
    return true;
}

void rate_idle(struct rate *state, uint64_t host_ns, uint64_t guest_ns)
{
    account(state, host_ns, guest_ns);
}

uint64_t rate_wait(const struct rate *state, uint64_t guest_ns)
{
    int64_t wait = (int64_t)min_u64(guest_ns, INT64_MAX / 2) - state->lag_ns;
    return wait > 0 ? (uint64_t)wait : 0;
}

uint64_t rate_waited(const struct rate *state, uint64_t host_ns)
{
    int64_t passed = (int64_t)min_u64(host_ns, INT64_MAX / 2) + state->lag_ns;
    return passed > 0 ? (uint64_t)passed : 0;
}
