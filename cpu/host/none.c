/* A build without a host back end: the interpreter runs everything. */
#include "cpu/backend.h"

const struct backend *const host_backend = NULL;
