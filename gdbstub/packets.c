#include "gdbstub/packets.h"

const struct packet packets[] = {
#define PACKET(name, arguments, handler, when, needs, feature) {name, arguments, handler, WHEN_##when, needs, feature},
#include "gdbstub/packets.def"
#undef PACKET
};
const size_t packets_count = ARRAY_SIZE(packets);

bool rsp_needs_reverse(const struct session *session)
{
    return session->ops->can_reverse && session->ops->can_reverse(session->vm);
}

bool rsp_needs_description(const struct session *session)
{
    return session->ops->description != NULL;
}

/* lldb takes the map for a complete list of regions, and says "GetMemoryRegionInfo() succeeded, then failed" at its first gap. */
bool rsp_needs_memory_map(const struct session *session)
{
    return !session->client.thread_suffix && session->ops->memory_map && session->ops->memory_map(session->vm);
}

bool rsp_needs_monitor(const struct session *session)
{
    return session->ops->monitor != NULL;
}

bool rsp_needs_sstep(const struct session *session)
{
    return session->ops->set_step_into && session->ops->step_into;
}

bool rsp_needs_triple(const struct session *session)
{
    return session->ops->triple != NULL;
}
