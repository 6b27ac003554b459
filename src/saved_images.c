/*
 * An image: text path; u8 big-endian; u32 entry; u32 number of segments {u32 address; u32 size in memory; u32 size in the file; bytes}.
 * Images: the kernel; u8 1: an initrd follows; the initrd; u32 number of symbols {text name; u64 address; u64 size; u8 function}.
 */
#include "src/saved_images.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "src/loader.h"
#include "src/symbols.h"

/* A symbol's, about. */
enum { SYMBOL_BYTES = 40 };

static void put_image(const struct image *image, struct stream *stream)
{
    stream_put_text(stream, image->path);
    stream_put_u8(stream, image->big_endian);
    stream_put_u32(stream, image->entry);
    stream_put_u32(stream, image->nsegments);
    for (unsigned i = 0; i < image->nsegments; i++) {
        const struct image_segment *segment = &image->segments[i];
        stream_put_u32(stream, segment->address);
        stream_put_u32(stream, segment->memory_size);
        stream_put_u32(stream, segment->file_size);
        stream_put(stream, segment->bytes, segment->file_size);
    }
}

static void put_symbol(void *opaque, const char *name, uint64_t address, uint64_t size, bool function)
{
    stream_put_text(opaque, name);
    stream_put_u64(opaque, address);
    stream_put_u64(opaque, size);
    stream_put_u8(opaque, function);
}

uint64_t saved_images_size(const struct saved_images *images)
{
    assert(images->kernel);
    return images->kernel->size + (images->initrd ? images->initrd->size : 0) + symbols_count(images->symbols) * SYMBOL_BYTES;
}

void saved_images_put(const struct saved_images *images, struct stream *stream)
{
    assert(images->kernel);
    put_image(images->kernel, stream);
    stream_put_u8(stream, images->initrd != NULL);
    if (images->initrd)
        put_image(images->initrd, stream);
    stream_put_u32(stream, (uint32_t)symbols_count(images->symbols));
    symbols_each(images->symbols, put_symbol, stream);
}

/* `length` more bytes at the end of what the image keeps. */
static bool get_bytes(struct image *image, size_t *capacity, uint32_t length, struct stream *stream)
{
    uint8_t *bytes = stream_get_bytes(stream, length);
    if (!bytes)
        return false;
    image->file = alloc_room(image->file, capacity, image->size + length + 1, 1);
    memcpy(image->file + image->size, bytes, length);
    image->size += length;
    free(bytes);
    return true;
}

static bool get_segment(struct image *image, size_t *capacity, struct stream *stream)
{
    struct image_segment *segment = &image->segments[image->nsegments++];
    segment->address = stream_get_u32(stream);
    segment->memory_size = stream_get_u32(stream);
    segment->file_size = stream_get_u32(stream);
    if (stream_good(stream) &&
        (segment->file_size > segment->memory_size || segment->memory_size > UINT32_MAX - segment->address))
        return stream_refuse(stream, "the file makes no sense: a part of an image that fits nowhere");
    return get_bytes(image, capacity, segment->file_size, stream);
}

/* Its bytes move while there come more. */
static void place_segments(struct image *image)
{
    const uint8_t *at = image->file;
    for (unsigned i = 0; i < image->nsegments; i++) {
        image->segments[i].bytes = at;
        at += image->segments[i].file_size;
    }
}

/* The path is kept behind the bytes. */
static struct image *get_image(struct stream *stream)
{
    struct image *image = alloc_zeroed(sizeof(*image));
    size_t capacity = 0, room = 0;
    char *path = stream_get_text(stream);
    image->big_endian = stream_get_u8(stream);
    image->entry = stream_get_u32(stream);
    uint32_t count = stream_get_u32(stream);
    for (uint32_t i = 0; i < count && stream_good(stream); i++) {
        image->segments = alloc_room(image->segments, &room, i + 1, sizeof(*image->segments));
        get_segment(image, &capacity, stream);
    }
    image->file = alloc_room(image->file, &capacity, image->size + strlen(path) + 1, 1);
    image->path = strcpy((char *)image->file + image->size, path);
    place_segments(image);
    free(path);
    return image;
}

static void get_symbols(struct symbols *symbols, struct stream *stream)
{
    uint32_t count = stream_get_u32(stream);
    for (uint32_t i = 0; i < count && stream_good(stream); i++) {
        char *name = stream_get_text(stream);
        uint64_t address = stream_get_u64(stream), size = stream_get_u64(stream);
        bool function = stream_get_u8(stream);
        if (stream_good(stream))
            symbols_add(symbols, name, address, size, function);
        free(name);
    }
}

bool saved_images_get(struct saved_images *images, struct stream *stream)
{
    *images = (struct saved_images){.symbols = symbols_new(), .kernel = get_image(stream)};
    if (stream_get_u8(stream))
        images->initrd = get_image(stream);
    get_symbols(images->symbols, stream);
    return stream_good(stream);
}

void saved_images_free(struct saved_images *images)
{
    image_free(images->kernel);
    image_free(images->initrd);
    symbols_free(images->symbols);
    *images = (struct saved_images){0};
}
