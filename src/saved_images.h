/* What a machine was started with, in a file: kernel, initrd, symbols. */
#ifndef SRC_SAVED_IMAGES_H
#define SRC_SAVED_IMAGES_H

#include "softmmu/stream.h"

struct image;
struct symbols;

struct saved_images {
    struct image *kernel;
    struct image *initrd; /* NULL: none */
    struct symbols *symbols;
};

/* Bytes that saved_images_put() will put, roughly. */
uint64_t saved_images_size(const struct saved_images *images);
void saved_images_put(const struct saved_images *images, struct stream *stream);
/* False: the stream is not good. Whatever was read is to be given back by saved_images_free(), or belongs to whoever takes it and puts NULL there. */
bool saved_images_get(struct saved_images *images, struct stream *stream);
void saved_images_free(struct saved_images *images);

#endif
