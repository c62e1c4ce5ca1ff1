/*
 * packet_fixture - a packet log under test, frames that say who they are, and a reader of pcaps.
 */
#ifndef TESTS_UNIT_PACKET_FIXTURE_H
#define TESTS_UNIT_PACKET_FIXTURE_H

#include "analyzer/base/log.h"
#include "storage/export/export.h"
#include "storage/packets/packet_log.h"
#include "tests/unit/store_fixture.h"

struct log_fixture {
    struct fixture f;
    struct writer *writer;
    struct packet_log *log;
};

static inline void log_fixture_open(struct log_fixture *l, bool wait)
{
    struct packet_log_options options = { .store_dir = l->f.dir, .wait_when_full = wait };

    l->writer = fixture_writer(&l->f);
    options.writer = l->writer;
    assert_int_equal(packet_log_start(&l->log, &options), 0);
}

static inline void log_fixture_start(struct log_fixture *l)
{
    fixture_make_dir(&l->f);
    log_fixture_open(l, true);
}

static inline void log_fixture_close(struct log_fixture *l)
{
    packet_log_stop(l->log);
    writer_stop(l->writer);
}

/* Frame n: bytes of its own, of a length of its own, on an exact-size block. */
static inline void log_fixture_add(struct log_fixture *l, void **keeper, uint64_t id,
                                   enum packet_kind kind, int64_t time_ns, uint32_t n,
                                   uint32_t bytes)
{
    uint8_t *data = malloc(bytes ? bytes : 1);
    struct frame frame = { .time_ns = time_ns,
                           .data = data,
                           .captured_bytes = bytes,
                           .wire_bytes = bytes + n % 3,
                           .link_type = 1 };

    assert_non_null(data);
    for (uint32_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)(n * 2654435761u >> (i % 24)) ^ (uint8_t)(i * 7);
    packet_log_add(l->log, keeper, id, kind, &frame);
    free(data);
}

/* A whole pcap in memory. */
struct pcap_bytes {
    uint8_t *p;
    size_t len, at;
    uint64_t damaged, left_out, frames, repeated, late;
};

static inline uint32_t pcap_bytes_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The whole file of an export, read `room` bytes at a time, in a block to be freed; 0 or what
 * export_open said. */
static inline int export_bytes_read(const struct export_request *request, size_t room, uint8_t **p,
                                    size_t *len, struct export_counts *counts)
{
    struct export *x;
    size_t allocated = 0;
    int64_t n;
    int err = export_open(&x, request);

    *p = NULL;
    *len = 0;
    if (err)
        return err;
    do {
        if (*len + room > allocated) {
            allocated = (*len + room) * 2;
            *p = realloc(*p, allocated);
            assert_non_null(*p);
        }
        n = export_read(x, *p + *len, room);
        assert_true(n >= 0);
        *len += (size_t)n;
    } while (n);
    export_read_counts(x, counts);
    export_close(x);
    return 0;
}

static inline int pcap_bytes_read_calls(struct pcap_bytes *b, const char *dir,
                                        const uint64_t *calls, size_t count, size_t room)
{
    struct export_request request = {
        .store_dir = dir, .format = EXPORT_PCAP, .calls = calls, .call_count = count
    };
    struct export_counts counts;
    int err;

    *b = (struct pcap_bytes){ .p = NULL };
    err = export_bytes_read(&request, room, &b->p, &b->len, &counts);
    if (err)
        return err;
    b->damaged = counts.damaged;
    b->left_out = counts.left_out;
    b->frames = counts.frames;
    b->repeated = counts.repeated;
    b->late = counts.late;
    assert_true(b->len >= 24);
    assert_int_equal(pcap_bytes_u32(b->p), 0xa1b23c4d);
    assert_int_equal(pcap_bytes_u32(b->p + 4), 2 | 4 << 16);
    b->at = 24;
    return 0;
}

/* 0 or what export_open said. `room`: how much is read at a time. */
static inline int pcap_bytes_read(struct pcap_bytes *b, const char *dir, uint64_t id, size_t room)
{
    return pcap_bytes_read_calls(b, dir, &id, 1, room);
}

struct pcap_frame {
    int64_t time_ns;
    uint32_t captured, wire;
    const uint8_t *data;
};

static inline bool pcap_bytes_next(struct pcap_bytes *b, struct pcap_frame *frame)
{
    const uint8_t *p = b->p + b->at;

    *frame = (struct pcap_frame){ .data = NULL };
    if (b->at == b->len)
        return false;
    assert_true(b->len - b->at >= 16);
    frame->time_ns = (int64_t)pcap_bytes_u32(p) * FIXTURE_S + pcap_bytes_u32(p + 4);
    frame->captured = pcap_bytes_u32(p + 8);
    frame->wire = pcap_bytes_u32(p + 12);
    frame->data = p + 16;
    assert_true(frame->captured <= b->len - b->at - 16);
    b->at += 16 + frame->captured;
    return true;
}

/* The frame is number n of log_fixture_add. */
static inline void pcap_frame_expect(const struct pcap_frame *frame, int64_t time_ns, uint32_t n,
                                     uint32_t bytes)
{
    assert_int_equal(frame->time_ns, time_ns);
    assert_int_equal(frame->captured, bytes);
    assert_int_equal(frame->wire, bytes + n % 3);
    for (uint32_t i = 0; i < bytes; i++) {
        if (frame->data[i] != ((uint8_t)(n * 2654435761u >> (i % 24)) ^ (uint8_t)(i * 7)))
            fail_msg("byte %u of frame %u is another", i, n);
    }
}

#endif
