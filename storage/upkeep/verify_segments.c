/*
 * A segment is walked from its first chunk to its end, each chunk being read whole, and the rows of the
 * index beside it: they are in the same order. Where a chunk is damaged the walk goes on at the next place
 * that a row, or the chunk's own length, says.
 */
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/packets/segment_file.h"
#include "storage/upkeep/verify_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A segment, and where the walk is. */
struct walk {
    struct verify *v;
    uint8_t kind;
    uint32_t number;
    char file[STORE_NAME_MAX];
    int fd;
    uint64_t size, at;
    size_t row; /* of the rows: the first that is not behind us */
};

static const char row_advice[] = "'earshot store rebuild-index' makes it anew";
static const char damage_advice[] =
    "the packets in it are lost; the others are read as before; look at the disk";

static int by_place(const void *a, const void *b)
{
    const struct verify_payload *x = a, *y = b;

    if (x->segment != y->segment)
        return x->segment < y->segment ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int add_payload(struct verify *v, uint32_t segment, uint64_t offset, uint32_t bytes)
{
    if (v->payload_count == v->payload_room) {
        size_t room = v->payload_room ? v->payload_room * 2 : 1024;
        struct verify_payload *grown = realloc(v->payloads, room * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        v->payloads = grown;
        v->payload_room = room;
    }
    v->payloads[v->payload_count++] =
        (struct verify_payload){ .segment = segment, .offset = offset, .bytes = bytes };
    return 0;
}

/* The row's chunk is not there, unless the row went meanwhile. */
static void row_fault(struct walk *w, const struct verify_row *row, const char *what)
{
    char text[96];

    if (!verify_rows_has(w->v, row))
        return;
    snprintf(text, sizeof text, "the row of call %016llx points to %s", (unsigned long long)row->id,
             what);
    verify_fault(w->v, w->file, (int64_t)((uint64_t)row->place & UINT32_MAX), text, row_advice);
}

/* The payloads of a media chunk that a row points to: where the row says, which for a pinned call may be
 * another place than the chunk itself knows. */
static int check_payloads(struct walk *w, const struct verify_row *row,
                          const struct media_audio *audio)
{
    struct media_audio there = *audio;
    struct verify *v = w->v;
    enum chunk_parse result;
    char text[96];

    if (audio->stored_bytes == 0)
        return 0;
    if (row->audio_bytes == 0) {
        v->result->silent++;
        return 0;
    }
    there.segment = row->audio_segment;
    there.offset = row->audio_offset;
    result = row->audio_bytes == audio->stored_bytes
                 ? chunk_loader_check_audio(&v->loader, v->day, &there)
                 : CHUNK_BAD_FIELD;
    if (result == CHUNK_NO_MEMORY)
        return -ENOMEM;
    if (result == CHUNK_OK) {
        verify_done(v, there.stored_bytes);
        return add_payload(v, there.segment, there.offset, there.stored_bytes);
    }
    if (result == CHUNK_FORGOTTEN || v->loader.payloads.fd < 0) {
        v->result->silent++;
        return 0;
    }
    if (!verify_rows_has(v, row))
        return 0;
    snprintf(text, sizeof text, "its payloads in %s-%06u.seg, byte %llu: %s",
             segment_kind_name(PACKET_AUDIO), (unsigned)row->audio_segment,
             (unsigned long long)row->audio_offset,
             result == CHUNK_BAD_FIELD ? "those of another chunk" : chunk_parse_text(result));
    verify_fault(v, w->file, (int64_t)w->at, text,
                 "the headers are read as before; 'earshot store rebuild-index' forgets the rest");
    return 0;
}

/* A whole chunk at w->at, and its row if it has one. */
static int check_row(struct walk *w, const struct chunk_header *h, uint32_t stored_bytes)
{
    struct verify *v = w->v;
    struct verify_row *row = w->row < v->row_count ? &v->rows[w->row] : NULL;
    struct media_audio audio;

    if (!row || row->place != chunk_place(w->kind, w->number, w->at)) {
        v->result->unreferenced++;
        v->result->unreferenced_bytes += stored_bytes;
        return 0;
    }
    row->found = true;
    if (row->id != h->id || row->frames != h->frames || row->stored_bytes != stored_bytes ||
        row->first_time != h->first_time || row->last_time != h->last_time)
        row_fault(w, row, "a chunk that is another");
    media_chunk_audio(bytes_of(v->stored, stored_bytes), h, &audio);
    return check_payloads(w, row, &audio);
}

/* A chunk of payloads: whoever points to it has looked at it already. */
static void check_payload_chunk(struct walk *w, uint32_t stored_bytes)
{
    struct verify *v = w->v;
    const struct verify_payload key = { .segment = w->number, .offset = w->at };

    if (v->payload_count && bsearch(&key, v->payloads, v->payload_count, sizeof key, by_place))
        return;
    v->result->unreferenced++;
    v->result->unreferenced_bytes += stored_bytes;
}

/* Rows before w->at whose chunks were not met. */
static void pass_rows(struct walk *w)
{
    struct verify *v = w->v;
    int64_t here = chunk_place(w->kind, w->number, w->at);

    for (; w->row < v->row_count && v->rows[w->row].place < here; w->row++) {
        if (!v->rows[w->row].found)
            row_fault(w, &v->rows[w->row], "no whole chunk");
    }
}

/* Rows of this segment that point behind its end. */
static void check_end(struct walk *w)
{
    struct verify *v = w->v;
    int64_t next = chunk_place(w->kind, w->number + 1, 0);
    uint64_t lost = 0;
    char text[96];

    pass_rows(w);
    for (; w->row < v->row_count && v->rows[w->row].place < next; w->row++)
        lost += verify_rows_has(v, &v->rows[w->row]);
    if (lost == 0)
        return;
    snprintf(text, sizeof text, "%llu rows of the index point behind the end of the file",
             (unsigned long long)lost);
    verify_fault(v, w->file, (int64_t)w->size, text, row_advice);
}

/* Reads the chunk at w->at, whole; *bytes: how long it is, as far as that is known. */
static enum chunk_parse read_chunk(struct walk *w, struct chunk_header *h, uint32_t *bytes)
{
    uint8_t *stored = w->v->stored;
    enum chunk_parse result;

    *bytes = CHUNK_HEADER_BYTES;
    if (w->size - w->at < *bytes || segment_file_read(w->fd, stored, *bytes, w->at) != 0)
        return CHUNK_SHORT;
    result = chunk_parse_header(bytes_of(stored, *bytes), h);
    if (result != CHUNK_OK && result != CHUNK_FORGOTTEN)
        return result;
    *bytes += h->payload_bytes;
    if (w->size - w->at < *bytes)
        return CHUNK_SHORT;
    if (result == CHUNK_FORGOTTEN)
        return result;
    if (segment_file_read(w->fd, stored, *bytes, w->at) != 0)
        return CHUNK_SHORT;
    result = w->kind == PACKET_AUDIO ? chunk_check(bytes_of(stored, *bytes), h)
                                     : chunk_decode(bytes_of(stored, *bytes), h, w->v->raw);
    return result == CHUNK_OK && h->kind != w->kind ? CHUNK_BAD_FIELD : result;
}

/* Does a chunk begin there, by its looks? */
static bool begins_at(struct walk *w, uint64_t at)
{
    uint8_t header[CHUNK_HEADER_BYTES];
    struct chunk_header h;
    enum chunk_parse result;

    if (w->size - at < sizeof header || segment_file_read(w->fd, header, sizeof header, at) != 0)
        return at == w->size;
    result = chunk_parse_header(bytes_of(header, sizeof header), &h);
    return result == CHUNK_OK || result == CHUNK_FORGOTTEN;
}

/* Behind a damaged chunk: where its length says, where the next row says, or the end. */
static void go_on(struct walk *w, uint32_t bytes, enum chunk_parse result)
{
    struct verify *v = w->v;
    uint64_t from = w->at, next = w->size;
    size_t row = w->row;
    bool is_known = row < v->row_count && /* a row says that it was whole once */
                    v->rows[row].place == chunk_place(w->kind, w->number, from);

    while (row < v->row_count && v->rows[row].place <= chunk_place(w->kind, w->number, from))
        v->rows[row++].found = true; /* it is told once */
    if (row < v->row_count && v->rows[row].place < chunk_place(w->kind, w->number + 1, 0))
        next = (uint64_t)v->rows[row].place & UINT32_MAX;
    if (bytes > CHUNK_HEADER_BYTES && from + bytes <= next && begins_at(w, from + bytes))
        next = from + bytes;
    if (next > w->size)
        next = w->size;
    w->at = next;
    if (next < w->size || w->size - from > CHUNK_STORED_MAX || is_known) {
        verify_fault(v, w->file, (int64_t)from, chunk_parse_text(result), damage_advice);
        return;
    }
    v->result->torn_bytes += w->size - from;
    verify_note(v, w->file, (int64_t)from,
                "the file ends in a torn chunk, as a killed probe leaves it");
}

static int walk_segment(struct walk *w)
{
    struct verify *v = w->v;
    int err = 0;

    while (w->at < w->size && err == 0) {
        struct chunk_header h;
        uint32_t bytes;
        enum chunk_parse result = read_chunk(w, &h, &bytes);
        uint64_t from = w->at;

        if (result != CHUNK_OK && result != CHUNK_FORGOTTEN) /* one that is just being forgotten */
            result = read_chunk(w, &h, &bytes);
        pass_rows(w);
        if (result == CHUNK_NO_MEMORY)
            return -ENOMEM;
        if (result == CHUNK_OK) {
            v->result->chunks++;
            v->result->frames += w->kind == PACKET_AUDIO ? 0 : h.frames;
            if (w->kind == PACKET_AUDIO)
                check_payload_chunk(w, bytes);
            else
                err = check_row(w, &h, bytes);
            w->at += bytes;
        } else if (result == CHUNK_FORGOTTEN) {
            v->result->gravestones++;
            v->result->gravestone_bytes += bytes;
            w->at += bytes;
        } else {
            go_on(w, bytes, result);
        }
        v->progress.chunks = v->result->chunks;
        v->progress.frames = v->result->frames;
        verify_done(v, w->at - from);
    }
    check_end(w);
    return err;
}

/* What the rows say of this segment is in the same order; of payloads there are none. */
static size_t first_row(const struct verify *v, uint8_t kind, uint32_t number)
{
    size_t low = 0, high = v->row_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (v->rows[middle].place < chunk_place(kind, number, 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int check_segment(struct verify *v, uint8_t kind, uint32_t number)
{
    struct walk w = { .v = v, .kind = kind, .number = number, .row = first_row(v, kind, number) };
    struct stat st;
    int err;

    snprintf(w.file, sizeof w.file, "%s-%06u.seg", segment_kind_name(kind), (unsigned)number);
    w.fd = segment_open_read(v->options->store_dir, v->day, kind, number);
    if (w.fd == -ENOENT) /* retention was quicker */
        return 0;
    if (w.fd < 0 || fstat(w.fd, &st) != 0) {
        verify_fault(v, w.file, -1, strerror(w.fd < 0 ? -w.fd : errno), "may this user read it?");
        if (w.fd >= 0)
            close(w.fd);
        return 0;
    }
    w.size = (uint64_t)st.st_size;
    v->result->bytes += w.size;
    err = walk_segment(&w);
    close(w.fd);
    return err;
}

/* Rows of that kind whose segment is not there. */
static void check_rest(struct verify *v, uint8_t kind)
{
    size_t i = first_row(v, kind, 0), end = first_row(v, (uint8_t)(kind + 1), 0);
    uint32_t told = 0;

    for (; i < end; i++) {
        uint32_t number = (uint32_t)((uint64_t)v->rows[i].place >> 32) & CHUNK_SEGMENT_MAX;
        char file[STORE_NAME_MAX];

        if (v->rows[i].found || number == told)
            continue;
        snprintf(file, sizeof file, "%s-%06u.seg", segment_kind_name(kind), (unsigned)number);
        if (segment_file_exists(v->options->store_dir, v->day, kind, number) ||
            !verify_rows_has(v, &v->rows[i]))
            continue;
        told = number;
        verify_fault(v, file, -1, "rows of the index point to this file, and it is not there",
                     "'earshot store rebuild-index' forgets them");
    }
}

static int check_kind(struct verify *v, uint8_t kind)
{
    uint32_t *numbers = NULL;
    size_t count = 0;
    int err = segment_file_list(v->options->store_dir, v->day, kind, &numbers, &count);

    if (err == -ENOENT)
        return 0;
    for (size_t i = 0; i < count && err == 0; i++)
        err = check_segment(v, kind, numbers[i]);
    free(numbers);
    if (err == 0)
        check_rest(v, kind);
    return err;
}

int verify_segments(struct verify *v)
{
    int err = check_kind(v, PACKET_SIP);

    if (err == 0)
        err = check_kind(v, PACKET_MEDIA);
    if (v->payload_count)
        qsort(v->payloads, v->payload_count, sizeof v->payloads[0], by_place);
    return err ? err : check_kind(v, PACKET_AUDIO);
}
