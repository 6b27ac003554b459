/*
 * Watches lie in AVL trees: those within one page in that page's tree, found by a hash of page numbers, and the few that
 * cross pages in a tree of their own. So a lookup goes down two small trees, and with very many watches costs a handful of
 * cache misses; one tree for all was measured to take 800 ns at 100,000 watches, almost all of it misses on the way down.
 *
 * A tree is ordered by (first, last, kind, number); the number tells the watches of owners apart and is 0 for all others. Each node knows for its subtree, separately for reads and writes, whether
 * there is such a watch and the highest last byte of any; so both "who covers this byte" and "who begins next" go down
 * one path, skipping subtrees that cannot have the answer, whatever mixture of kinds and lengths there is.
 */
#include "softmmu/watch.h"

#include "softmmu/alloc.h"

#define LINE      64 /* a node's searched part is one cache line */
#define PAGE_BITS 12

struct node {
    struct node *child[2];    /* lower, higher */
    uint64_t first, last;     /* as in watch */
    uint64_t highest_last[2]; /* in this subtree, of reads and of writes; 0 if there is none */
    uint8_t kind;
    uint8_t kinds; /* in this subtree */
    uint8_t height;
    uint32_t number; /* the watch's id if it has an owner, else 0 */
    _Alignas(LINE) struct watch watch;
    unsigned references;
    struct node *older, *younger;
};

static_assert(offsetof(struct node, watch) == LINE, "what is searched is one cache line");

/* A slot of the hash. A page whose last watch went keeps its slot, with an empty tree, until the hash is made anew. */
struct page {
    uint64_t tag; /* page number + 1; 0: free */
    struct node *root;
    unsigned kinds; /* of all its watches: here, so that the commonest question ends here */
};

struct watch_set {
    struct page wide;    /* watches that cross pages; no slot */
    struct page *pages;  /* linear probing */
    size_t slots, taken; /* slots: 0 or a power of two; taken: at most half of them */
    struct node *oldest, *youngest;
    size_t count;
    uint32_t last_id;
    void (*changed)(void *opaque, uint64_t first, uint64_t last);
    void *changed_opaque;
};

struct watch_set *watch_set_new(void)
{
    return alloc_zeroed(sizeof(struct watch_set));
}

void watch_set_free(struct watch_set *set)
{
    if (!set)
        return;
    set->changed = NULL;
    watch_remove_all(set);
    assert(!set->count && !set->youngest);
    free(set->pages);
    free(set);
}

static unsigned height(const struct node *node)
{
    return node ? node->height : 0;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Derives what a node knows of its subtree. */
static void summarize(struct node *node)
{
    node->kinds = node->kind;
    node->highest_last[0] = node->kind & WATCH_READ ? node->last : 0;
    node->highest_last[1] = node->kind & WATCH_WRITE ? node->last : 0;
    unsigned tallest = 0;
    for (unsigned side = 0; side < 2; side++) {
        const struct node *child = node->child[side];
        if (!child)
            continue;
        node->kinds |= child->kinds;
        node->highest_last[0] = max_u64(node->highest_last[0], child->highest_last[0]);
        node->highest_last[1] = max_u64(node->highest_last[1], child->highest_last[1]);
        tallest = child->height > tallest ? child->height : tallest;
    }
    node->height = (uint8_t)(tallest + 1);
}

/* The child on `side` comes up in the node's place. */
static struct node *rotate(struct node *node, unsigned side)
{
    assert(node->child[side]);
    struct node *up = node->child[side];
    node->child[side] = up->child[!side];
    up->child[!side] = node;
    summarize(node);
    summarize(up);
    return up;
}

/* Brings up to date and into balance a node whose subtrees are both; returns what stands in its place. */
static struct node *balance(struct node *node)
{
    for (unsigned side = 0; side < 2; side++) {
        struct node *heavy = node->child[side];
        if (height(heavy) <= height(node->child[!side]) + 1)
            continue;
        if (height(heavy->child[!side]) > height(heavy->child[side]))
            node->child[side] = rotate(heavy, !side);
        return rotate(node, side);
    }
    summarize(node);
    return node;
}

/* The order of the tree: < 0 if a stands before b. */
static int compare(const struct node *a, const struct node *b)
{
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->last != b->last)
        return a->last < b->last ? -1 : 1;
    if (a->kind != b->kind)
        return (int)a->kind - (int)b->kind;
    return (a->number > b->number) - (a->number < b->number);
}

static struct node *lookup(struct node *node, const struct node *key)
{
    for (int order; node && (order = compare(key, node)) != 0;)
        node = node->child[order > 0];
    return node;
}

static struct node *insert_node(struct node *root, struct node *node)
{
    if (!root)
        return balance(node);
    struct node **child = &root->child[compare(node, root) > 0];
    *child = insert_node(*child, node);
    return balance(root);
}

static struct node *take_lowest(struct node *root, struct node **lowest)
{
    assert(root);
    if (!root->child[0]) {
        *lowest = root;
        return root->child[1];
    }
    root->child[0] = take_lowest(root->child[0], lowest);
    return balance(root);
}

static struct node *remove_node(struct node *root, const struct node *node)
{
    assert(root);
    if (root != node) {
        struct node **child = &root->child[compare(node, root) > 0];
        *child = remove_node(*child, node);
        return balance(root);
    }
    if (!root->child[1])
        return root->child[0];
    struct node *successor;
    struct node *higher = take_lowest(root->child[1], &successor);
    successor->child[0] = root->child[0];
    successor->child[1] = higher;
    return balance(successor);
}

/* The page's slot, or the free one where it would be; there must be slots. */
static struct page *page_slot(const struct watch_set *set, uint64_t number)
{
    assert(set->slots && !(set->slots & (set->slots - 1)) && set->taken < set->slots);
    size_t at = (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 32);
    while (set->pages[at & (set->slots - 1)].tag && set->pages[at & (set->slots - 1)].tag != number + 1)
        at++;
    return &set->pages[at & (set->slots - 1)];
}

static struct node *page_root(const struct watch_set *set, uint64_t number)
{
    return set->slots ? page_slot(set, number)->root : NULL;
}

/* A new hash with room for as many pages again as have watches now. */
static void rehash(struct watch_set *set)
{
    struct page *old = set->pages;
    size_t old_slots = set->slots, live = 0;
    for (size_t i = 0; i < old_slots; i++)
        live += old[i].root != NULL;
    for (set->slots = 16; set->slots < 4 * live; set->slots *= 2)
        ;
    set->pages = alloc_zeroed(set->slots * sizeof(*set->pages));
    set->taken = live;
    for (size_t i = 0; i < old_slots; i++)
        if (old[i].root)
            *page_slot(set, old[i].tag - 1) = old[i];
    free(old);
}

/* The page in whose tree such a watch is or would be. */
static struct page *page_of(struct watch_set *set, const struct node *key)
{
    uint64_t number = key->first >> PAGE_BITS;
    if (number != key->last >> PAGE_BITS)
        return &set->wide;
    if (set->taken * 2 >= set->slots)
        rehash(set);
    struct page *page = page_slot(set, number);
    if (!page->tag) {
        page->tag = number + 1;
        set->taken++;
    }
    return page;
}

/* The searched part of a node for these bytes; false if the range is empty or wraps. */
static bool make_key(struct node *key, uint64_t first, uint64_t length, unsigned kind)
{
    assert(kind >= WATCH_READ && kind <= WATCH_ACCESS);
    uint64_t last = first + length - 1;
    *key = (struct node){.first = first, .last = last, .kind = (uint8_t)kind};
    return length && last >= first;
}

static void tell(const struct watch_set *set, uint64_t first, uint64_t last)
{
    if (set->changed)
        set->changed(set->changed_opaque, first, last);
}

static struct node *node_new(struct watch_set *set, const struct node *key, bool stop_after)
{
    struct node *node = alloc_checked(aligned_alloc(LINE, sizeof(*node)));
    *node = *key;
    node->watch = (struct watch){
        .first = key->first,
        .last = key->last,
        .kind = key->kind,
        .stop_after = stop_after,
        .id = ++set->last_id,
    };
    node->references = 1;
    return node;
}

static void link_youngest(struct watch_set *set, struct node *node)
{
    node->older = set->youngest;
    *(set->youngest ? &set->youngest->younger : &set->oldest) = node;
    set->youngest = node;
}

static void unlink_age(struct watch_set *set, struct node *node)
{
    assert(set->count);
    *(node->older ? &node->older->younger : &set->oldest) = node->younger;
    *(node->younger ? &node->younger->older : &set->youngest) = node->older;
}

static void set_root(struct page *page, struct node *root)
{
    page->root = root;
    page->kinds = root ? root->kinds : 0;
}

static struct watch *add(struct watch_set *set, struct page *page, struct node *node)
{
    link_youngest(set, node);
    set_root(page, insert_node(page->root, node));
    set->count++;
    tell(set, node->first, node->last);
    return &node->watch;
}

struct watch *watch_insert(struct watch_set *set, uint64_t first, uint64_t length, unsigned kind, bool stop_after)
{
    struct node key;
    if (!make_key(&key, first, length, kind))
        return NULL;
    struct page *page = page_of(set, &key);
    struct node *node = lookup(page->root, &key);
    if (!node)
        return add(set, page, node_new(set, &key, stop_after));
    node->references++;
    return &node->watch;
}

struct watch *watch_insert_owned(struct watch_set *set, uint64_t first, uint64_t length, unsigned kind, struct watch_owner *owner)
{
    struct node key;
    assert(owner);
    if (!make_key(&key, first, length, kind))
        return NULL;
    struct node *node = node_new(set, &key, false);
    node->number = node->watch.id;
    node->watch.owner = owner;
    return add(set, page_of(set, &key), node);
}

static void drop(struct watch_set *set, struct node *node)
{
    uint64_t first = node->first, last = node->last;
    struct page *page = page_of(set, node);
    set_root(page, remove_node(page->root, node));
    unlink_age(set, node);
    set->count--;
    free(node);
    tell(set, first, last);
}

void watch_drop(struct watch_set *set, struct watch *watch)
{
    struct node *node = (struct node *)((char *)watch - offsetof(struct node, watch));
    assert(watch->owner);
    drop(set, node);
}

bool watch_remove(struct watch_set *set, uint64_t first, uint64_t length, unsigned kind)
{
    struct node key;
    struct node *node = make_key(&key, first, length, kind) ? lookup(page_of(set, &key)->root, &key) : NULL;
    assert(!node || node->references);
    if (!node)
        return false;
    if (--node->references == 0)
        drop(set, node);
    return true;
}

void watch_remove_all(struct watch_set *set)
{
    while (set->oldest)
        drop(set, set->oldest);
}

size_t watch_count(const struct watch_set *set)
{
    return set->count;
}

void watch_each(struct watch_set *set, void (*fn)(void *opaque, struct watch *watch), void *opaque)
{
    for (struct node *node = set->oldest, *next; node; node = next) {
        next = node->younger;
        fn(opaque, &node->watch);
    }
}

static bool reaches(const struct node *node, uint64_t at, unsigned kinds)
{
    return node && ((kinds & node->kinds & WATCH_READ && node->highest_last[0] >= at) ||
                    (kinds & node->kinds & WATCH_WRITE && node->highest_last[1] >= at));
}

/*
 * The first in order that covers `at`. If the lower subtree has a watch that reaches `at`, the answer is there or nowhere: if
 * that watch begins above `at`, so does all that follows it.
 */
static struct node *covering(struct node *node, uint64_t at, unsigned kinds)
{
    while (node) {
        if (reaches(node->child[0], at, kinds))
            node = node->child[0];
        else if (node->first > at)
            return NULL;
        else if (node->kind & kinds && node->last >= at)
            return node;
        else
            node = node->child[1];
    }
    return NULL;
}

/* The first in order that has one of the kinds; the subtree must have one. */
static struct node *lowest_of_kind(struct node *node, unsigned kinds)
{
    for (;;) {
        assert(node->kinds & kinds);
        if (node->child[0] && node->child[0]->kinds & kinds)
            node = node->child[0];
        else if (node->kind & kinds)
            return node;
        else
            node = node->child[1];
    }
}

/* The first in order that begins above `at`. */
static struct node *beginning_above(struct node *node, uint64_t at, unsigned kinds)
{
    struct node *best = NULL, *later = NULL; /* later: the lowest subtree passed on the right of the path */
    while (node && node->kinds & kinds) {
        if (node->first <= at) {
            node = node->child[1];
            continue;
        }
        if (node->kind & kinds) {
            best = node;
            later = NULL;
        } else if (node->child[1] && node->child[1]->kinds & kinds) {
            best = NULL;
            later = node->child[1];
        }
        node = node->child[0];
    }
    return later ? lowest_of_kind(later, kinds) : best;
}

/* Who of a tree is hit by an access from first to last. */
static struct node *hit_in(struct node *root, uint64_t first, uint64_t last, unsigned kinds)
{
    struct node *node = covering(root, first, kinds);
    if (node || first == last)
        return node;
    node = beginning_above(root, first, kinds);
    return node && node->first <= last ? node : NULL;
}

/* Which of two that an access from `first` on hits (or NULL) watch_find() is to return. */
static struct node *better(struct node *a, struct node *b, uint64_t first)
{
    if (!a || !b)
        return a ? a : b;
    uint64_t low_a = max_u64(a->first, first), low_b = max_u64(b->first, first);
    if (low_a != low_b)
        return low_a < low_b ? a : b;
    return compare(a, b) < 0 ? a : b;
}

/* For accesses to more pages than the hash has slots. */
static struct node *hit_in_any_page(const struct watch_set *set, uint64_t first, uint64_t last, unsigned kinds)
{
    struct node *best = NULL;
    for (size_t i = 0; i < set->slots; i++)
        best = better(best, hit_in(set->pages[i].root, first, last, kinds), first);
    return best;
}

static struct node *hit(const struct watch_set *set, uint64_t first, uint64_t last, unsigned kinds)
{
    struct node *wide = hit_in(set->wide.root, first, last, kinds), *local = NULL;
    uint64_t number = first >> PAGE_BITS, end = last >> PAGE_BITS;
    if (end - number >= set->slots)
        return better(wide, hit_in_any_page(set, first, last, kinds), first);
    for (; !local && number <= end; number++)
        local = hit_in(page_root(set, number), first, last, kinds);
    return better(wide, local, first);
}

struct watch *watch_find(const struct watch_set *set, uint64_t first, uint64_t length, unsigned kinds, uint64_t *lowest)
{
    assert(!(kinds & ~(unsigned)WATCH_ACCESS));
    uint64_t last = first + length - 1;
    struct node *node = length ? hit(set, first, last < first ? UINT64_MAX : last, kinds) : NULL;
    if (!node)
        return NULL;
    *lowest = max_u64(first, node->first);
    return &node->watch;
}

struct visit {
    uint64_t first, last;
    unsigned kinds;
    void (*fn)(void *opaque, struct watch *watch);
    void *opaque;
};

/* All of a tree that the access hits, in order; what ends before it or begins behind it is not gone into. */
static void visit_hits(const struct visit *visit, struct node *node)
{
    while (reaches(node, visit->first, visit->kinds)) {
        visit_hits(visit, node->child[0]);
        if (node->first > visit->last)
            return;
        if (node->kind & visit->kinds && node->last >= visit->first)
            visit->fn(visit->opaque, &node->watch);
        node = node->child[1];
    }
}

void watch_each_hit(const struct watch_set *set, uint64_t first, uint64_t length, unsigned kinds,
                    void (*fn)(void *opaque, struct watch *watch), void *opaque)
{
    uint64_t last = length && first + length - 1 < first ? UINT64_MAX : first + length - 1;
    const struct visit visit = {first, last, kinds, fn, opaque};
    if (!length || !set->count)
        return;
    visit_hits(&visit, set->wide.root);
    uint64_t number = first >> PAGE_BITS, end = last >> PAGE_BITS;
    for (size_t i = 0; end - number >= set->slots && i < set->slots; i++)
        visit_hits(&visit, set->pages[i].root);
    for (; end - number < set->slots && number <= end; number++)
        visit_hits(&visit, page_root(set, number));
}

unsigned watch_page_kinds(const struct watch_set *set, uint64_t first, uint64_t last)
{
    assert(first <= last);
    uint64_t number = first >> PAGE_BITS;
    bool whole = first == number << PAGE_BITS && last == (first | ((1u << PAGE_BITS) - 1));
    unsigned kinds = whole && set->slots ? page_slot(set, number)->kinds : 0;
    for (unsigned kind = WATCH_READ; kind <= WATCH_WRITE; kind++)
        if (!(kinds & kind) && (whole ? hit_in(set->wide.root, first, last, kind) : hit(set, first, last, kind)))
            kinds |= kind;
    return kinds;
}

void watch_on_change(struct watch_set *set, void (*fn)(void *opaque, uint64_t first, uint64_t last), void *opaque)
{
    set->changed = fn;
    set->changed_opaque = opaque;
}
