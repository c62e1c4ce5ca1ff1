#include "storage/export/frame_merge.h"

#include "analyzer/base/log.h"
#include "storage/export/frame_places.h"
#include "storage/packets/chunk_loader.h"
#include "storage/packets/packet_log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <xxhash.h>

enum {
    INSTANT_MAX = 256, /* frames of one time that are told apart; beyond, none is left out */
    UNITS_FIRST = 64,
};

/* Where a frame begins in its chunk. */
struct unit {
    int64_t time_ns;
    uint32_t offset;
};

/* A chunk whose time has come. */
struct loaded {
    struct unit *units;
    size_t count, room, next;
    size_t bytes; /* of all of this */
    uint64_t turn;
    uint32_t owner, link_type;
    bool is_media;
    uint32_t raw_bytes;
    uint8_t raw[];
};

/* A frame of the time that is at hand. */
struct instant_frame {
    uint64_t hash;
    uint64_t turn;       /* of its chunk */
    int64_t first, last; /* of that chunk's frames */
    uint32_t owner;
    uint32_t count; /* of that hash, of that chunk */
};

/* Of a chunk in the heap: what is compared stands here, so that chunks are not touched for it. */
struct heap_place {
    int64_t time_ns; /* of its next frame */
    uint64_t turn;   /* of frames of one time, those of the chunk opened first go first */
    struct loaded *chunk;
};

struct frame_merge {
    struct frame_places places;
    size_t next_place;
    uint32_t *left;                            /* chunks of each owner that are not used up */
    struct chunk_loader loaders[PACKET_AUDIO]; /* one for each kind that has frames */
    uint64_t turn;

    struct heap_place *heap; /* by the time of their next frames */
    size_t heap_count, heap_room;
    size_t open_bytes, open_max_bytes;
    bool is_lent; /* the frame of the heap's top */
    uint8_t *raw;

    struct instant_frame instant[INSTANT_MAX];
    size_t instant_count;
    int64_t instant_time;
    uint64_t hash_seed; /* nobody can prepare frames that look alike */

    int64_t newest_time;
    struct frame_merge_counts counts;
};

/* ---- chunks ---- */

static uint8_t kind_of(int64_t place)
{
    return (uint8_t)((uint64_t)place >> 56);
}

static uint32_t segment_of(int64_t place)
{
    return (uint32_t)((uint64_t)place >> 32) & CHUNK_SEGMENT_MAX;
}

static uint64_t offset_of(int64_t place)
{
    return (uint64_t)place & UINT32_MAX;
}

static enum chunk_parse read_chunk(struct frame_merge *m, const struct frame_place *p,
                                   struct chunk_header *h)
{
    uint8_t kind = kind_of(p->place);
    struct chunk_place place = { .segment = segment_of(p->place),
                                 .offset = offset_of(p->place),
                                 .stored_bytes = p->stored_bytes,
                                 .audio_segment = segment_of(p->audio),
                                 .audio_offset = offset_of(p->audio),
                                 .audio_bytes = p->audio_bytes };

    if (kind >= PACKET_AUDIO)
        return CHUNK_BAD_FIELD;
    return chunk_loader_read(&m->loaders[kind], p->day, kind, &place, m->raw, h);
}

static int by_time(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static bool add_unit(struct loaded *c, int64_t time_ns, size_t offset)
{
    if (c->count == c->room) {
        size_t room = c->room ? c->room * 2 : UNITS_FIRST;
        struct unit *grown = realloc(c->units, room * sizeof *grown);

        if (!grown)
            return false;
        c->units = grown;
        c->room = room;
    }
    c->units[c->count++] = (struct unit){ time_ns, (uint32_t)offset };
    return true;
}

/* Where each frame begins, by time: those that waited for others lie behind younger ones. */
static int index_frames(struct frame_merge *m, struct loaded *c)
{
    struct chunk_reader r = chunk_reader_of(c->raw, c->raw_bytes);
    bool in_order = true;

    for (;;) {
        size_t offset = c->raw_bytes - r.left.len;
        enum chunk_entry entry = chunk_read(&r);

        if (entry == CHUNK_BROKEN) /* the checksum was right: not written by us */
            m->counts.damaged++;
        if (entry == CHUNK_END || entry == CHUNK_BROKEN)
            break;
        if (entry != CHUNK_FRAME)
            continue;
        if (c->count && c->units[c->count - 1].time_ns > r.frame.time_ns)
            in_order = false;
        if (!add_unit(c, r.frame.time_ns, offset))
            return -ENOMEM;
    }
    if (!in_order)
        qsort(c->units, c->count, sizeof *c->units, by_time);
    return 0;
}

static void free_loaded(struct frame_merge *m, struct loaded *c)
{
    m->open_bytes -= c->bytes;
    m->left[c->owner]--;
    free(c->units);
    free(c);
}

/* ---- the heap ---- */

static bool goes_before(const struct heap_place *a, const struct heap_place *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->turn < b->turn;
}

/* `it` goes to where it belongs, from the end on. */
static void sift_up(struct frame_merge *m, size_t at, struct heap_place it)
{
    for (; at > 0 && goes_before(&it, &m->heap[(at - 1) / 2]); at = (at - 1) / 2)
        m->heap[at] = m->heap[(at - 1) / 2];
    m->heap[at] = it;
}

/* … from the top on, which is free. */
static void sift_down(struct frame_merge *m, struct heap_place it)
{
    size_t at = 0, child;

    while ((child = 2 * at + 1) < m->heap_count) {
        if (child + 1 < m->heap_count && goes_before(&m->heap[child + 1], &m->heap[child]))
            child++;
        if (!goes_before(&m->heap[child], &it))
            break;
        m->heap[at] = m->heap[child];
        at = child;
    }
    m->heap[at] = it;
}

static int push(struct frame_merge *m, struct loaded *c)
{
    struct heap_place it = { c->units[0].time_ns, c->turn, c };

    if (m->heap_count == m->heap_room) {
        size_t room = m->heap_room ? m->heap_room * 2 : 64;
        struct heap_place *grown = realloc(m->heap, room * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        m->heap = grown;
        m->heap_room = room;
    }
    sift_up(m, m->heap_count++, it);
    return 0;
}

/* The lent frame is used up: on to the next one of its chunk. */
static void advance(struct frame_merge *m)
{
    struct heap_place top = m->heap[0];
    struct loaded *c = top.chunk;

    m->is_lent = false;
    if (++c->next < c->count) {
        top.time_ns = c->units[c->next].time_ns;
    } else {
        free_loaded(m, c);
        top = m->heap[--m->heap_count];
    }
    if (m->heap_count)
        sift_down(m, top);
}

/* ---- what is loaded when ---- */

static void note_damaged(struct frame_merge *m, const struct frame_place *p,
                         enum chunk_parse result)
{
    log_warn("store: a chunk (segment %u, byte %llu) is %s: left out",
             (unsigned)segment_of(p->place), (unsigned long long)offset_of(p->place),
             chunk_parse_text(result));
    m->counts.damaged++;
    m->left[p->owner]--;
}

static int load_next(struct frame_merge *m)
{
    const struct frame_place *p = &m->places.list[m->next_place++];
    struct chunk_header h;
    enum chunk_parse result = read_chunk(m, p, &h);
    struct loaded *c;
    int err;

    m->counts.done_bytes += p->stored_bytes + p->audio_bytes;
    if (result != CHUNK_OK) {
        note_damaged(m, p, result);
        return 0;
    }
    c = malloc(sizeof *c + h.raw_bytes);
    if (!c)
        return -ENOMEM;
    *c = (struct loaded){ .owner = p->owner,
                          .link_type = h.link_type,
                          .is_media = h.kind == PACKET_MEDIA,
                          .turn = ++m->turn,
                          .raw_bytes = h.raw_bytes };
    memcpy(c->raw, m->raw, h.raw_bytes);
    err = index_frames(m, c);
    c->bytes = sizeof *c + c->raw_bytes + c->room * sizeof *c->units;
    m->open_bytes += c->bytes;
    if (err == 0 && c->count)
        err = push(m, c);
    if (err || c->count == 0)
        free_loaded(m, c);
    return err;
}

/* Whatever could hold the next frame. */
static int load_due(struct frame_merge *m)
{
    int err = 0;

    while (err == 0 && m->next_place < m->places.count) {
        if (m->heap_count && (m->places.list[m->next_place].first_time > m->heap[0].time_ns ||
                              m->open_bytes >= m->open_max_bytes))
            break;
        err = load_next(m);
    }
    return err;
}

/* ---- once each ---- */

/* Is another frame of this time at hand? Without one, nothing need be compared. */
static bool is_lone(const struct frame_merge *m, int64_t time_ns)
{
    if (m->instant_count && m->instant_time == time_ns)
        return false;
    for (size_t child = 1; child <= 2 && child < m->heap_count; child++) {
        if (m->heap[child].time_ns == time_ns)
            return false;
    }
    return true;
}

static uint64_t hash_of(const struct frame_merge *m, const struct chunk_frame *f)
{
    return XXH3_64bits_withSeed(f->data, f->captured_bytes, m->hash_seed) ^
           (uint64_t)f->wire_bytes * 0x9e3779b97f4a7c15u;
}

/* Chunks of one call follow each other; they overlap where two captures that did were stored. Both begin
 * with the same packet then, or the call would be another one. */
static bool may_repeat(const struct instant_frame *a, const struct instant_frame *b)
{
    bool overlap = (a->first < b->last && b->first < a->last) || a->first == b->first;

    return a->owner != b->owner || (a->turn != b->turn && overlap);
}

/* Of as many frames alike as one chunk has, and no more. */
static bool came_already(struct frame_merge *m, const struct chunk_frame *f,
                         const struct loaded *top)
{
    struct instant_frame now = { .turn = top->turn,
                                 .first = top->units[0].time_ns,
                                 .last = top->units[top->count - 1].time_ns,
                                 .owner = top->owner };
    struct instant_frame *own = NULL;
    uint32_t others = 0;

    if (is_lone(m, f->time_ns))
        return false;
    if (m->instant_time != f->time_ns)
        m->instant_count = 0;
    m->instant_time = f->time_ns;
    now.hash = hash_of(m, f);
    for (size_t i = 0; i < m->instant_count; i++) {
        struct instant_frame *seen = &m->instant[i];

        if (seen->hash != now.hash)
            continue;
        if (seen->turn == now.turn)
            own = seen;
        else if (seen->count > others && may_repeat(seen, &now))
            others = seen->count;
    }
    if (!own && m->instant_count == INSTANT_MAX)
        return false;
    if (!own) {
        own = &m->instant[m->instant_count++];
        *own = now;
    }
    return ++own->count <= others;
}

static void lend(struct frame_merge *m, const struct chunk_frame *f, struct merged_frame *out)
{
    const struct loaded *top = m->heap[0].chunk;

    *out =
        (struct merged_frame){ .time_ns = f->time_ns,
                               .data = f->data,
                               .captured_bytes = f->captured_bytes,
                               .wire_bytes = f->wire_bytes,
                               .link_type = top->link_type,
                               .owner = top->owner,
                               .is_media = top->is_media,
                               .is_last = m->left[top->owner] == 1 && top->next + 1 == top->count };
    m->counts.frames++;
    m->counts.cut += top->is_media && f->captured_bytes < f->wire_bytes;
    m->counts.late += f->time_ns < m->newest_time;
    if (f->time_ns > m->newest_time)
        m->newest_time = f->time_ns;
}

int frame_merge_next(struct frame_merge *m, struct merged_frame *frame)
{
    for (;;) {
        struct chunk_reader r;
        const struct loaded *top;
        uint32_t offset;
        int err;

        if (m->is_lent)
            advance(m);
        err = load_due(m);
        if (err || m->heap_count == 0)
            return err;
        top = m->heap[0].chunk;
        offset = top->units[top->next].offset;
        r = chunk_reader_of(top->raw + offset, top->raw_bytes - offset);
        chunk_read(&r);
        m->is_lent = true;
        if (!came_already(m, &r.frame, top)) {
            lend(m, &r.frame, frame);
            return 1;
        }
        m->counts.repeated++;
    }
}

/* ---- open and close ---- */

static int count_left(struct frame_merge *m, size_t owners)
{
    m->left = calloc(owners + 1, sizeof *m->left);
    if (!m->left)
        return -ENOMEM;
    for (size_t i = 0; i < m->places.count; i++)
        m->left[m->places.list[i].owner]++;
    return 0;
}

int frame_merge_open(struct frame_merge **mp, const struct frame_merge_options *options)
{
    struct frame_merge *m = calloc(1, sizeof *m);
    int err;

    if (!m)
        return -ENOMEM;
    m->open_max_bytes = options->open_max_bytes ? options->open_max_bytes : FRAME_MERGE_OPEN_BYTES;
    m->newest_time = INT64_MIN;
    for (size_t i = 0; i < PACKET_AUDIO; i++)
        chunk_loader_init(&m->loaders[i], options->store_dir);
    m->raw = malloc(CHUNK_RAW_MAX);
    err = m->raw ? 0 : -ENOMEM;
    if (err == 0 && getrandom(&m->hash_seed, sizeof m->hash_seed, 0) < 0)
        err = -errno;
    if (err == 0)
        err =
            frame_places_find(&m->places, options->store_dir, options->calls, options->call_count);
    if (err == 0)
        err = count_left(m, options->call_count);
    if (err) {
        frame_merge_close(m);
        return err;
    }
    m->counts.damaged = m->places.damaged;
    m->counts.total_bytes = m->places.stored_bytes;
    *mp = m;
    return 0;
}

void frame_merge_close(struct frame_merge *m)
{
    if (!m)
        return;
    while (m->heap_count > 0)
        free_loaded(m, m->heap[--m->heap_count].chunk);
    for (size_t i = 0; i < PACKET_AUDIO; i++)
        chunk_loader_fini(&m->loaders[i]);
    frame_places_free(&m->places);
    free(m->heap);
    free(m->left);
    free(m->raw);
    free(m);
}

void frame_merge_read_counts(const struct frame_merge *m, struct frame_merge_counts *counts)
{
    *counts = m->counts;
}

bool frame_merge_times(const struct frame_merge *m, int64_t *first, int64_t *last)
{
    if (m->places.count == 0)
        return false;
    *first = m->places.list[0].first_time;
    *last = m->places.last_time;
    return true;
}
