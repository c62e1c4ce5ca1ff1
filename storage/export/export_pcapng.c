/* Packets with what is known of them: comments, interfaces, names of trunks. */
#include "analyzer/base/addr.h"
#include "storage/export/call_comment.h"
#include "storage/export/capture_name.h"
#include "storage/export/export_writer.h"
#include "storage/export/frame_merge.h"
#include "storage/export/packet_notes.h"
#include "storage/export/pcapng_blocks.h"
#include "storage/packets/chunk.h"

#include <errno.h>
#include <stdlib.h>

enum {
    INTERFACES_MAX = 32, /* link types of one store: more are left out */
    NAMED_MAX = 256,     /* addresses of trunks, in one file */
    ETHERNET = 1,
};

struct exported_call {
    struct packet_notes *notes;
    bool is_begun;
};

struct pcapng_file {
    const struct export_request *request;
    struct query *query;
    struct frame_merge *merge;
    struct merged_frame frame; /* that comes next */
    bool has_frame, is_begun;
    struct exported_call *calls;
    uint32_t link_types[INTERFACES_MAX];
    uint32_t interface_count;
    struct capture_name captured;        /* where the packets come from */
    struct pcapng_name names[NAMED_MAX]; /* told already; the texts are freed at the end */
    size_t name_count;
    struct strbuf comments; /* of the packet at hand */
    struct strbuf text;     /* of the call at hand */
    uint64_t frames, left_out;
    int error;
};

static int next_frame(struct pcapng_file *file)
{
    int got = frame_merge_next(file->merge, &file->frame);

    file->has_frame = got > 0;
    return got < 0 ? got : 0;
}

/* ---- names of trunks ---- */

static void add_name(struct pcapng_file *file, const struct addr *addr, struct slice name)
{
    char *copy;

    if (!name.len || addr_is_unspecified(addr) || file->name_count == NAMED_MAX)
        return;
    for (size_t i = 0; i < file->name_count; i++) {
        if (addr_ip_eq(&file->names[i].addr, addr))
            return;
    }
    copy = malloc(name.len);
    if (!copy) {
        file->error = -ENOMEM;
        return;
    }
    memcpy(copy, name.p, name.len);
    file->names[file->name_count++] =
        (struct pcapng_name){ .addr = *addr, .name = slice_of(copy, name.len) };
}

/* ---- a call begins ---- */

static bool take_call(void *ctx, const void *record)
{
    struct pcapng_file *file = ctx;
    const struct call_record *call = record;
    struct exported_call *c = &file->calls[file->frame.owner];
    int err = packet_notes_new(&c->notes, call);

    if (err)
        file->error = err;
    call_comment_add(&file->text, call);
    add_name(file, &call->src, call->trunk_in);
    add_name(file, &call->dst, call->trunk_out);
    return false;
}

/* Before its first packet: what is known of it, into file->text, and the names that it brings. */
static int begin_call(struct pcapng_file *file, struct strbuf *out)
{
    size_t names = file->name_count;
    int err;

    file->calls[file->frame.owner].is_begun = true;
    strbuf_reset(&file->text);
    err = query_call(file->query, file->request->calls[file->frame.owner], take_call, file);
    if (err &&
        err != -ENOENT) /* an orphan stream, or its day cannot be read: packets all the same */
        return err == -ENOMEM ? err : 0;
    if (file->is_begun)
        pcapng_add_names(out, file->names + names, file->name_count - names);
    return file->error;
}

/* ---- the file ---- */

static void begin_file(struct pcapng_file *file, struct strbuf *out)
{
    struct strbuf comment = { 0 };

    if (file->request->call_count == 1) {
        strbuf_add_slice(&comment, strbuf_slice(&file->text));
        strbuf_reset(&file->text); /* so that its first packet does not say it again */
    } else {
        strbuf_addf(&comment, "%zu calls", file->request->call_count);
        if (file->request->asked.len) {
            strbuf_add_text(&comment, " of the search: ");
            strbuf_add_printable(&comment, file->request->asked);
        }
        strbuf_add_char(&comment, '\n');
    }
    strbuf_add_text(&comment, "Exported by earshot " EARSHOT_VERSION);
    pcapng_add_section(out, strbuf_slice(&comment), SLICE("earshot " EARSHOT_VERSION));
    if (comment.failed)
        file->error = -ENOMEM;
    strbuf_fini(&comment);
    pcapng_add_names(out, file->names, file->name_count);
    if (!file->has_frame)
        pcapng_add_interface(out, &(struct pcapng_interface){ .link_type = ETHERNET,
                                                              .snap_bytes = CHUNK_FRAME_MAX });
    file->is_begun = true;
}

/* The number of the interface; false when there is no more room for one. */
static bool use_interface(struct pcapng_file *file, struct strbuf *out, uint32_t *number)
{
    uint32_t link_type = file->frame.link_type;
    struct strbuf description = { 0 };

    for (*number = 0; *number < file->interface_count; ++*number) {
        if (file->link_types[*number] == link_type)
            return true;
    }
    if (file->interface_count == INTERFACES_MAX || link_type > UINT16_MAX)
        return false;
    file->link_types[file->interface_count++] = link_type;
    capture_name_add_several(&file->captured, &description);
    pcapng_add_interface(
        out, &(struct pcapng_interface){ .link_type = link_type,
                                         .snap_bytes = CHUNK_FRAME_MAX,
                                         .name = capture_name_one(&file->captured),
                                         .description = description.len ? strbuf_slice(&description)
                                                                        : SLICE_ABSENT });
    strbuf_fini(&description);
    return true;
}

static void add_packet(struct pcapng_file *file, struct strbuf *out)
{
    const struct merged_frame *f = &file->frame;
    struct exported_call *c = &file->calls[f->owner];
    uint32_t interface;

    strbuf_reset(&file->comments);
    strbuf_add_slice(&file->comments, strbuf_slice(&file->text));
    strbuf_reset(&file->text);
    if (c->notes)
        packet_notes_look(c->notes, f, &file->comments);
    if (!use_interface(file, out, &interface)) {
        file->left_out++;
        return;
    }
    pcapng_add_packet(out, &(struct pcapng_packet){ .interface = interface,
                                                    .time_ns = f->time_ns,
                                                    .captured_bytes = f->captured_bytes,
                                                    .wire_bytes = f->wire_bytes,
                                                    .data = f->data,
                                                    .comments = strbuf_slice(&file->comments) });
    file->frames++;
}

static int fill_pcapng(void *state, struct strbuf *out)
{
    struct pcapng_file *file = state;
    int err = 0;

    if (file->has_frame && !file->calls[file->frame.owner].is_begun)
        err = begin_call(file, out);
    if (err)
        return err;
    if (!file->is_begun)
        begin_file(file, out);
    if (!file->has_frame)
        return file->error;
    add_packet(file, out);
    if (file->frame.is_last) {
        packet_notes_free(file->calls[file->frame.owner].notes);
        file->calls[file->frame.owner].notes = NULL;
    }
    err = next_frame(file);
    return err ? err : file->error ? file->error : 1;
}

static void close_pcapng(void *state)
{
    struct pcapng_file *file = state;

    frame_merge_close(file->merge);
    query_close(file->query);
    for (size_t i = 0; file->calls && i < file->request->call_count; i++)
        packet_notes_free(file->calls[i].notes);
    free(file->calls);
    for (size_t i = 0; i < file->name_count; i++) {
        /* Ours: a slice points to what nobody writes to. */
        free((void *)(uintptr_t)file->names[i].name.p);
    }
    capture_name_fini(&file->captured);
    strbuf_fini(&file->comments);
    strbuf_fini(&file->text);
    free(file);
}

static int open_merge(struct pcapng_file *file)
{
    struct frame_merge_options options = { .store_dir = file->request->store_dir,
                                           .calls = file->request->calls,
                                           .call_count = file->request->call_count };
    struct frame_merge_counts counts;
    int64_t first, last;
    int err = frame_merge_open(&file->merge, &options);

    if (err == 0)
        err = next_frame(file);
    if (err)
        return err;
    frame_merge_read_counts(file->merge, &counts);
    if (!file->has_frame && counts.damaged == 0)
        return -ENOENT;
    if (frame_merge_times(file->merge, &first, &last))
        err = capture_name_find(&file->captured, file->query, first, last);
    return err;
}

static int open_pcapng(void **state, const struct export_request *request)
{
    struct pcapng_file *file = calloc(1, sizeof *file);
    int err;

    if (!file)
        return -ENOMEM;
    file->request = request;
    file->calls = calloc(request->call_count + 1, sizeof *file->calls);
    err = file->calls ? query_open(&file->query, request->store_dir) : -ENOMEM;
    if (err == 0)
        err = open_merge(file);
    if (err) {
        close_pcapng(file);
        return err;
    }
    *state = file;
    return 0;
}

static void read_pcapng_counts(const void *state, struct export_counts *out)
{
    const struct pcapng_file *file = state;

    export_writer_take_counts(file->merge, out);
    out->frames = file->frames;
    out->left_out = file->left_out;
}

const struct export_writer export_writer_pcapng = { .open = open_pcapng,
                                                    .fill = fill_pcapng,
                                                    .read_counts = read_pcapng_counts,
                                                    .close = close_pcapng };
