#include "src/plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/log.h"
#include "src/options.h"

/* In the order of the command line. There is one machine. */
static struct stakeout *first;

typedef bool start_fn(struct stakeout *machine, const struct stakeout_functions *functions, int argc, const char *const *argv);
typedef void end_fn(struct stakeout *machine);

/* FILE,ARG,... */
static bool split(struct stakeout *plugin, const char *spec)
{
    assert(!plugin->text && !plugin->argc);
    char *rest = plugin->text = alloc_checked(strdup(spec));
    while (rest) {
        if (plugin->argc == PLUGIN_ARGUMENTS) {
            report_error("-plugin %s: too many arguments", spec);
            return false;
        }
        plugin->argv[plugin->argc++] = strsep(&rest, ",");
    }
    return true;
}

/* A name without a slash is a file here, not one of the host's libraries. */
static bool open_object(struct stakeout *plugin)
{
    assert(plugin->argc && !plugin->object);
    const char *file = plugin->argv[0];
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s%s", strchr(file, '/') ? "" : "./", file);
    if (length < (int)sizeof(path))
        plugin->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!plugin->object)
        report_error("-plugin %s: cannot be loaded: %s", file, length < (int)sizeof(path) ? dlerror() : "the name is too long");
    return plugin->object;
}

static bool is_for_us(const struct stakeout *plugin)
{
    const uint32_t *version = dlsym(plugin->object, "stakeout_plugin_version");
    if (!version || !dlsym(plugin->object, "stakeout_plugin_start"))
        report_error("-plugin %s: not a plug-in of stakeout's: it does not define stakeout_plugin_%s", plugin->argv[0],
                     version ? "start" : "version");
    else if (!*version || *version > STAKEOUT_PLUGIN_VERSION)
        report_error("-plugin %s: it is made for version %u of the plug-in interface, and this stakeout has version %u",
                     plugin->argv[0], (unsigned)*version, STAKEOUT_PLUGIN_VERSION);
    else
        return true;
    return false;
}

static bool start(struct stakeout *plugin)
{
    start_fn *fn = (start_fn *)(uintptr_t)dlsym(plugin->object, "stakeout_plugin_start");
    assert(fn);
    if (fn(plugin, &plugin_functions, plugin->argc, plugin->argv))
        return true;
    plugin->ended = true;
    report_error("-plugin %s: it did not start", plugin->argv[0]);
    return false;
}

static struct stakeout *add(struct vm *vm)
{
    struct stakeout **end = &first, *plugin = alloc_zeroed(sizeof(*plugin));
    while (*end)
        end = &(*end)->next;
    plugin->vm = vm;
    return *end = plugin;
}

static void changed(void *opaque, enum vm_state state, enum vm_stop_reason reason)
{
    const struct vm *vm = opaque;
    for (struct stakeout *plugin = first; plugin && !vm->looking; plugin = plugin->next)
        if (plugin->state.fn && !plugin->ended)
            plugin->state.fn(plugin->state.opaque, plugin, state == VM_RUNNING ? STAKEOUT_RUNNING : STAKEOUT_STOPPED);
}

bool plugins_start(struct vm *vm)
{
    assert(!first);
    for (unsigned i = 0; i < vm->options->nplugin; i++) {
        struct stakeout *plugin = add(vm);
        if (!split(plugin, vm->options->plugin[i]) || !open_object(plugin) || !is_for_us(plugin) || !start(plugin)) {
            plugin->ended = true;
            return false;
        }
    }
    if (first)
        vm_add_change_state_handler(vm, changed, vm);
    return true;
}

void plugins_end(void)
{
    for (struct stakeout *plugin = first; plugin; plugin = plugin->next) {
        if (plugin->ended)
            continue;
        assert(plugin->object && !plugin->in_unit);
        end_fn *fn = (end_fn *)(uintptr_t)dlsym(plugin->object, "stakeout_plugin_end");
        plugin->in_unit = true;
        if (fn)
            fn(plugin);
        plugin->ended = true;
    }
}

void plugins_free(void)
{
    while (first) {
        struct stakeout *plugin = first;
        first = plugin->next;
        if (plugin->object)
            dlclose(plugin->object);
        free(plugin->text);
        free(plugin);
    }
}
