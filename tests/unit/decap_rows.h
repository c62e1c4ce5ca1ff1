/*
 * decap_rows - tables of frames spelled in hex, and where each belongs: what all of them must do.
 */
#ifndef TESTS_UNIT_DECAP_ROWS_H
#define TESTS_UNIT_DECAP_ROWS_H

#include "probe/decap/decap.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Frames are spelled in hex, a macro a header. */
#define MACS                                                                                       \
    "020000000001"                                                                                 \
    "020000000002"
#define TAG(tpid, vid) tpid vid
#define IP4_FULL(first, tos, total, frag, proto)                                                   \
    first tos total "0001" frag "40" proto "0000"                                                  \
                    "0a000001"                                                                     \
                    "c0a80002"
#define IP4(total, proto)  IP4_FULL("45", "b8", total, "4000", proto)
#define IP6(payload, next) "6b800000" payload next "40" V6_A V6_B
#define V6_A               "20010db8000000000000000000000001"
#define V6_B               "20010db8000000000000000000000002"
#define UDP(len)                                                                                   \
    "13c4"                                                                                         \
    "4e20" len "0000"
#define HELLO      "68656c6c6f"
#define UDP4       IP4("0021", "11") UDP("000d") HELLO
#define UDP6       IP6("000d", "11") UDP("000d") HELLO
#define ETH4       MACS "0800"
#define ETH6       MACS "86dd"
#define SNAP(type) "aaaa03000000" type
#define TCP_ACK                                                                                    \
    "13c44e20"                                                                                     \
    "00000001"                                                                                     \
    "00000001"                                                                                     \
    "5010ffff"                                                                                     \
    "00000000"
#define AH         "110100000000000100000001"
#define PPPOE(len) "1100004d" len
#define SLL1(type)                                                                                 \
    "0000"                                                                                         \
    "0001"                                                                                         \
    "0006"                                                                                         \
    "0200000000010000" type
#define SLL2(type)                                                                                 \
    type "0000"                                                                                    \
         "00000003"                                                                                \
         "0001"                                                                                    \
         "00"                                                                                      \
         "06"                                                                                      \
         "0200000000010000"

enum { HELLO_BYTES = 5, HELLO_PORT = 20000 };

/* Not looked at. */
#define ANY_NETWORK UINT32_MAX

struct decap_row {
    const char *name;
    const char *hex;
    uint32_t link_type;
    enum packet_bin bin; /* BIN_COUNT: a datagram that says hello */
    uint32_t network;
    const char *vlan, *tunnel; /* as the record shows them; NULL: none */
};

struct taken {
    struct datagram datagram;
    size_t part_count;
    unsigned count;
};

static inline void take(void *ctx, const struct decap_unit *unit)
{
    struct taken *taken = ctx;

    assert_true(unit->in_frame);
    taken->datagram = unit->datagram;
    taken->part_count = unit->part_count;
    taken->count++;
}

static inline unsigned hex_digit(char c)
{
    return c >= 'a' ? (unsigned)(c - 'a' + 10) : (unsigned)(c - '0');
}

/* The first `bytes` bytes of the frame in a block of exactly that size. */
static inline uint8_t *bytes_from_hex(const char *hex, size_t bytes)
{
    uint8_t *p = malloc(bytes ? bytes : 1);

    assert_non_null(p);
    for (size_t i = 0; i < bytes; i++)
        p[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    return p;
}

static inline struct frame frame_of(const uint8_t *data, size_t captured, size_t wire,
                                    uint32_t link_type)
{
    return (struct frame){ 1700000000123456789, data, (uint32_t)captured, (uint32_t)wire,
                           link_type };
}

/* With every copy analysed: the tables hold many. */
static inline int decap_setup(void **state)
{
    struct decap_options options;

    decap_options_default(&options);
    options.duplicate_window_ns = 0;
    return decap_new((struct decap **)state, &options);
}

static inline int decap_teardown(void **state)
{
    decap_free(*state);
    return 0;
}

static inline void check_path(const struct path *path, const char *vlan, const char *tunnel)
{
    struct strbuf text = { 0 };

    path_add_vlan(&text, path);
    assert_string_equal(text.len ? text.p : "", vlan ? vlan : "");
    strbuf_reset(&text);
    path_add_tunnel(&text, path);
    assert_string_equal(text.len ? text.p : "", tunnel ? tunnel : "");
    strbuf_fini(&text);
}

static inline void check_hello(const struct decap_row *row, const struct frame *frame,
                               const struct datagram *datagram)
{
    bool v6 = addr_is_v4(&datagram->src) == false;
    char text[ADDR_TEXT_MAX];
    uint32_t offset = 0;

    assert_true(slice_eq(datagram->payload, SLICE("hello")));
    assert_int_equal(datagram->wire_bytes, HELLO_BYTES);
    assert_int_equal(datagram->time_ns, frame->time_ns);
    if (row->network != ANY_NETWORK)
        assert_int_equal(datagram->network, row->network);
    assert_int_equal(datagram->transport, TRANSPORT_UDP);
    assert_int_equal(datagram->dscp, 46);
    check_path(&datagram->path, row->vlan, row->tunnel);
    addr_format(&datagram->src, text);
    assert_string_equal(text, v6 ? "[2001:db8::1]:5060" : "10.0.0.1:5060");
    addr_format(&datagram->dst, text);
    assert_string_equal(text, v6 ? "[2001:db8::2]:20000" : "192.168.0.2:20000");
    assert_true(decap_payload_offset(frame, datagram, &offset));
    assert_ptr_equal(frame->data + offset, datagram->payload.p);
}

static inline void rows_go_where_they_belong(struct decap *d, const struct decap_row *rows,
                                             size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct decap_row *row = &rows[i];
        size_t bytes = strlen(row->hex) / 2;
        uint8_t *data = bytes_from_hex(row->hex, bytes);
        struct frame frame = frame_of(data, bytes, bytes, row->link_type);
        struct taken taken = { .count = 0 };
        enum packet_bin bin = decap_frame(d, &frame, take, &taken);

        if (bin != row->bin)
            print_message("%s: %s\n", row->name, bin < BIN_COUNT ? packet_bin_text(bin) : "none");
        assert_int_equal(bin, row->bin);
        assert_int_equal(taken.count, row->bin == BIN_COUNT);
        assert_int_equal(taken.part_count, 0);
        if (taken.count)
            check_hello(row, &frame, &taken.datagram);
        free(data);
    }
}

/* One cut of a row that says hello. True: the datagram was there, cut or whole. */
static inline bool cut_says_hello(const struct decap_row *row, size_t cut,
                                  const struct frame *frame, const struct datagram *datagram)
{
    uint32_t offset = 0;

    assert_true(decap_payload_offset(frame, datagram, &offset));
    if (datagram->dst.port != HELLO_PORT) { /* too little of a tunnel to know it: the outer one */
        assert_non_null(row->tunnel);
        return false;
    }
    check_path(&datagram->path, row->vlan, row->tunnel);
    assert_int_equal(datagram->wire_bytes, HELLO_BYTES);
    assert_int_equal(datagram->payload.len,
                     cut - offset < HELLO_BYTES ? cut - offset : HELLO_BYTES);
    return true;
}

/* A frame cut by the snap length gives what was captured of the payload and the truth about its
 * length, or the name of the layer that was cut; never anything else. */
static inline void cut_rows_tell_the_truth(struct decap *d, const struct decap_row *rows, size_t n)
{
    static const bool cut_bins[BIN_COUNT] = {
        [BIN_LINK_SHORT] = true, [BIN_IP_SHORT] = true,         [BIN_IPV6_EXTENSIONS] = true,
        [BIN_UDP_SHORT] = true,  [BIN_TUNNEL_MALFORMED] = true, [BIN_TCP_MALFORMED] = true,
    };

    for (size_t i = 0; i < n; i++) {
        const struct decap_row *row = &rows[i];
        size_t wire = strlen(row->hex) / 2;
        bool was_there = row->bin == BIN_COUNT;

        for (size_t cut = wire; cut-- > 0;) {
            uint8_t *data = bytes_from_hex(row->hex, cut);
            struct frame frame = frame_of(data, cut, wire, row->link_type);
            struct taken taken = { .count = 0 };
            enum packet_bin bin = decap_frame(d, &frame, take, &taken);

            assert_int_equal(taken.count, bin == BIN_COUNT);
            if (bin != BIN_COUNT && bin != row->bin && !cut_bins[bin])
                fail_msg("%s cut to %zu: %s", row->name, cut, packet_bin_text(bin));
            if (row->bin == BIN_COUNT && bin == BIN_COUNT) {
                bool is_there = cut_says_hello(row, cut, &frame, &taken.datagram);

                assert_true(was_there || !is_there); /* it does not come back */
                was_there = is_there;
            } else {
                was_there = false;
            }
            free(data);
        }
        assert_false(was_there);
    }
}

/* Every frame of the table, with up to four bytes replaced and a random cut. */
static inline void shaken_rows_have_one_bin_or_a_datagram(struct decap *d,
                                                          const struct decap_row *rows, size_t n)
{
    struct random random = { 12 };
    unsigned datagrams = 0, binned = 0;

    for (unsigned round = 0; round < 200000; round++) {
        const struct decap_row *row = &rows[random_below(&random, (uint32_t)n)];
        uint32_t wire = (uint32_t)strlen(row->hex) / 2;
        uint32_t captured = random_below(&random, 4) ? wire : random_below(&random, wire + 1);
        uint8_t *data = bytes_from_hex(row->hex, captured);
        struct frame frame = frame_of(data, captured, wire, row->link_type);
        struct taken taken = { .count = 0 };
        uint32_t offset = 0;
        enum packet_bin bin;

        for (uint32_t edits = random_below(&random, 5); captured && edits; edits--)
            data[random_below(&random, captured)] = (uint8_t)random_next(&random);
        bin = decap_frame(d, &frame, take, &taken);
        if (bin == BIN_COUNT) {
            assert_int_equal(taken.count, 1);
            assert_true(taken.datagram.wire_bytes >= taken.datagram.payload.len);
            /* Two frames may have become two fragments of one packet. */
            if (taken.part_count == 0) {
                assert_true(decap_payload_offset(&frame, &taken.datagram, &offset));
                assert_true(taken.datagram.wire_bytes <= wire - offset);
            }
            datagrams++;
        } else {
            assert_in_range(bin, 0, BIN_COUNT - 1);
            assert_int_equal(taken.count, 0);
            binned++;
        }
        free(data);
    }
    assert_true(datagrams > 20000 && binned > 20000);
}

#endif
