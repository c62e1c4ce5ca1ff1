/*
 * The way of a packet: copied behind the one before it in its call's open chunk, and that is all
 * the analysis thread does. A chunk that is full, old or finished is passed on:
 *
 *     open  --pass_on-->  queued  --store_chunk-->  stored (told to the writer) or dropped (counted)
 *       ^                                               |
 *       +------------------- pool <---------------------+
 *
 * Open chunks stand in one list, oldest first. Who adds a packet passes on two of those that are due,
 * so that a hundred thousand chunks that were opened in the same second cost no packet its time.
 *
 * With thousands of calls the next packet is always another call's, and what its copy waits for is
 * memory that is in no cache. So what the copy needs stands in the keeper, in two neighbouring
 * lines; the chunk learns of it when it is passed on, and its own head is not touched before.
 *
 * Signalling gets a small chunk that grows (a call that fails is 2 KiB), media one of 32 KiB while
 * there is plenty of memory; when half of it is taken smaller ones, down to 2 KiB, and in the last eighth
 * the oldest make room for each new one.
 *
 * While it is not settled how much of a call is kept, the end of each chunk of its media says for each
 * frame how much of it is no content, two bytes a frame from the end of the room downwards: so the
 * chunk can still be cut to its headers.
 */
#include "storage/packets/packet_log_parts.h"

#include "analyzer/record_id.h"
#include "storage/packets/chunk.h"

#include <stdlib.h>
#include <time.h>

enum {
    DUE_A_PACKET = 2, /* more than a packet opens */
    TICK_NS = 500000, /* what a tick may take of a live run's time */
    TICK_LOOKS = 64,  /* chunks from one look at the clock to the next */
    SIP_FIRST_BYTES = 2048,
    SIP_MAX_BYTES = 30 << 10, /* what the largest of the pool's chunks holds for sure */
    CAPTURED_MASK = 0xffffff,
    MARK_BYTES = 2,
    MARK_MAX = UINT16_MAX, /* the whole frame */
    KEEPER_BYTES = 128,
    CACHE_LINE_BYTES = 64,
    PREFETCH_MAX_BYTES = 512,
};

#define OLD_NS   INT64_C(2000000000)
#define YOUNG_NS INT64_C(125000000)

_Static_assert(sizeof(struct packet_keeper) <= KEEPER_BYTES, "two lines of the cache");

/* --- the list by age ------------------------------------------------------------------------ */

static void note_oldest(struct packet_log *log)
{
    int64_t opened = log->oldest ? log->oldest->opened_time : INT64_MAX;

    log->due_ns = opened > INT64_MAX - OLD_NS ? INT64_MAX : opened + OLD_NS;
}

static void unlink_chunk(struct packet_log *log, struct open_chunk *c)
{
    if (c->newer)
        c->newer->older = c->older;
    else
        log->newest = c->older;
    if (c->older) {
        c->older->newer = c->newer;
    } else {
        log->oldest = c->newer;
        note_oldest(log);
    }
}

/* At the newest end of the list. */
static void link_chunk(struct packet_log *log, struct open_chunk *c)
{
    c->newer = NULL;
    c->older = log->newest;
    log->newest = c;
    if (c->older) {
        c->older->newer = c;
    } else {
        log->oldest = c;
        note_oldest(log);
    }
}

/* --- out of memory's hands ------------------------------------------------------------------ */

/* Tells the chunk what its lane knows. */
static void settle(struct packet_lane *lane)
{
    struct open_chunk *c = lane->chunk;

    c->used = (uint32_t)(lane->at - c->data);
    c->frames = lane->frames;
    c->first_time = lane->first_time;
    c->last_time = lane->last_time;
    c->frame_bytes = c->used - (uint64_t)c->frames * CHUNK_FRAME_HEADER_BYTES -
                     (uint64_t)c->messages * CHUNK_MESSAGE_BYTES - c->text_bytes;
}

static void pass_on(struct packet_log *log, struct open_chunk *c)
{
    struct packet_keeper *k = c->keeper;
    struct packet_lane *lane = &k->lanes[c->kind];
    int32_t day;

    unlink_chunk(log, c);
    settle(lane);
    *lane = (struct packet_lane){ .chunk = NULL };
    c->keeper = NULL;
    day = packet_log_chunk_day(c);
    k->last_day = day > k->last_day ? day : k->last_day;
    k->passed_on |= (uint8_t)(1u << c->kind);
    if (c->kind == PACKET_MEDIA && k->keep == PACKET_KEEP_FULL)
        k->passed_on |= 1u << PACKET_AUDIO;
    packet_log_send(log, c);
}

static void pass_on_all(struct packet_log *log, struct packet_keeper *k)
{
    for (int kind = 0; kind < PACKET_LANES; kind++) {
        if (k->lanes[kind].chunk)
            pass_on(log, k->lanes[kind].chunk);
    }
}

static void pass_on_due(struct packet_log *log, int64_t now_ns)
{
    for (int i = 0; i < DUE_A_PACKET && now_ns >= log->due_ns; i++)
        pass_on(log, log->oldest);
}

static int64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void packet_log_tick(struct packet_log *log, int64_t now_ns)
{
    int64_t until = log->wait_when_full ? INT64_MAX : monotonic_ns() + TICK_NS;

    for (unsigned looked = 0; log->oldest; looked++) {
        int64_t first = log->oldest->opened_time;

        /* A time far ahead is old too: the packets' clock has jumped back since. */
        if (now_ns > first ? (uint64_t)now_ns - (uint64_t)first < (uint64_t)OLD_NS
                           : (uint64_t)first - (uint64_t)now_ns < (uint64_t)OLD_NS)
            return;
        if (looked % TICK_LOOKS == TICK_LOOKS - 1 && monotonic_ns() >= until)
            return;
        pass_on(log, log->oldest);
    }
}

/* --- room ----------------------------------------------------------------------------------- */

/* What is open, in eighths of what may be: the rest of the cap is for what is on its way. */
static unsigned open_eighths(const struct packet_log *log)
{
    size_t used = atomic_load_explicit(&log->pool.used_bytes, memory_order_relaxed);
    size_t queued = atomic_load_explicit(&log->pool.queued_bytes, memory_order_relaxed);
    size_t eighth = (log->pool.max_bytes - log->pool.queued_max_bytes) / 8;

    return queued < used ? (unsigned)((used - queued) / eighth) : 0;
}

/* How large a chunk of media may be, as memory gets less. */
static unsigned media_class(unsigned eighths)
{
    unsigned less = eighths < 4 ? 0 : eighths - 3;

    return less < CHUNK_POOL_CLASSES ? CHUNK_POOL_CLASSES - 1 - less : 0;
}

/* Of what is open the oldest makes room, unless the disk is what everything waits for. Not the very
 * young: with more calls than there is memory for, each packet would be a chunk of its own. */
static void relieve(struct packet_log *log, unsigned eighths, int64_t now_ns)
{
    if (eighths < 7)
        return;
    for (int i = 0; i < DUE_A_PACKET && log->oldest; i++) {
        if (now_ns - log->oldest->opened_time < YOUNG_NS ||
            atomic_load_explicit(&log->pool.queued_bytes, memory_order_relaxed) >=
                log->pool.queued_max_bytes / 2)
            return;
        pass_on(log, log->oldest);
    }
}

/* A chunk of that class, or the least that holds `room`. */
static struct open_chunk *take_chunk(struct packet_log *log, size_t room, unsigned size_class)
{
    struct open_chunk *c = chunk_pool_take(&log->pool, room, size_class);

    if (!c && size_class)
        c = chunk_pool_take(&log->pool, room, 0);
    if (c || !log->wait_when_full)
        return c;
    while (!c && log->oldest) {
        pass_on(log, log->oldest);
        chunk_pool_wait(&log->pool, 0);
        c = chunk_pool_take(&log->pool, room, 0);
    }
    return c;
}

/* Memory is taken up by what the disk is too slow for, or by what is open. */
static void count_no_room(struct packet_log *log, const struct frame *frame)
{
    size_t queued = atomic_load_explicit(&log->pool.queued_bytes, memory_order_relaxed);

    packet_log_count(
        log, queued >= log->pool.queued_max_bytes / 2 ? PACKET_LOSS_QUEUE_FULL : PACKET_LOSS_MEMORY,
        1, frame->captured_bytes);
}

/* A chunk with more room takes the place of the lane's. */
static bool grow(struct packet_log *log, struct packet_lane *lane, size_t need)
{
    struct open_chunk *c = lane->chunk, *wider;
    size_t room = (size_t)c->room * 2;
    uint32_t wider_room;
    uint8_t wider_class;

    settle(lane);
    if (room > CHUNK_RAW_MAX)
        room = CHUNK_RAW_MAX;
    if (room < c->used + need)
        room = c->used + need;
    wider = chunk_pool_take(&log->pool, room, 0);
    if (!wider)
        return false;
    wider_room = wider->room;
    wider_class = wider->size_class;
    memcpy(wider, c, sizeof *c + c->used);
    wider->room = wider_room;
    wider->size_class = wider_class;
    if (wider->older)
        wider->older->newer = wider;
    else
        log->oldest = wider;
    if (wider->newer)
        wider->newer->older = wider;
    else
        log->newest = wider;
    lane->chunk = wider;
    lane->at = wider->data + wider->used;
    lane->left = wider->room - wider->used;
    chunk_pool_release(&log->pool, c);
    return true;
}

static bool grow_to_hold(struct packet_log *log, struct packet_lane *lane, size_t need)
{
    return (size_t)(lane->at - lane->chunk->data) + need <= CHUNK_RAW_MAX && grow(log, lane, need);
}

static bool open_lane(struct packet_log *log, struct packet_keeper *k, enum packet_kind kind,
                      const struct frame *frame, size_t need)
{
    unsigned eighths = open_eighths(log);
    bool media = kind == PACKET_MEDIA;
    size_t room = !media && need < SIP_FIRST_BYTES ? SIP_FIRST_BYTES : need;
    struct open_chunk *c;

    relieve(log, eighths, frame->time_ns);
    c = take_chunk(log, room, media ? media_class(eighths) : 0);
    if (!c) {
        count_no_room(log, frame);
        return false;
    }
    c->kind = (uint8_t)kind;
    c->id = k->id;
    c->keeper = k;
    c->link_type = frame->link_type;
    c->opened_time = frame->time_ns;
    c->is_marked = media && k->is_marking;
    link_chunk(log, c);
    k->lanes[kind] = (struct packet_lane){ .chunk = c,
                                           .at = c->data,
                                           .left = c->room,
                                           .link_type = frame->link_type,
                                           .first_time = frame->time_ns,
                                           .last_time = frame->time_ns };
    return true;
}

/* Room for `need` more bytes: in the open chunk, made wider if it may still grow, or in a new one. */
static bool make_room(struct packet_log *log, struct packet_keeper *k, enum packet_kind kind,
                      const struct frame *frame, size_t need)
{
    struct packet_lane *lane = &k->lanes[kind];
    struct open_chunk *c = lane->chunk;

    if (c && kind == PACKET_SIP && lane->link_type == frame->link_type &&
        c->size_class + 1 < CHUNK_POOL_CLASSES &&
        (size_t)(lane->at - c->data) + need <= SIP_MAX_BYTES && grow(log, lane, need))
        return true;
    if (c)
        pass_on(log, c);
    return open_lane(log, k, kind, frame, need);
}

/* --- keepers -------------------------------------------------------------------------------- */

static struct packet_keeper *keeper_of(struct packet_log *log, void **keeper, uint64_t id)
{
    struct packet_keeper *k = *keeper;

    if (!k) {
        k = aligned_alloc(KEEPER_BYTES, KEEPER_BYTES);
        if (!k)
            return NULL;
        memset(k, 0, sizeof *k);
        k->keep = log->keep;
        k->is_marking = log->may_tighten && log->keep == PACKET_KEEP_FULL;
        *keeper = k;
    } else if (k->id != id) { /* its packets belong to another from now on */
        pass_on_all(log, k);
        k->passed_on = k->least = 0;
    }
    k->id = id;
    return k;
}

void packet_log_close_keeper(struct packet_log *log, void **keeper)
{
    struct packet_keeper *k = *keeper;

    if (!k)
        return;
    pass_on_all(log, k);
    free(k);
    *keeper = NULL;
}

/* --- a level that is known late ------------------------------------------------------------- */

static void count_not_kept(struct packet_log *log, uint64_t frames)
{
    atomic_fetch_add_explicit(&log->not_kept, frames, memory_order_relaxed);
}

static void drop_lane(struct packet_log *log, struct packet_lane *lane)
{
    struct open_chunk *c = lane->chunk;

    if (!c)
        return;
    count_not_kept(log, lane->frames);
    unlink_chunk(log, c);
    *lane = (struct packet_lane){ .chunk = NULL };
    chunk_pool_release(&log->pool, c);
}

void packet_log_close_without_media(struct packet_log *log, void **keeper)
{
    struct packet_keeper *k = *keeper;

    if (k)
        drop_lane(log, &k->lanes[PACKET_MEDIA]);
    packet_log_close_keeper(log, keeper);
}

static uint32_t captured_of(const uint8_t *frame)
{
    uint32_t word;

    memcpy(&word, frame, sizeof word);
    return __builtin_bswap32(word) & CAPTURED_MASK;
}

static uint8_t *mark_at(struct open_chunk *c, uint32_t frame)
{
    return c->data + c->room - MARK_BYTES * ((size_t)frame + 1);
}

/* Each frame ends behind what is no content; those that are nothing else go. */
static void trim_lane(struct packet_log *log, struct packet_lane *lane)
{
    struct open_chunk *c = lane->chunk;
    uint32_t frames = lane->frames, kept = 0;
    const uint8_t *from = c->data;
    uint8_t *to = c->data;

    for (uint32_t i = 0; i < frames; i++) {
        uint32_t captured = captured_of(from), take = captured;
        uint16_t plain;

        memcpy(&plain, mark_at(c, i), sizeof plain);
        if (plain != MARK_MAX && plain < captured)
            take = plain;
        if (take || captured == 0) {
            memmove(to, from, CHUNK_FRAME_HEADER_BYTES + take);
            chunk_put_u32(to, (uint32_t)CHUNK_TAG_FRAME << 24 | take);
            to += CHUNK_FRAME_HEADER_BYTES + take;
            kept++;
        }
        from += CHUNK_FRAME_HEADER_BYTES + captured;
    }
    count_not_kept(log, frames - kept);
    lane->at = to;
    lane->frames = kept;
    lane->left = c->room - (uint32_t)(to - c->data);
    c->is_marked = false;
}

/* What is in memory yet, as the stricter level has it. */
static void tighten(struct packet_log *log, struct packet_keeper *k, enum packet_keep keep)
{
    struct packet_lane *media = &k->lanes[PACKET_MEDIA];

    if (keep == PACKET_KEEP_NOTHING)
        drop_lane(log, &k->lanes[PACKET_SIP]);
    if (keep == PACKET_KEEP_HEADERS && media->chunk && media->chunk->is_marked)
        trim_lane(log, media);
    else if (keep != PACKET_KEEP_HEADERS || k->keep == PACKET_KEEP_FULL)
        drop_lane(log, media); /* the latter cannot be told from its content any more */
    if (media->chunk && media->frames == 0)
        drop_lane(log, media);
}

/* What is not in memory any more. */
static void forget_passed(struct packet_log *log, struct packet_keeper *k, enum packet_keep keep)
{
    uint8_t sip = 1u << PACKET_SIP, media = 1u << PACKET_MEDIA, audio = 1u << PACKET_AUDIO, kinds;

    if (keep == PACKET_KEEP_NOTHING)
        kinds = k->passed_on & (sip | media);
    else if (keep == PACKET_KEEP_SIGNALLING)
        kinds = k->passed_on & media;
    else /* what was said may stand among the headers, where a frame did not fit */
        kinds = k->passed_on & audio ? media : 0;
    if (!kinds)
        return;
    packet_log_order(
        log, &(struct packet_forget){ .id = k->id, .last_day = k->last_day, .is_secret = true },
        kinds);
    k->passed_on &= (uint8_t) ~(unsigned)(kinds & media ? kinds | audio : kinds);
}

void packet_log_keep(struct packet_log *log, void **keeper, uint64_t id,
                     const struct packet_level *level)
{
    struct packet_keeper *k = keeper_of(log, keeper, id);
    struct open_chunk *c;

    if (!k)
        return;
    if (level->keep > k->keep) {
        tighten(log, k, level->keep);
        forget_passed(log, k, level->keep);
    }
    k->keep = (uint8_t)level->keep;
    k->by = level->by;
    k->is_settled = level->settled;
    k->is_marking = level->keep == PACKET_KEEP_FULL && !level->settled;
    c = k->lanes[PACKET_MEDIA].chunk;
    if (c && c->is_marked != k->is_marking)
        pass_on(log, c); /* what comes now may have to be cut apart from it, or not at all */
}

void packet_log_read_level(const struct packet_log *log, const void *keeper,
                           struct packet_level *level)
{
    const struct packet_keeper *k = keeper;

    *level = (struct packet_level){ .keep = (enum packet_keep)log->keep };
    if (k) {
        level->keep = (enum packet_keep)k->keep;
        level->settled = k->is_settled;
        level->by = k->by;
        level->media_passed_on = (k->passed_on & 1u << PACKET_MEDIA) != 0;
    }
    level->least = k && k->least > k->keep ? (enum packet_keep)k->least : level->keep;
}

/* --- packets -------------------------------------------------------------------------------- */

static void note_time(struct packet_lane *lane, int64_t time_ns)
{
    if (time_ns > lane->last_time)
        lane->last_time = time_ns;
    else if (time_ns < lane->first_time)
        lane->first_time = time_ns;
}

/* The first `take` bytes of the frame. marks: how many bytes the frame's mark takes, 0 for none. */
static void put(struct packet_log *log, struct packet_keeper *k, enum packet_kind kind,
                const struct frame *frame, uint32_t take, uint32_t marks, uint16_t mark)
{
    struct packet_lane *lane = &k->lanes[kind];
    size_t need = CHUNK_FRAME_HEADER_BYTES + (size_t)take;

    if (need + marks > lane->left || lane->link_type != frame->link_type) {
        if (!make_room(log, k, kind, frame, need + marks))
            return;
    }
    if (marks)
        memcpy(mark_at(lane->chunk, lane->frames), &mark, MARK_BYTES);
    chunk_put_frame(lane->at, frame->time_ns, take, frame->wire_bytes);
    memcpy(lane->at + CHUNK_FRAME_HEADER_BYTES, frame->data, take);
    lane->at += need;
    lane->left -= (uint32_t)need + marks;
    note_time(lane, frame->time_ns);
    lane->frames++;
    lane->last_captured = take;
    /* The next packet of this call will be as long, most likely, and a thousand of others come
     * first: enough to have the lines ready by then. */
    for (size_t ahead = 0; ahead < need && ahead < PREFETCH_MAX_BYTES; ahead += CACHE_LINE_BYTES)
        __builtin_prefetch(lane->at + ahead, 1);
}

/* NULL: the frame cannot be kept, which has been counted. */
static struct packet_keeper *ready(struct packet_log *log, void **keeper, uint64_t id,
                                   enum packet_kind kind, const struct frame *frame)
{
    struct packet_keeper *k = *keeper;

    if (frame->time_ns >= log->due_ns)
        pass_on_due(log, frame->time_ns);
    if (!k || k->id != id)
        k = keeper_of(log, keeper, id);
    if (k && frame->captured_bytes <= CHUNK_FRAME_MAX)
        return k;
    if (k) /* what is noted next does not lie in the frame before */
        k->lanes[kind].last_captured = 0;
    packet_log_count(log, k ? PACKET_LOSS_TOO_LARGE : PACKET_LOSS_MEMORY, 1, frame->captured_bytes);
    return NULL;
}

static void add_sip(struct packet_log *log, void **keeper, uint64_t id, const struct frame *frame)
{
    struct packet_keeper *k = ready(log, keeper, id, PACKET_SIP, frame);

    if (k && k->keep == PACKET_KEEP_NOTHING)
        count_not_kept(log, 1);
    else if (k)
        put(log, k, PACKET_SIP, frame, frame->captured_bytes, 0, 0);
}

/* What the level or the pressure leaves of a frame of media. */
static void add_less(struct packet_log *log, struct packet_keeper *k, const struct frame *frame,
                     uint32_t plain_bytes, uint8_t pressure)
{
    uint32_t captured = frame->captured_bytes;

    if (k->keep >= PACKET_KEEP_SIGNALLING ||
        (k->keep == PACKET_KEEP_HEADERS && plain_bytes == 0 && captured)) {
        count_not_kept(log, 1);
        return;
    }
    if (pressure == PACKET_PRESSURE_METRICS || (plain_bytes == 0 && captured)) {
        packet_log_count(log, PACKET_LOSS_MEDIA_PRESSURE, 1, captured);
        k->least = PACKET_KEEP_SIGNALLING;
        return;
    }
    if (k->keep == PACKET_KEEP_FULL && plain_bytes < captured) {
        atomic_fetch_add_explicit(&log->payload_pressure, 1, memory_order_relaxed);
        k->least = k->least > PACKET_KEEP_HEADERS ? k->least : (uint8_t)PACKET_KEEP_HEADERS;
    }
    put(log, k, PACKET_MEDIA, frame, plain_bytes < captured ? plain_bytes : captured,
        k->is_marking ? MARK_BYTES : 0, MARK_MAX);
}

void packet_log_add_media(struct packet_log *log, void **keeper, uint64_t id,
                          const struct frame *frame, uint32_t plain_bytes)
{
    uint8_t pressure = atomic_load_explicit(&log->pressure, memory_order_relaxed);
    struct packet_keeper *k = ready(log, keeper, id, PACKET_MEDIA, frame);

    if (!k)
        return;
    if (k->keep != PACKET_KEEP_FULL || pressure != PACKET_PRESSURE_NONE)
        add_less(log, k, frame, plain_bytes, pressure);
    else
        put(log, k, PACKET_MEDIA, frame, frame->captured_bytes, k->is_marking ? MARK_BYTES : 0,
            plain_bytes < MARK_MAX ? (uint16_t)plain_bytes : MARK_MAX);
}

void packet_log_add(struct packet_log *log, void **keeper, uint64_t id, enum packet_kind kind,
                    const struct frame *frame)
{
    if (kind == PACKET_SIP)
        add_sip(log, keeper, id, frame);
    else
        packet_log_add_media(log, keeper, id, frame, UINT32_MAX);
}

void packet_log_note_message(struct packet_log *log, void **keeper, const struct addr *src,
                             const struct addr *dst, uint32_t offset, uint32_t bytes)
{
    struct packet_keeper *k = *keeper;
    struct packet_lane *lane = k ? &k->lanes[PACKET_SIP] : NULL;

    if (!lane || !lane->chunk || offset > lane->last_captured ||
        bytes > lane->last_captured - offset)
        return;
    /* The message must stay with its frame, so this chunk grows, even past the usual size. */
    if (lane->left < CHUNK_MESSAGE_BYTES && !grow_to_hold(log, lane, CHUNK_MESSAGE_BYTES))
        return;
    chunk_put_message(lane->at, src, dst, offset, bytes);
    lane->at += CHUNK_MESSAGE_BYTES;
    lane->left -= CHUNK_MESSAGE_BYTES;
    lane->chunk->messages++;
}

void packet_log_add_text(struct packet_log *log, void **keeper, uint64_t id,
                         const struct packet_text *m)
{
    struct packet_keeper *k = keeper_of(log, keeper, id);
    struct packet_lane *lane = k ? &k->lanes[PACKET_SIP] : NULL;
    size_t bytes = m->text.len < CHUNK_TEXT_MAX ? m->text.len : CHUNK_TEXT_MAX;
    size_t need = CHUNK_TEXT_HEADER_BYTES + bytes;

    if (!lane || k->keep == PACKET_KEEP_NOTHING)
        return;
    if (need > lane->left && !(lane->chunk && grow_to_hold(log, lane, need))) {
        const struct frame like = { .time_ns = m->time_ns, .link_type = lane->link_type };

        if (lane->chunk)
            pass_on(log, lane->chunk);
        if (!open_lane(log, k, PACKET_SIP, &like, need))
            return;
    }
    chunk_put_text(lane->at, m->time_ns, &m->src, &m->dst, (uint32_t)bytes);
    memcpy(lane->at + CHUNK_TEXT_HEADER_BYTES, m->text.p, bytes);
    lane->at += need;
    lane->left -= (uint32_t)need;
    lane->last_captured = 0; /* what is noted next does not lie in the frame before */
    note_time(lane, m->time_ns);
    lane->chunk->text_bytes += (uint32_t)need;
}
