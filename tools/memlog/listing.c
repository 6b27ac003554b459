/* One line a record: for people, and as CSV (RFC 4180 but for the line ends, which are the system's). */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "softmmu/log.h"
#include "tools/memlog/commands.h"
#include "tools/memlog/output.h"
#include "tools/memlog/place.h"
#include "tools/memlog/scan.h"

typedef void line_fn(FILE *out, struct names *names, const struct memlog_record *record);

static void text_line(FILE *out, struct names *names, const struct memlog_record *record)
{
    char code[PLACE_TEXT] = "DMA", pc[24] = "-", virt[24] = "-", value[24] = "-", data[PLACE_TEXT];
    if (record->flags & MEMLOG_VIRT_KNOWN) {
        snprintf(pc, sizeof(pc), "0x%08" PRIx64, record->pc);
        snprintf(virt, sizeof(virt), "0x%08" PRIx64, record->virt);
        place_of_code(names, record->pc, code, sizeof(code));
    }
    if (record->flags & MEMLOG_VALUE_KNOWN)
        snprintf(value, sizeof(value), "0x%0*" PRIx64, 2 * record->size, record->value);
    place_of_data(names, record, data, sizeof(data));
    fprintf(out, "%14" PRIu64 "  %u  %-10s  %-36s %c%u  %-10s  0x%08" PRIx64, record->icount, record->cpu, pc, code, record->kind,
            record->size, virt, record->phys);
    const char *io = record->flags & MEMLOG_RECORD_IO ? "I/O" : "";
    if (*io || *data)
        fprintf(out, "  %-10s  %s%s%s\n", value, io, *io && *data ? " " : "", data);
    else
        fprintf(out, "  %s\n", value);
}

static void text_head(FILE *out)
{
    fprintf(out, "%14s  %s  %-10s  %-36s %s  %-10s  %-10s  %-10s  %s\n", "icount", "c", "pc", "instruction", "a ", "virtual",
            "physical", "value", "data");
}

static void csv_field(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

static void csv_code(FILE *out, struct names *names, uint64_t pc)
{
    char function[PLACE_TEXT];
    const char *file;
    int line;
    fprintf(out, "0x%" PRIx64 ",", pc);
    csv_field(out, names_format(names, pc, function, sizeof(function)));
    putc(',', out);
    if (names_line(names, pc, &file, &line)) {
        csv_field(out, file);
        fprintf(out, ",%d", line);
    } else {
        putc(',', out);
    }
}

static void csv_line(FILE *out, struct names *names, const struct memlog_record *record)
{
    char data[PLACE_TEXT];
    fprintf(out, "%" PRIu64 ",%u,%c,%u,%u,", record->icount, record->cpu, record->kind, record->size,
            !!(record->flags & MEMLOG_RECORD_IO));
    if (record->flags & MEMLOG_VIRT_KNOWN) {
        csv_code(out, names, record->pc);
        fprintf(out, ",0x%" PRIx64, record->virt);
    } else {
        fputs(",,,,", out);
    }
    fprintf(out, ",0x%" PRIx64 ",", record->phys);
    if (record->flags & MEMLOG_VALUE_KNOWN)
        fprintf(out, "0x%" PRIx64, record->value);
    putc(',', out);
    csv_field(out, place_of_data(names, record, data, sizeof(data)));
    putc('\n', out);
}

static void csv_head(FILE *out)
{
    fputs("icount,cpu,kind,size,io,pc,function,file,line,virtual,physical,value,data\n", out);
}

static int list(struct options *options, void (*head)(FILE *out), line_fn *line)
{
    struct memlog_record record;
    uint64_t most = options->count ? options->count : UINT64_MAX;
    struct scan *scan = scan_open(options, !options->output && isatty(STDOUT_FILENO));
    FILE *out = scan ? output_open(options->output) : NULL;
    if (!out) {
        scan_free(scan);
        return 1;
    }
    for (uint64_t n = 0; n < most && !ferror(out) && scan_next(scan, &record); n++) {
        if (!n)
            head(out);
        line(out, options->names, &record);
    }
    int status = scan_close(scan);
    return output_close(out, options->output) ? status : 1;
}

int command_text(struct options *options)
{
    return list(options, text_head, text_line);
}

int command_csv(struct options *options)
{
    return list(options, csv_head, csv_line);
}
