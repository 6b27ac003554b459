/* Stand-ins: these commands are tested against a machine with a history, by the sessions of tests/gdb. */
#include "src/monitor_internal.h"

bool monitor_when(struct monitor *monitor)
{
    return true;
}

bool monitor_goto(struct monitor *monitor)
{
    return true;
}

bool monitor_checkpoint(struct monitor *monitor)
{
    return true;
}

bool monitor_who_wrote(struct monitor *monitor)
{
    return true;
}

bool monitor_info_history(struct monitor *monitor)
{
    return true;
}

bool monitor_save(struct monitor *monitor)
{
    return true;
}

bool monitor_memlog(struct monitor *monitor)
{
    return true;
}
