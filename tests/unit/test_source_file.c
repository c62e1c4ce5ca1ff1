#include "probe/capture/source_file.h"

#include "analyzer/base/strbuf.h"
#include "analyzer/record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { KEPT_MAX = 16, KEPT_BYTES = 64 };

/* A year before what 64 bits of nanoseconds can hold. */
#define END_OF_TIME ((INT64_MAX / 1000000000 - 366 * 86400) * 1000000000)

/* What came out of a file. */
struct seen {
    size_t n;
    struct frame frames[KEPT_MAX];
    char data[KEPT_MAX][KEPT_BYTES];
};

static void keep(void *ctx, const struct frame *frame)
{
    struct seen *seen = ctx;

    assert_true(seen->n < KEPT_MAX);
    assert_true(frame->captured_bytes <= KEPT_BYTES);
    memcpy(seen->data[seen->n], frame->data, frame->captured_bytes);
    seen->frames[seen->n] = *frame;
    seen->frames[seen->n].data = NULL;
    seen->n++;
}

/* A file being made, in either byte order. */
struct maker {
    struct strbuf b;
    bool big_endian;
};

static void put(struct maker *m, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        unsigned shift = 8 * (m->big_endian ? bytes - 1 - i : i);

        strbuf_add_char(&m->b, (char)(uint8_t)(value >> shift));
    }
}

static void put_pcap_header(struct maker *m, uint32_t magic, uint32_t link_type)
{
    put(m, magic, 4);
    put(m, 2, 2);
    put(m, 4, 2);
    put(m, 0, 8);
    put(m, 65535, 4);
    put(m, link_type, 4);
}

static void put_pcap_packet(struct maker *m, uint32_t s, uint32_t fraction, const char *data,
                            uint32_t wire)
{
    put(m, s, 4);
    put(m, fraction, 4);
    put(m, strlen(data), 4);
    put(m, wire, 4);
    strbuf_add_text(&m->b, data);
}

static void put_block(struct maker *m, uint32_t type, const struct strbuf *body)
{
    size_t padded = (body->len + 3) & ~(size_t)3;

    put(m, type, 4);
    put(m, padded + 12, 4);
    strbuf_add_slice(&m->b, strbuf_slice(body));
    put(m, 0, (unsigned)(padded - body->len));
    put(m, padded + 12, 4);
}

static void put_section(struct maker *m)
{
    struct maker body = { .big_endian = m->big_endian };

    put(&body, 0x1a2b3c4d, 4);
    put(&body, 1, 2);
    put(&body, 0, 2);
    put(&body, UINT64_MAX, 8);
    put_block(m, 0x0a0d0d0a, &body.b);
    strbuf_fini(&body.b);
}

/* tsresol 0: none, microseconds then. */
static void put_interface(struct maker *m, uint16_t link_type, uint32_t snap, unsigned tsresol,
                          int64_t tsoffset)
{
    struct maker body = { .big_endian = m->big_endian };

    put(&body, link_type, 2);
    put(&body, 0, 2);
    put(&body, snap, 4);
    put(&body, 2, 2); /* if_name, to be passed over */
    put(&body, 3, 2);
    strbuf_add(&body.b, "eth\0", 4);
    if (tsresol) {
        put(&body, 9, 2);
        put(&body, 1, 2);
        put(&body, tsresol, 1);
        put(&body, 0, 3);
    }
    if (tsoffset) {
        put(&body, 14, 2);
        put(&body, 8, 2);
        put(&body, (uint64_t)tsoffset, 8);
    }
    put(&body, 0, 4);
    put_block(m, 1, &body.b);
    strbuf_fini(&body.b);
}

static void put_enhanced(struct maker *m, uint32_t interface, uint64_t ticks, const char *data,
                         uint32_t wire)
{
    struct maker body = { .big_endian = m->big_endian };

    put(&body, interface, 4);
    put(&body, ticks >> 32, 4);
    put(&body, ticks & 0xffffffff, 4);
    put(&body, strlen(data), 4);
    put(&body, wire, 4);
    strbuf_add_text(&body.b, data);
    put_block(m, 6, &body.b);
    strbuf_fini(&body.b);
}

static void write_file(char path[32], const void *data, size_t len)
{
    int fd;

    snprintf(path, 32, "/tmp/earshot-test-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), (ssize_t)len);
    close(fd);
}

/* Reads it all in batches of `batch`; *error tells how it ended (SOURCE_FAULT_NONE: well). */
static void read_file(const char *path, int batch, struct seen *seen, struct source_error *error,
                      struct source_stats *stats)
{
    struct source *s = NULL;
    int n;

    memset(seen, 0, sizeof *seen);
    memset(error, 0, sizeof *error);
    memset(stats, 0, sizeof *stats);
    n = source_file_open(&s, path, error);
    if (n != 0) {
        assert_null(s);
        assert_true(n < 0 && error->fault != SOURCE_FAULT_NONE);
        return;
    }
    while ((n = source_poll(s, batch, keep, seen)) > 0)
        assert_true(n <= batch);
    assert_true(n != 0);
    assert_int_equal(source_poll(s, batch, keep, seen), n); /* and it stays so */
    if (n != SOURCE_END)
        *error = *source_last_error(s);
    assert_int_equal(n == SOURCE_END, error->fault == SOURCE_FAULT_NONE);
    source_stats_read(s, stats);
    assert_int_equal(stats->frames, seen->n);
    assert_int_equal(stats->received, RECORD_NONE);
    source_close(s);
}

static void read_bytes(const void *data, size_t len, int batch, struct seen *seen,
                       struct source_error *error, struct source_stats *stats)
{
    char path[32];

    write_file(path, data, len);
    read_file(path, batch, seen, error, stats);
    unlink(path);
}

static void check_three(const struct seen *seen, int64_t fraction_ns)
{
    static const char *const data[] = { "first", "second!", "third" };
    static const uint32_t wire[] = { 5, 1500, 5 };

    assert_int_equal(seen->n, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct frame *f = &seen->frames[i];

        assert_int_equal(f->captured_bytes, strlen(data[i]));
        assert_memory_equal(seen->data[i], data[i], f->captured_bytes);
        assert_int_equal(f->wire_bytes, wire[i]);
        assert_int_equal(f->time_ns, (1700000000 + (int64_t)i) * 1000000000 + fraction_ns);
    }
}

static void put_three(struct maker *m, uint32_t magic, uint32_t fraction, uint32_t link_type)
{
    put_pcap_header(m, magic, link_type);
    put_pcap_packet(m, 1700000000, fraction, "first", 5);
    put_pcap_packet(m, 1700000001, fraction, "second!", 1500);
    put_pcap_packet(m, 1700000002, fraction, "third", 4); /* less than it holds: at least that */
}

static void reads_pcap_of_any_order_and_unit(void **state)
{
    static const struct {
        uint32_t magic;
        bool big_endian;
        int64_t fraction_ns;
        uint32_t link_type, expected;
    } rows[] = {
        { 0xa1b2c3d4, false, 123456000, 1, 1 },     { 0xa1b2c3d4, true, 123456000, 113, 113 },
        { 0xa1b23c4d, false, 123456, 276, 276 },    { 0xa1b23c4d, true, 123456, 101, 101 },
        { 0xa1b2c3d4, false, 123456000, 12, 101 },  { 0xa1b2c3d4, true, 123456000, 14, 101 },
        { 0xa1b2c3d4, false, 123456000, 0, 0 },     { 0xa1b2c3d4, false, 123456000, 229, 229 },
        { 0xa1b2c3d4, false, 123456000, 108, 108 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct maker m = { .big_endian = rows[i].big_endian };
        struct source_error error;
        struct source_stats stats;
        struct seen seen;

        put_three(&m, rows[i].magic, 123456, rows[i].link_type);
        read_bytes(m.b.p, m.b.len, 1 + (int)i % 4, &seen, &error, &stats);
        assert_int_equal(error.fault, SOURCE_FAULT_NONE);
        check_three(&seen, rows[i].fraction_ns);
        assert_int_equal(seen.frames[0].link_type, rows[i].expected);
        assert_int_equal(stats.bytes_read, m.b.len);
        assert_int_equal(stats.bytes_total, m.b.len);
        assert_int_equal(stats.bytes, 5 + 7 + 5);
        assert_int_equal(stats.truncated, 1);
        strbuf_fini(&m.b);
    }
}

/* Interfaces that differ in link type, snap length and unit; blocks of no interest; a second
 * section of the other byte order. libpcap reads none of these files. */
static void reads_pcapng_of_several_interfaces(void **state)
{
    (void)state;
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        struct maker m = { .big_endian = big_endian };
        struct maker odd = { .big_endian = big_endian };
        struct source_error error;
        struct source_stats stats;
        struct seen seen;

        put_section(&m);
        put_interface(&m, 1, 65535, 0, 0);
        put_interface(&m, 276, 96, 9, 0);
        put(&odd, 0x1234, 7);
        put_block(&m, 0x0bad, &odd.b);
        put_enhanced(&m, 0, 1700000000123456, "ether", 60);
        put_enhanced(&m, 1, 1700000000123456789, "cooked", 6);
        m.big_endian = !m.big_endian;
        put_section(&m);
        put_interface(&m, 12, 0, 0x80 | 20, 1700000000);
        put_enhanced(&m, 0, 1 << 19, "raw", 3);
        read_bytes(m.b.p, m.b.len, 2, &seen, &error, &stats);
        assert_string_equal(error.text, "");
        assert_int_equal(seen.n, 3);
        assert_int_equal(seen.frames[0].link_type, 1);
        assert_int_equal(seen.frames[0].time_ns, 1700000000123456000);
        assert_int_equal(seen.frames[0].captured_bytes, 5);
        assert_int_equal(seen.frames[0].wire_bytes, 60);
        assert_memory_equal(seen.data[0], "ether", 5);
        assert_int_equal(seen.frames[1].link_type, 276);
        assert_int_equal(seen.frames[1].time_ns, 1700000000123456789);
        assert_memory_equal(seen.data[1], "cooked", 6);
        assert_int_equal(seen.frames[2].link_type, 101);
        assert_int_equal(seen.frames[2].time_ns, 1700000000500000000);
        assert_int_equal(stats.bytes_read, m.b.len);
        strbuf_fini(&m.b);
        strbuf_fini(&odd.b);
    }
}

static void reads_the_older_packet_blocks(void **state)
{
    struct maker m = { .big_endian = false }, body = { .big_endian = false };
    struct source_error error;
    struct source_stats stats;
    struct seen seen;

    (void)state;
    put_section(&m);
    put_interface(&m, 1, 4, 0, 0);
    put(&body, 0, 2);  /* interface */
    put(&body, 77, 2); /* drops */
    put(&body, 1700000000000001 >> 32, 4);
    put(&body, 1700000000000001 & 0xffffffff, 4);
    put(&body, 3, 4);
    put(&body, 9, 4);
    strbuf_add_text(&body.b, "old");
    put_block(&m, 2, &body.b);
    strbuf_reset(&body.b);
    put(&body, 1500, 4); /* simple: on the wire; 4 bytes are kept */
    strbuf_add_text(&body.b, "simp");
    put_block(&m, 3, &body.b);
    read_bytes(m.b.p, m.b.len, 100, &seen, &error, &stats);
    assert_string_equal(error.text, "");
    assert_int_equal(seen.n, 2);
    assert_memory_equal(seen.data[0], "old", 3);
    assert_int_equal(seen.frames[0].time_ns, 1700000000000001000);
    assert_int_equal(seen.frames[0].wire_bytes, 9);
    assert_memory_equal(seen.data[1], "simp", 4);
    assert_int_equal(seen.frames[1].captured_bytes, 4);
    assert_int_equal(seen.frames[1].wire_bytes, 1500);
    assert_int_equal(seen.frames[1].time_ns, seen.frames[0].time_ns); /* it has none of its own */
    strbuf_fini(&m.b);
    strbuf_fini(&body.b);
}

static void counts_time_in_any_unit(void **state)
{
    static const struct {
        unsigned tsresol;
        int64_t tsoffset;
        uint64_t ticks;
        int64_t time_ns;
    } rows[] = {
        { 6, 0, 1, 1000 },
        { 9, 0, 1700000000123456789, 1700000000123456789 },
        { 3, 0, 1700000000123, 1700000000123000000 },
        { 12, 0, 1500000999999, 1500000999 },
        { 19, 0, 15000000000000000000u, 1500000000 },
        { 0x80 | 32, 0, (uint64_t)1700000000 << 32 | 0x80000000u, 1700000000500000000 },
        { 0x80 | 63, 0, (uint64_t)3 << 62, 1500000000 },
        { 0x80 | 64, 0, UINT64_MAX, 999999999 },
        { 0x80 | 127, 0, UINT64_MAX, 0 },
        { 0x80, 0, 5, 5000000000 },
        { 6, -3600, 3600000001, 1000 },
        { 6, INT64_MAX, 1000000, END_OF_TIME },
        { 6, INT64_MIN, 1000000, -END_OF_TIME },
        { 0x80, 0, UINT64_MAX, END_OF_TIME },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct maker m = { .big_endian = i % 2 };
        struct source_error error;
        struct source_stats stats;
        struct seen seen;

        put_section(&m);
        put_interface(&m, 1, 0, rows[i].tsresol, rows[i].tsoffset);
        put_enhanced(&m, 0, rows[i].ticks, "x", 1);
        read_bytes(m.b.p, m.b.len, 1, &seen, &error, &stats);
        assert_string_equal(error.text, "");
        assert_int_equal(seen.n, 1);
        assert_int_equal(seen.frames[0].time_ns, rows[i].time_ns);
        strbuf_fini(&m.b);
    }
}

/* Cut at every length: what is whole comes out, and the error names the record that is not. The
 * first `headers` of the n records carry no frame. */
static void check_every_cut(const struct strbuf *file, const size_t *records, size_t n,
                            size_t headers)
{
    for (size_t cut = 0; cut <= file->len; cut++) {
        struct source_error error;
        struct source_stats stats;
        struct seen seen;
        size_t whole = 0;
        char offset[64];
        char *copy = malloc(cut ? cut : 1);

        assert_non_null(copy);
        memcpy(copy, file->p, cut);
        /* records[0..n] are where they begin; the last is the end of the file. */
        while (whole < n && records[whole + 1] <= cut)
            whole++;
        read_bytes(copy, cut, 1 + (int)(cut % 3), &seen, &error, &stats);
        free(copy);
        if (cut == records[whole] && cut > 0) {
            assert_int_equal(error.fault, SOURCE_FAULT_NONE);
        } else {
            assert_int_equal(error.fault, SOURCE_FAULT_DATA);
            assert_int_equal(source_exit_status(error.fault), 65);
            snprintf(offset, sizeof offset,
                     ": offset %zu: ", cut < records[0] ? 0 : records[whole]);
            if (!strstr(error.text, offset))
                fail_msg("cut at %zu: expected%s in: %s", cut, offset, error.text);
        }
        assert_int_equal(seen.n, whole > headers ? whole - headers : 0);
    }
}

static void a_cut_pcap_gives_what_is_whole(void **state)
{
    struct maker m = { .big_endian = false };
    const size_t records[] = { 24, 24 + 21, 24 + 21 + 23, 24 + 21 + 23 + 21 };
    struct source_error error;
    struct source_stats stats;
    struct seen seen;

    (void)state;
    put_three(&m, 0xa1b2c3d4, 5, 1);
    assert_int_equal(m.b.len, records[3]);
    check_every_cut(&m.b, records, 3, 0);
    read_bytes(m.b.p, m.b.len - 1, 10, &seen, &error, &stats);
    assert_int_equal(seen.n, 2);
    assert_non_null(strstr(error.text, "ends in the middle of a packet; what was read"));
    strbuf_fini(&m.b);
}

static void a_cut_pcapng_gives_what_is_whole(void **state)
{
    struct maker m = { .big_endian = true };
    size_t records[5];
    struct source_error error;
    struct source_stats stats;
    struct seen seen;

    (void)state;
    records[0] = 0;
    put_section(&m);
    records[1] = m.b.len;
    put_interface(&m, 1, 0, 9, 0);
    records[2] = m.b.len;
    put_enhanced(&m, 0, 7, "first", 5);
    records[3] = m.b.len;
    put_enhanced(&m, 0, 8, "second", 6);
    records[4] = m.b.len;
    check_every_cut(&m.b, records, 4, 2);
    read_bytes(m.b.p, m.b.len - 1, 10, &seen, &error, &stats);
    assert_int_equal(seen.n, 1);
    strbuf_fini(&m.b);
}

static void refuses_what_is_no_capture(void **state)
{
    static const struct {
        struct slice bytes;
        const char *says;
    } rows[] = {
        { SLICE_INIT(""), "offset 0: the file is empty" },
        { SLICE_INIT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR....................."), "not a pcap" },
        { SLICE_INIT("Dear sir, this is a letter and no capture at all."), "not a pcap" },
        { SLICE_INIT("\nDear sir, this letter begins with an empty line."), "not a pcap" },
        { SLICE_INIT("\x0a\x0d\x0d\x0a\0\0\0\x1c\x11\x22\x33\x44............"), "not a pcap" },
        { SLICE_INIT("\x1f\x8b\x08...................................."), "a gzip file; unpack" },
        { SLICE_INIT("\x28\xb5\x2f\xfd................................"), "zstd -dc" },
        { SLICE_INIT("\x04\x22\x4d\x18................................"), "lz4 -dc" },
        { SLICE_INIT("\xd4\xc3\xb2\xa1\x09\0\x09\0..................."), "offset 0: " },
        { SLICE_INIT("\xd4\xc3\xb2\xa1\x02\0\x04\0"), "ends inside its header" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct source_error error;
        struct source_stats stats;
        struct seen seen;

        read_bytes(rows[i].bytes.p, rows[i].bytes.len, 10, &seen, &error, &stats);
        assert_int_equal(error.fault, SOURCE_FAULT_DATA);
        assert_int_equal(seen.n, 0);
        if (!strstr(error.text, rows[i].says))
            fail_msg("expected '%s' in: %s", rows[i].says, error.text);
        assert_memory_equal(error.text, "/tmp/earshot-test-", 18); /* the file's name */
    }
}

static void says_what_cannot_be_opened(void **state)
{
    struct source_error error;
    struct source *s = NULL;

    (void)state;
    assert_int_equal(source_file_open(&s, "/nowhere/at/all.pcap", &error), -ENOENT);
    assert_int_equal(error.fault, SOURCE_FAULT_OPEN);
    assert_int_equal(source_exit_status(error.fault), 66);
    assert_non_null(strstr(error.text, "/nowhere/at/all.pcap: cannot open: No such file"));
    assert_int_equal(source_file_open(&s, "/tmp", &error), -EISDIR);
    assert_int_equal(error.fault, SOURCE_FAULT_OPEN);
    assert_null(s);
}

/* A record that claims 2 GiB: the two before it are kept, the offset is its own. */
static void a_lying_pcap_record_is_found_out(void **state)
{
    struct maker m = { .big_endian = false };
    struct source_error error;
    struct source_stats stats;
    struct seen seen;

    (void)state;
    put_pcap_header(&m, 0xa1b2c3d4, 1);
    put_pcap_packet(&m, 1, 0, "one", 3);
    put_pcap_packet(&m, 2, 0, "two", 3);
    put(&m, 3, 8);
    put(&m, 0x7fffffff, 8);
    strbuf_add_text(&m.b, "three");
    for (int batch = 1; batch < 5; batch++) {
        read_bytes(m.b.p, m.b.len, batch, &seen, &error, &stats);
        assert_int_equal(seen.n, 2);
        assert_int_equal(error.fault, SOURCE_FAULT_DATA);
        assert_non_null(strstr(error.text, ": offset 62: damaged: "));
    }
    strbuf_fini(&m.b);
}

static void lying_pcapng_blocks_are_found_out(void **state)
{
    enum { SECTION_BYTES = 28, INTERFACE_BYTES = 32 };
    static const struct {
        const char *says;
        struct slice block; /* little-endian, behind a section and an interface */
    } rows[] = {
        { "a block length that cannot be", SLICE_INIT("\6\0\0\0\0\0\0\0....") },
        { "a block length that cannot be", SLICE_INIT("\6\0\0\0\x0b\0\0\0....") },
        { "a block length that cannot be", SLICE_INIT("\6\0\0\0\x21\0\0\0....") },
        { "more than 16 MiB", SLICE_INIT("\6\0\0\0\xfc\xff\xff\xff....") },
        { "the file ends", SLICE_INIT("\6\0\0\0\0\0\0\1....") },
        { "two lengths differ", SLICE_INIT("\5\0\0\0\x10\0\0\0....\x14\0\0\0") },
        { "packet block that is too short", SLICE_INIT("\6\0\0\0\x10\0\0\0....\x10\0\0\0") },
        { "interface block that is too short", SLICE_INIT("\1\0\0\0\x10\0\0\0....\x10\0\0\0") },
        { "was not described",
          SLICE_INIT("\6\0\0\0\x20\0\0\0\1\0\0\0........\0\0\0\0\0\0\0\0\x20\0\0\0") },
        { "longer than its block",
          SLICE_INIT("\6\0\0\0\x20\0\0\0\0\0\0\0........\1\0\0\0\1\0\0\0\x20\0\0\0") },
        { "longer than its block",
          SLICE_INIT("\6\0\0\0\x20\0\0\0\0\0\0\0........\xff\xff\xff\xff\1\0\0\0\x20\0\0\0") },
        { "longer than its block", SLICE_INIT("\3\0\0\0\x10\0\0\0\1\0\0\0\x10\0\0\0") },
        { "interface option that is longer",
          SLICE_INIT("\1\0\0\0\x18\0\0\0\1\0\0\0\0\0\0\0\2\0\5\0\x18\0\0\0") },
        { "nobody can count in",
          SLICE_INIT("\1\0\0\0\x1c\0\0\0\1\0\0\0\0\0\0\0\x9\0\1\0\x14\0\0\0\x1c\0\0\0") },
        { "section header without byte order",
          SLICE_INIT("\x0a\x0d\x0d\x0a\x1c\0\0\0....................") },
    };
    char at[64];

    (void)state;
    snprintf(at, sizeof at, ": offset %d: ", SECTION_BYTES + INTERFACE_BYTES);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct maker m = { .big_endian = false };
        struct source_error error;
        struct source_stats stats;
        struct seen seen;

        put_section(&m);
        put_interface(&m, 1, 0, 0, 0);
        assert_int_equal(m.b.len, SECTION_BYTES + INTERFACE_BYTES);
        strbuf_add_slice(&m.b, rows[i].block);
        read_bytes(m.b.p, m.b.len, 10, &seen, &error, &stats);
        assert_int_equal(error.fault, SOURCE_FAULT_DATA);
        if (!strstr(error.text, rows[i].says) || !strstr(error.text, at))
            fail_msg("expected '%s' and '%s' in: %s", rows[i].says, at, error.text);
        strbuf_fini(&m.b);
    }
}

static void reads_the_standard_input(void **state)
{
    struct maker m = { .big_endian = false };
    int ends[2], old_stdin = dup(STDIN_FILENO);
    struct source_error error;
    struct source_stats stats;
    struct seen seen;

    (void)state;
    put_three(&m, 0xa1b2c3d4, 123456, 1);
    for (unsigned chop = 0; chop < 2; chop++) {
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], m.b.p, m.b.len - chop), (ssize_t)(m.b.len - chop));
        close(ends[1]);
        assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
        close(ends[0]);
        read_file("-", 2, &seen, &error, &stats);
        assert_int_equal(stats.bytes_total, RECORD_NONE);
        if (chop) {
            assert_int_equal(seen.n, 2);
            assert_non_null(strstr(error.text, "standard input: offset 68: the file ends"));
        } else {
            assert_int_equal(stats.bytes_read, m.b.len);
            check_three(&seen, 123456000);
        }
    }
    dup2(old_stdin, STDIN_FILENO);
    close(old_stdin);
    strbuf_fini(&m.b);
}

static void stops_when_interrupted(void **state)
{
    struct maker m = { .big_endian = false };
    struct source_error error;
    struct seen seen = { 0 };
    struct source *s;
    char path[32];

    (void)state;
    put_three(&m, 0xa1b2c3d4, 0, 1);
    write_file(path, m.b.p, m.b.len);
    assert_int_equal(source_file_open(&s, path, &error), 0);
    assert_string_equal(source_name(s), path);
    assert_int_equal(source_fd(s), -1);
    assert_int_equal(source_poll(s, 0, keep, &seen), 1); /* at least one */
    source_interrupt(s);
    assert_int_equal(source_poll(s, 10, keep, &seen), SOURCE_END);
    assert_int_equal(seen.n, 1);
    source_close(s);
    source_close(NULL);
    unlink(path);
    strbuf_fini(&m.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_pcap_of_any_order_and_unit),
        cmocka_unit_test(reads_pcapng_of_several_interfaces),
        cmocka_unit_test(reads_the_older_packet_blocks),
        cmocka_unit_test(counts_time_in_any_unit),
        cmocka_unit_test(a_cut_pcap_gives_what_is_whole),
        cmocka_unit_test(a_cut_pcapng_gives_what_is_whole),
        cmocka_unit_test(refuses_what_is_no_capture),
        cmocka_unit_test(says_what_cannot_be_opened),
        cmocka_unit_test(a_lying_pcap_record_is_found_out),
        cmocka_unit_test(lying_pcapng_blocks_are_found_out),
        cmocka_unit_test(reads_the_standard_input),
        cmocka_unit_test(stops_when_interrupted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
