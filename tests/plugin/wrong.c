/* What stakeout must not load: a plug-in for a later version, and objects that are no plug-ins. */
#include <stakeout-plugin.h>

#ifdef WITH_VERSION
const uint32_t stakeout_plugin_version = WITH_VERSION;
#endif
#ifdef WITH_START
bool stakeout_plugin_start(struct stakeout *machine, const struct stakeout_functions *functions, int argc,
                           const char *const *argv)
{
    return true;
}
#endif
#if !defined(WITH_VERSION) && !defined(WITH_START)
STAKEOUT_PLUGIN_EXPORT int nothing;
#endif
