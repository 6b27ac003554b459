/* An interrupt line or any other one-bit wire: set_level() tells whoever is wired to it. Wiring, outside the arena. */
#ifndef SOFTMMU_IRQ_H
#define SOFTMMU_IRQ_H

#include "softmmu/base.h"

typedef void irq_fn(void *opaque, unsigned line, bool level);

struct irq {
    irq_fn *set; /* NULL: not connected */
    void *opaque;
    unsigned line;
};

static inline void irq_set(const struct irq *irq, bool level)
{
    if (irq->set)
        irq->set(irq->opaque, irq->line, level);
}

#endif
