/* Maps of watched pages: always what the sets say, whatever changed since they were drawn, and never too many. */
#include "softmmu/watch_map.h"

#include "softmmu/tlb.h"
#include "softmmu/watch.h"
#include "unit.h"

#define PAGES   6
#define ORIGIN  UINT64_C(0x80000000) /* of the virtual pages; the places of the same pages begin at 0 */
#define CHANGES 3000

struct rig {
    struct watch_maps *maps;
    struct watch_set *set[WATCH_SETS];
    struct {
        uint64_t first, length;
        unsigned kind, space;
    } watches[64];
    unsigned count;
};

static void virtual_changed(void *opaque, uint64_t first, uint64_t last)
{
    watch_maps_forget(opaque, WATCH_VIRTUAL, first, last);
}

static void guest_changed(void *opaque, uint64_t first, uint64_t last)
{
    watch_maps_forget(opaque, WATCH_GUEST, first, last);
}

static void places_changed(void *opaque, uint64_t first, uint64_t last)
{
    watch_maps_forget(opaque, WATCH_PLACES, first, last);
}

static int setup(void **state)
{
    static struct rig rig;
    rig = (struct rig){.maps = watch_maps_new()};
    for (unsigned i = 0; i < WATCH_SETS; i++)
        rig.set[i] = watch_set_new();
    watch_on_change(rig.set[WATCH_VIRTUAL], virtual_changed, rig.maps);
    watch_on_change(rig.set[WATCH_GUEST], guest_changed, rig.maps);
    watch_on_change(rig.set[WATCH_PLACES], places_changed, rig.maps);
    *state = &rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    for (unsigned i = 0; i < WATCH_SETS; i++)
        watch_set_free(rig->set[i]);
    watch_maps_free(rig->maps);
    return 0;
}

static void change(struct rig *rig, uint64_t *seed)
{
    unsigned at = (unsigned)random_below(seed, ARRAY_SIZE(rig->watches));
    if (at < rig->count) {
        assert_true(watch_remove(rig->set[rig->watches[at].space], rig->watches[at].first, rig->watches[at].length,
                                 rig->watches[at].kind));
        rig->watches[at] = rig->watches[--rig->count];
        return;
    }
    unsigned space = (unsigned)random_below(seed, WATCH_SETS), kind = (unsigned)random_below(seed, 3) + 1;
    uint64_t first = (space == WATCH_PLACES ? 0 : ORIGIN) + random_below(seed, PAGES * GUEST_PAGE);
    uint64_t length = random_below(seed, 10) ? random_below(seed, 8) + 1 : random_below(seed, 3 * GUEST_PAGE) + 1;
    watch_insert(rig->set[space], first, length, kind, false);
    rig->watches[rig->count].first = first;
    rig->watches[rig->count].length = length;
    rig->watches[rig->count].space = space;
    rig->watches[rig->count++].kind = kind;
}

/* A virtual page may lead to any memory, and the same page to another later. */
static void check(const struct rig *rig, uint64_t va, uint64_t place, unsigned kind)
{
    struct watch_page page = {
        .at = {va, va, place}
    };
    bool any = false;
    uint64_t lowest;
    for (unsigned i = 0; i < WATCH_SETS; i++)
        if (watch_page_kinds(rig->set[i], page.at[i], page.at[i] + GUEST_PAGE - 1) & kind) {
            page.set[i] = rig->set[i];
            any = true;
        }
    if (!any)
        return;
    const uint8_t *map = watch_map_of(rig->maps, &page, kind);
    assert_ptr_equal(watch_map_of(rig->maps, &page, kind), map);
    for (unsigned at = 0; at < GUEST_PAGE; at++) {
        bool watched = false;
        for (unsigned i = 0; i < WATCH_SETS; i++)
            watched |= watch_find(rig->set[i], page.at[i] + at, 1, kind, &lowest) != NULL;
        if (!map[at] != !watched)
            fail_msg("byte %x of page %llx at %llx", at, (unsigned long long)va, (unsigned long long)place);
    }
}

static void test_follows_sets(void **state)
{
    struct rig *rig = *state;
    uint64_t seed = 7;
    for (unsigned i = 0; i < CHANGES; i++) {
        change(rig, &seed);
        uint64_t va = ORIGIN + random_below(&seed, PAGES) * GUEST_PAGE, place = random_below(&seed, PAGES) * GUEST_PAGE;
        check(rig, va, place, WATCH_READ);
        check(rig, va, place, WATCH_WRITE);
    }
}

/* A page's map stays when other pages change: whoever has its address still may use it. */
static void test_stays(void **state)
{
    struct rig *rig = *state;
    const struct watch_page page = {
        .set = {rig->set[WATCH_VIRTUAL], NULL,   rig->set[WATCH_PLACES]},
          .at = {ORIGIN,                  ORIGIN, 0                     }
    };
    watch_insert(rig->set[WATCH_VIRTUAL], ORIGIN + 8, 4, WATCH_WRITE, false);
    watch_insert(rig->set[WATCH_PLACES], 16, 4, WATCH_WRITE, false);
    const uint8_t *map = watch_map_of(rig->maps, &page, WATCH_WRITE);
    watch_insert(rig->set[WATCH_VIRTUAL], ORIGIN + GUEST_PAGE, 4, WATCH_WRITE, false);
    watch_insert(rig->set[WATCH_PLACES], (uint64_t)WATCH_MAPS_MOST * GUEST_PAGE, 4, WATCH_WRITE, false);
    assert_true(map[8] && map[19] && !map[12] && !map[20]);
    assert_ptr_equal(watch_map_of(rig->maps, &page, WATCH_WRITE), map);
}

static void test_bounded(void **state)
{
    struct rig *rig = *state;
    watch_insert(rig->set[WATCH_PLACES], 0, UINT64_C(1) << 40, WATCH_ACCESS, false);
    for (uint64_t i = 0; i < WATCH_MAPS_MOST; i++) {
        const struct watch_page page = {
            .set = {NULL, NULL, rig->set[WATCH_PLACES]},
              .at = {0,    0,    i * GUEST_PAGE        }
        };
        assert_false(watch_maps_full(rig->maps));
        assert_int_equal(watch_map_of(rig->maps, &page, WATCH_READ)[GUEST_PAGE - 1], 1);
    }
    assert_true(watch_maps_full(rig->maps));
    watch_maps_forget_all(rig->maps);
    assert_false(watch_maps_full(rig->maps));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_follows_sets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
