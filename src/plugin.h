/* Plug-ins (tools/plugins/stakeout-plugin.h): loading them, and telling them. */
#ifndef SRC_PLUGIN_H
#define SRC_PLUGIN_H

#include "tools/plugins/stakeout-plugin.h"
#include "src/vm.h"

#define PLUGIN_ARGUMENTS 32

/* A plug-in. */
struct stakeout {
    struct vm *vm;
    void *object; /* of dlopen() */
    char *text;   /* what argv points into */
    int argc;
    const char *argv[PLUGIN_ARGUMENTS];
    bool ended;
    bool in_unit; /* in a callback in the midst of a unit: nothing may change */
    struct {
        stakeout_state_fn *fn;
        void *opaque;
    } state;
    struct {
        stakeout_exception_fn *fn;
        void *opaque;
    } exception;
    struct exception_listener listener;
    struct stakeout *next;
};

/* plugin_functions.c */
extern const struct stakeout_functions plugin_functions;

/* Loads and starts what the options name. False after an error line. */
bool plugins_start(struct vm *vm);
/* The machine will not run any more: tells them, and does not call them again. */
void plugins_end(void);
/* After the machine is gone, whose watches hold pointers to them. */
void plugins_free(void);

#endif
