#include "storage/export/export_writer.h"
#include "storage/export/frame_merge.h"
#include "storage/packets/chunk.h"

#include <errno.h>
#include <stdlib.h>

enum { FILE_HEADER_BYTES = 24, RECORD_HEADER_BYTES = 16, NS_PER_S = 1000000000, ETHERNET = 1 };
#define PCAP_MAGIC_NS 0xa1b23c4du

struct pcap_file {
    struct frame_merge *merge;
    struct merged_frame frame; /* that comes next */
    bool has_frame, is_begun;
    uint32_t link_type;
    uint64_t frames, left_out;
};

/* Little-endian, as nearly every pcap is. */
static void put_le(uint8_t *p, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++, v >>= 8)
        p[i] = (uint8_t)v;
}

static void add_file_header(struct strbuf *out, uint32_t link_type)
{
    uint8_t p[FILE_HEADER_BYTES] = { 0 };

    put_le(p, PCAP_MAGIC_NS, 4);
    put_le(p + 4, 2, 2);
    put_le(p + 6, 4, 2);
    put_le(p + 16, CHUNK_FRAME_MAX, 4);
    put_le(p + 20, link_type, 4);
    strbuf_add(out, p, sizeof p);
}

static void add_record(struct strbuf *out, const struct merged_frame *f)
{
    uint64_t time = f->time_ns > 0 ? (uint64_t)f->time_ns : 0;
    uint8_t p[RECORD_HEADER_BYTES];

    put_le(p, time / NS_PER_S, 4);
    put_le(p + 4, time % NS_PER_S, 4);
    put_le(p + 8, f->captured_bytes, 4);
    put_le(p + 12, f->wire_bytes, 4);
    strbuf_add(out, p, sizeof p);
    strbuf_add(out, f->data, f->captured_bytes);
}

static int next_frame(struct pcap_file *file)
{
    int got = frame_merge_next(file->merge, &file->frame);

    file->has_frame = got > 0;
    return got < 0 ? got : 0;
}

static void close_pcap(void *state)
{
    struct pcap_file *file = state;

    frame_merge_close(file->merge);
    free(file);
}

static int open_pcap(void **state, const struct export_request *request)
{
    struct frame_merge_options options = { .store_dir = request->store_dir,
                                           .calls = request->calls,
                                           .call_count = request->call_count };
    struct pcap_file *file = calloc(1, sizeof *file);
    struct frame_merge_counts counts;
    int err = file ? frame_merge_open(&file->merge, &options) : -ENOMEM;

    if (err == 0)
        err = next_frame(file);
    if (err == 0) {
        frame_merge_read_counts(file->merge, &counts);
        if (!file->has_frame && counts.damaged == 0)
            err = -ENOENT;
    }
    if (err) {
        if (file)
            close_pcap(file);
        return err;
    }
    file->link_type = file->has_frame ? file->frame.link_type : ETHERNET;
    *state = file;
    return 0;
}

static int fill_pcap(void *state, struct strbuf *out)
{
    struct pcap_file *file = state;
    int err;

    if (!file->is_begun) {
        add_file_header(out, file->link_type);
        file->is_begun = true;
        return 1;
    }
    if (!file->has_frame)
        return 0;
    if (file->frame.link_type == file->link_type) {
        add_record(out, &file->frame);
        file->frames++;
    } else {
        file->left_out++;
    }
    err = next_frame(file);
    return err ? err : 1;
}

static void read_pcap_counts(const void *state, struct export_counts *out)
{
    const struct pcap_file *file = state;

    export_writer_take_counts(file->merge, out);
    out->frames = file->frames;
    out->left_out = file->left_out;
}

const struct export_writer export_writer_pcap = {
    .open = open_pcap, .fill = fill_pcap, .read_counts = read_pcap_counts, .close = close_pcap
};
