/*
 * Two orders over one array: by address (the array itself) and by name (an array of indices). Each symbol knows the nearest symbol
 * before it of known size that reaches over its start, so that an address behind an inner symbol's end finds the outer one.
 */
#include "src/symbols.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/sorted.h"

#define NONE       UINT32_MAX
#define LAST_REACH 0x1000u
#define MOST_REACH 0x100000u

struct symbol {
    uint64_t address, size;
    uint64_t name;     /* place in the text */
    uint32_t order;    /* of being added */
    uint32_t encloser; /* index, or NONE */
    bool function;
};

struct symbols {
    struct symbol *list;
    size_t count, capacity;
    uint32_t *by_name;
    char *text;
    size_t text_size, text_capacity;
    bool sorted;
    struct {
        void (*fn)(void *opaque);
        void *opaque;
        const char *source;
        bool answered;
    } ask;
};

struct symbols *symbols_new(void)
{
    return alloc_zeroed(sizeof(struct symbols));
}

void symbols_free(struct symbols *symbols)
{
    if (!symbols)
        return;
    free(symbols->list);
    free(symbols->by_name);
    free(symbols->text);
    free(symbols);
}

void symbols_clear(struct symbols *symbols)
{
    symbols->count = symbols->text_size = 0;
    symbols->sorted = false;
}

size_t symbols_count(const struct symbols *symbols)
{
    return symbols ? symbols->count : 0;
}

void symbols_add(struct symbols *symbols, const char *name, uint64_t address, uint64_t size, bool function)
{
    size_t length = strlen(name) + 1;
    if (length == 1)
        return;
    assert(symbols->count < NONE);
    assert(symbols->count <= symbols->capacity && symbols->text_size <= symbols->text_capacity);
    symbols->text = alloc_room(symbols->text, &symbols->text_capacity, symbols->text_size + length, 1);
    memcpy(symbols->text + symbols->text_size, name, length);
    symbols->list = alloc_room(symbols->list, &symbols->capacity, symbols->count + 1, sizeof(*symbols->list));
    symbols->list[symbols->count] = (struct symbol){
        .address = address,
        .size = size,
        .name = symbols->text_size,
        .order = (uint32_t)symbols->count,
        .function = function,
    };
    symbols->text_size += length;
    symbols->count++;
    symbols->sorted = false;
}

void symbols_ask(struct symbols *symbols, const char *source, void (*fn)(void *opaque), void *opaque)
{
    assert(fn && source);
    symbols->ask.fn = fn;
    symbols->ask.opaque = opaque;
    symbols->ask.source = source;
}

/* False: there are none. */
static bool have(struct symbols *symbols)
{
    if (!symbols)
        return false;
    if (symbols->ask.fn && (!symbols->count || symbols->ask.answered)) {
        symbols->ask.fn(symbols->ask.opaque);
        symbols->ask.answered = symbols->count;
    }
    return symbols->count;
}

const char *symbols_source(struct symbols *symbols)
{
    return have(symbols) && symbols->ask.answered ? symbols->ask.source : NULL;
}

void symbols_each(const struct symbols *symbols, symbols_each_fn *fn, void *opaque)
{
    size_t count = symbols_count(symbols);
    const struct symbol **by_order = alloc_zeroed(count * sizeof(*by_order));
    for (size_t i = 0; i < count; i++) {
        assert(symbols->list[i].order < count && !by_order[symbols->list[i].order]);
        by_order[symbols->list[i].order] = &symbols->list[i];
    }
    for (size_t i = 0; i < count; i++)
        fn(opaque, symbols->text + by_order[i]->name, by_order[i]->address, by_order[i]->size, by_order[i]->function);
    free(by_order);
}

/* At one address the preferred symbol comes last, where the search for an address ends. */
static int compare_address(const void *left, const void *right)
{
    const struct symbol *a = left, *b = right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->function != b->function)
        return a->function ? 1 : -1;
    if (!a->size != !b->size)
        return a->size ? 1 : -1;
    return a->order > b->order ? -1 : a->order < b->order;
}

static int compare_name(const void *left, const void *right, void *opaque)
{
    const struct symbols *symbols = opaque;
    const struct symbol *a = &symbols->list[*(const uint32_t *)left], *b = &symbols->list[*(const uint32_t *)right];
    int order = strcmp(symbols->text + a->name, symbols->text + b->name);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static bool covers(const struct symbol *symbol, uint64_t address)
{
    return address - symbol->address < symbol->size;
}

/* The chain of enclosers of symbol i is a stack; what has ended before this symbol leaves it. */
static void find_enclosers(struct symbols *symbols)
{
    uint32_t top = NONE;
    for (size_t i = 0; i < symbols->count; i++) {
        struct symbol *symbol = &symbols->list[i];
        assert(!i || symbols->list[i - 1].address <= symbol->address);
        while (top != NONE && !covers(&symbols->list[top], symbol->address))
            top = symbols->list[top].encloser;
        assert(top == NONE || top < i);
        symbol->encloser = top;
        if (symbol->size)
            top = (uint32_t)i;
    }
}

static void sort(struct symbols *symbols)
{
    if (symbols->sorted)
        return;
    assert(symbols->count);
    qsort(symbols->list, symbols->count, sizeof(*symbols->list), compare_address);
    find_enclosers(symbols);
    free(symbols->by_name);
    symbols->by_name = alloc_zeroed(symbols->count * sizeof(*symbols->by_name));
    for (size_t i = 0; i < symbols->count; i++)
        symbols->by_name[i] = (uint32_t)i;
    qsort_r(symbols->by_name, symbols->count, sizeof(*symbols->by_name), compare_name, symbols);
    symbols->sorted = true;
}

static bool begins_by(const void *symbol, const void *address)
{
    return ((const struct symbol *)symbol)->address <= *(const uint64_t *)address;
}

/* Of unknown size: as far as the next symbol if that is near, the last one as far as its page. */
static bool may_reach(const struct symbols *symbols, const struct symbol *label, uint64_t address)
{
    assert(label->address <= address);
    assert(label >= symbols->list && label < symbols->list + symbols->count);
    if (label->size)
        return false;
    bool last = label == &symbols->list[symbols->count - 1];
    return last ? (label->address ^ address) < LAST_REACH : address - label->address < MOST_REACH;
}

const char *symbols_name(struct symbols *symbols, uint64_t address, uint64_t *offset)
{
    if (!have(symbols))
        return NULL;
    sort(symbols);
    size_t n = sorted_before(symbols->list, symbols->count, sizeof(*symbols->list), begins_by, &address);
    if (!n)
        return NULL;
    const struct symbol *nearest = &symbols->list[n - 1], *symbol = nearest;
    while (!covers(symbol, address) && symbol->encloser != NONE)
        symbol = &symbols->list[symbol->encloser];
    if (!covers(symbol, address))
        symbol = may_reach(symbols, nearest, address) ? nearest : NULL;
    if (!symbol)
        return NULL;
    *offset = address - symbol->address;
    return symbols->text + symbol->name;
}

struct wanted {
    const struct symbols *symbols;
    const char *name;
};

static bool named_before(const void *index, const void *key)
{
    const struct wanted *wanted = key;
    const struct symbols *symbols = wanted->symbols;
    return strcmp(symbols->text + symbols->list[*(const uint32_t *)index].name, wanted->name) < 0;
}

bool symbols_find(struct symbols *symbols, const char *name, uint64_t *address)
{
    if (!have(symbols))
        return false;
    sort(symbols);
    const struct wanted wanted = {symbols, name};
    size_t place = sorted_before(symbols->by_name, symbols->count, sizeof(*symbols->by_name), named_before, &wanted);
    if (place == symbols->count)
        return false;
    const struct symbol *symbol = &symbols->list[symbols->by_name[place]];
    if (strcmp(symbols->text + symbol->name, name) != 0)
        return false;
    *address = symbol->address;
    return true;
}
