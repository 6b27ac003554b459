/*
 * The journal in a file, oldest checkpoint first:
 *
 *     u32 number of checkpoints, and for each
 *         u64 icount, vtime, input, run_ns; text name; u8 temporary; u8 compressed; u32 number of undo copies, and for each
 *             u32 arena page; u8 1: its bytes follow, 0: it is all zero
 */
#include <stdlib.h>
#include <string.h>

#include "softmmu/arena.h"
#include "softmmu/journal.h"
#include "softmmu/stream.h"

enum { CHECKPOINT_BYTES = 64, ROW_BYTES = 5, ROWS_A_CALL = 512 };

uint64_t journal_file_size(const struct journal *journal)
{
    uint64_t size = 0;
    for (size_t i = 0; i < journal_count(journal); i++) {
        const struct saved_pages *undo = &journal_at(journal, i)->undo;
        size += CHECKPOINT_BYTES;
        for (size_t n = 0; n < undo->count; n++)
            size += ROW_BYTES + (undo->rows[n].kind == SAVED_ZERO ? 0 : ARENA_PAGE);
    }
    return size;
}

static void put_checkpoint(const struct checkpoint *checkpoint, struct stream *stream)
{
    const struct checkpoint_mark *mark = &checkpoint->mark;
    stream_put_u64(stream, mark->icount);
    stream_put_u64(stream, mark->vtime);
    stream_put_u64(stream, mark->input);
    stream_put_u64(stream, mark->run_ns);
    stream_put_text(stream, checkpoint->name);
    stream_put_u8(stream, checkpoint->temporary);
    stream_put_u8(stream, checkpoint->packed);
    stream_put_u32(stream, (uint32_t)checkpoint->undo.count);
}

static void put_row(struct journal *journal, const struct saved_page *row, struct stream *stream)
{
    stream_put_u32(stream, row->page);
    stream_put_u8(stream, row->kind != SAVED_ZERO);
    if (row->kind != SAVED_ZERO)
        stream_put(stream, journal_page_bytes(journal, row), ARENA_PAGE);
}

bool journal_put(struct journal *journal, struct stream *stream, struct journal_place *place)
{
    size_t count = journal_count(journal);
    assert(place->checkpoint < count && journal_at(journal, count - 1)->undo.count == 0);
    const struct checkpoint *checkpoint = journal_at(journal, place->checkpoint);
    if (place->checkpoint == 0 && place->row == 0)
        stream_put_u32(stream, (uint32_t)count);
    if (place->row == 0)
        put_checkpoint(checkpoint, stream);
    for (unsigned n = 0; n < ROWS_A_CALL && place->row < checkpoint->undo.count; n++)
        put_row(journal, &checkpoint->undo.rows[place->row++], stream);
    if (place->row < checkpoint->undo.count)
        return false;
    place->row = 0;
    return ++place->checkpoint == count;
}

static bool nonsense(struct stream *stream)
{
    return stream_refuse(stream, "the file makes no sense: its history is in disorder");
}

static bool is_after(const struct checkpoint_mark *mark, const struct checkpoint_mark *before)
{
    return mark->icount >= before->icount && mark->vtime >= before->vtime && mark->input >= before->input &&
           mark->run_ns >= before->run_ns;
}

static bool get_page(struct journal *journal, struct stream *stream, uint32_t least, uint32_t *page)
{
    uint8_t bytes[ARENA_PAGE] = {0};
    *page = stream_get_u32(stream);
    if (stream_get_u8(stream))
        stream_get(stream, bytes, sizeof(bytes));
    if (!stream_good(stream))
        return false;
    if (*page < least || *page >= journal_page_count(journal))
        return nonsense(stream);
    journal_append_page(journal, *page, bytes);
    return true;
}

static bool get_checkpoint(struct journal *journal, struct stream *stream, struct checkpoint_mark *mark)
{
    struct checkpoint_mark before = *mark;
    mark->icount = stream_get_u64(stream);
    mark->vtime = stream_get_u64(stream);
    mark->input = stream_get_u64(stream);
    mark->run_ns = stream_get_u64(stream);
    char *name = stream_get_text(stream);
    struct checkpoint *checkpoint = journal_append(journal, mark);
    strncpy(checkpoint->name, name, CHECKPOINT_NAME - 1);
    free(name);
    checkpoint->temporary = stream_get_u8(stream);
    bool compress = stream_get_u8(stream);
    uint32_t count = stream_get_u32(stream);
    if (stream_good(stream) && !is_after(mark, &before))
        return nonsense(stream);
    for (uint32_t i = 0, page = 0; i < count && stream_good(stream); i++)
        if (get_page(journal, stream, i ? page + 1 : 0, &page) && page == UINT32_MAX)
            return nonsense(stream);
    journal_appended(journal, compress);
    return stream_good(stream);
}

bool journal_get(struct journal *journal, struct stream *stream)
{
    struct checkpoint_mark mark = {0};
    journal_clear(journal);
    uint32_t count = stream_get_u32(stream);
    for (uint32_t i = 0; i < count && get_checkpoint(journal, stream, &mark); i++)
        ;
    if (!stream_good(stream))
        return false;
    if (!count || journal_at(journal, journal_count(journal) - 1)->undo.count)
        return nonsense(stream);
    journal_stand_at_present(journal);
    return true;
}
