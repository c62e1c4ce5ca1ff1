/*
 * test_payload - each codec's header: what packs, what is cut, what cannot be.
 */
#include "analyzer/rtp/payload.h"

#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SPEECH_10 "0123456789"
#define SPEECH_31 SPEECH_10 SPEECH_10 SPEECH_10 "x"

enum { NONE = PAYLOAD_NO_MODE };

static const struct {
    enum payload_kind kind;
    struct slice bytes;
    enum payload_parse result;
    struct payload_info info; /* duration_us, mode, frames, noise, nothing */
} packets[] = {
    /* AMR 12.2, bandwidth-efficient: 4 + 6 + 244 bits are 32 bytes. */
    { PAYLOAD_AMR,
      SLICE_INIT("\xf3\xc0" SPEECH_10 SPEECH_10 SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 20000, 7, 1, false, false } },
    { PAYLOAD_AMR,
      SLICE_INIT("\xf3\xc0" SPEECH_10 SPEECH_10 "012345678"),
      PAYLOAD_PARSE_SHORT,
      { 0 } },
    { PAYLOAD_AMR,
      SLICE_INIT("\xf3\xc0" SPEECH_10 SPEECH_10 SPEECH_10 "!"),
      PAYLOAD_PARSE_LENGTH,
      { 0 } },
    /* Two of 4.75 (4 + 12 + 190 bits = 26 bytes): more follow, type 0, good; then the last. */
    { PAYLOAD_AMR,
      SLICE_INIT("\xf8\x41" SPEECH_10 SPEECH_10 "0123"),
      PAYLOAD_PARSE_OK,
      { 40000, 0, 2, false, false } },
    /* Comfort noise: type 8, 4 + 6 + 39 bits are 7 bytes. */
    { PAYLOAD_AMR,
      SLICE_INIT("\xf4\x40"
                 "12345"),
      PAYLOAD_PARSE_OK,
      { 20000, NONE, 0, true, false } },
    /* No data: 10 bits. */
    { PAYLOAD_AMR, SLICE_INIT("\xf7\xc0"), PAYLOAD_PARSE_OK, { 20000, NONE, 0, false, true } },
    { PAYLOAD_AMR, SLICE_INIT("\xf6\x40"), PAYLOAD_PARSE_MODE, { 0 } }, /* type 12 */
    { PAYLOAD_AMR, SLICE_INIT("\xf3"), PAYLOAD_PARSE_SHORT, { 0 } },
    { PAYLOAD_AMR, SLICE_INIT(""), PAYLOAD_PARSE_SHORT, { 0 } },
    { PAYLOAD_AMR, SLICE_INIT("\xff\xff\xff"), PAYLOAD_PARSE_SHORT, { 0 } },
    /* Whole octets: a request, a header of a frame (type << 3), the frame's 31. */
    { PAYLOAD_AMR_OCTETS,
      SLICE_INIT("\xf0\x3c" SPEECH_31),
      PAYLOAD_PARSE_OK,
      { 20000, 7, 1, false, false } },
    { PAYLOAD_AMR_OCTETS, SLICE_INIT("\xf0\x3c" SPEECH_31 "x"), PAYLOAD_PARSE_LENGTH, { 0 } },
    { PAYLOAD_AMR_OCTETS, SLICE_INIT("\xf0\x3c" SPEECH_10), PAYLOAD_PARSE_SHORT, { 0 } },
    /* 4.75 and comfort noise in one packet: 12 and 5 bytes. */
    { PAYLOAD_AMR_OCTETS,
      SLICE_INIT("\xf0\x84\x44" SPEECH_10 "1234567"),
      PAYLOAD_PARSE_OK,
      { 40000, 0, 1, true, false } },
    { PAYLOAD_AMR_OCTETS,
      SLICE_INIT("\xf0\x7c"),
      PAYLOAD_PARSE_OK,
      { 20000, NONE, 0, false, true } },
    { PAYLOAD_AMR_OCTETS, SLICE_INIT("\xf0\x54"), PAYLOAD_PARSE_MODE, { 0 } },
    { PAYLOAD_AMR_OCTETS, SLICE_INIT("\xf0\x84"), PAYLOAD_PARSE_SHORT, { 0 } },
    /* AMR-WB 12.65: 253 bits, 33 bytes with the headers' ten bits; or 32 octets. */
    { PAYLOAD_AMR_WB,
      SLICE_INIT("\xf1\x40" SPEECH_31),
      PAYLOAD_PARSE_OK,
      { 20000, 2, 1, false, false } },
    { PAYLOAD_AMR_WB_OCTETS,
      SLICE_INIT("\xf0\x14" SPEECH_31 "x"),
      PAYLOAD_PARSE_OK,
      { 20000, 2, 1, false, false } },
    { PAYLOAD_AMR_WB_OCTETS,
      SLICE_INIT("\xf0\x4c"
                 "12345"),
      PAYLOAD_PARSE_OK,
      { 20000, NONE, 0, true, false } },
    { PAYLOAD_AMR_WB_OCTETS,
      SLICE_INIT("\xf0\x74"),
      PAYLOAD_PARSE_OK, /* speech lost */
      { 20000, NONE, 0, false, true } },
    { PAYLOAD_AMR_WB_OCTETS, SLICE_INIT("\xf0\x5c"), PAYLOAD_PARSE_MODE, { 0 } },
    /* Opus: SILK wideband 20 ms, one frame. */
    { PAYLOAD_OPUS,
      SLICE_INIT("\x48" SPEECH_31),
      PAYLOAD_PARSE_OK,
      { 20000, OPUS_WIDE, 1, false, false } },
    { PAYLOAD_OPUS,
      SLICE_INIT("\x08" SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 20000, OPUS_NARROW, 1, false, false } },
    { PAYLOAD_OPUS,
      SLICE_INIT("\x38" SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 60000, OPUS_MEDIUM, 1, false, false } },
    { PAYLOAD_OPUS,
      SLICE_INIT("\x60" SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 10000, OPUS_SUPER_WIDE, 1, false, false } },
    { PAYLOAD_OPUS,
      SLICE_INIT("\x78" SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 20000, OPUS_FULL, 1, false, false } },
    { PAYLOAD_OPUS,
      SLICE_INIT("\xe0" SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 2500, OPUS_FULL, 1, false, false } },
    { PAYLOAD_OPUS,
      SLICE_INIT("\xd0" SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 10000, OPUS_SUPER_WIDE, 1, false, false } },
    /* Code 1: two alike. */
    { PAYLOAD_OPUS,
      SLICE_INIT("\xf9" SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 40000, OPUS_FULL, 2, false, false } },
    { PAYLOAD_OPUS, SLICE_INIT("\xf9" SPEECH_10 "x"), PAYLOAD_PARSE_LENGTH, { 0 } },
    /* Code 2: two that differ, the first's length in one byte or two. */
    { PAYLOAD_OPUS,
      SLICE_INIT("\xfa\x03" SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 40000, OPUS_FULL, 2, false, false } },
    { PAYLOAD_OPUS, SLICE_INIT("\xfa\x0b" SPEECH_10), PAYLOAD_PARSE_SHORT, { 0 } },
    { PAYLOAD_OPUS, SLICE_INIT("\xfa\xfc\x01" SPEECH_10), PAYLOAD_PARSE_SHORT, { 0 } },
    { PAYLOAD_OPUS, SLICE_INIT("\xfa"), PAYLOAD_PARSE_SHORT, { 0 } },
    /* Code 3: a count, padding, lengths. */
    { PAYLOAD_OPUS,
      SLICE_INIT("\xfb\x05" SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 100000, OPUS_FULL, 5, false, false } },
    { PAYLOAD_OPUS, SLICE_INIT("\xfb\x03" SPEECH_10), PAYLOAD_PARSE_LENGTH, { 0 } },
    { PAYLOAD_OPUS, SLICE_INIT("\xfb\x07" SPEECH_10 "xxxx"), PAYLOAD_PARSE_LENGTH, { 0 } },
    { PAYLOAD_OPUS, SLICE_INIT("\xfb\x00" SPEECH_10), PAYLOAD_PARSE_LENGTH, { 0 } },
    { PAYLOAD_OPUS,
      SLICE_INIT("\xfb\x42\x02" SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 40000, OPUS_FULL, 2, false, false } },
    { PAYLOAD_OPUS, SLICE_INIT("\xfb\x42\x0b" SPEECH_10), PAYLOAD_PARSE_SHORT, { 0 } },
    { PAYLOAD_OPUS, SLICE_INIT("\xfb\x41\xff"), PAYLOAD_PARSE_SHORT, { 0 } },
    { PAYLOAD_OPUS,
      SLICE_INIT("\xfb\x83\x01\x02" SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 60000, OPUS_FULL, 3, false, false } },
    { PAYLOAD_OPUS, SLICE_INIT("\xfb\x83\x08\x08" SPEECH_10), PAYLOAD_PARSE_SHORT, { 0 } },
    { PAYLOAD_OPUS, SLICE_INIT("\xfb"), PAYLOAD_PARSE_SHORT, { 0 } },
    /* DTX. */
    { PAYLOAD_OPUS, SLICE_INIT("\x48"), PAYLOAD_PARSE_OK, { 20000, NONE, 0, false, true } },
    { PAYLOAD_OPUS, SLICE_INIT("\x48\x01"), PAYLOAD_PARSE_OK, { 20000, NONE, 0, false, true } },
    { PAYLOAD_OPUS, SLICE_INIT(""), PAYLOAD_PARSE_SHORT, { 0 } },
    { PAYLOAD_G729,
      SLICE_INIT(SPEECH_10 SPEECH_10),
      PAYLOAD_PARSE_OK,
      { 20000, 0, 2, false, false } },
    { PAYLOAD_G729, SLICE_INIT(SPEECH_10 "ss"), PAYLOAD_PARSE_OK, { 20000, 0, 1, true, false } },
    { PAYLOAD_G729, SLICE_INIT("ss"), PAYLOAD_PARSE_OK, { 10000, NONE, 0, true, false } },
    { PAYLOAD_G729, SLICE_INIT(SPEECH_10 "x"), PAYLOAD_PARSE_LENGTH, { 0 } },
    { PAYLOAD_G729, SLICE_INIT(""), PAYLOAD_PARSE_SHORT, { 0 } },
    { PAYLOAD_G723,
      SLICE_INIT("\x00" SPEECH_10 SPEECH_10 "123"),
      PAYLOAD_PARSE_OK,
      { 30000, G723_6300, 1, false, false } },
    { PAYLOAD_G723,
      SLICE_INIT("\x01" SPEECH_10 "123456789"),
      PAYLOAD_PARSE_OK,
      { 30000, G723_5300, 1, false, false } },
    { PAYLOAD_G723,
      SLICE_INIT("\x01" SPEECH_10 "123456789"
                 "\x02"
                 "sid"),
      PAYLOAD_PARSE_OK,
      { 60000, G723_5300, 1, true, false } },
    { PAYLOAD_G723, SLICE_INIT("\x01" SPEECH_10), PAYLOAD_PARSE_SHORT, { 0 } },
    { PAYLOAD_G723, SLICE_INIT("\x03"), PAYLOAD_PARSE_MODE, { 0 } },
    { PAYLOAD_G723, SLICE_INIT(""), PAYLOAD_PARSE_SHORT, { 0 } },
    { PAYLOAD_ILBC,
      SLICE_INIT(SPEECH_31 "1234567"),
      PAYLOAD_PARSE_OK,
      { 20000, ILBC_20_MS, 1, false, false } },
    { PAYLOAD_ILBC,
      SLICE_INIT(SPEECH_31 SPEECH_10 "123456789"),
      PAYLOAD_PARSE_OK,
      { 30000, ILBC_30_MS, 1, false, false } },
    { PAYLOAD_ILBC, SLICE_INIT(SPEECH_31), PAYLOAD_PARSE_LENGTH, { 0 } },
    { PAYLOAD_ILBC, SLICE_INIT(""), PAYLOAD_PARSE_SHORT, { 0 } },
    { PAYLOAD_PLAIN, SLICE_INIT("anything"), PAYLOAD_PARSE_OK, { 0, NONE, 0, false, false } },
};

static void each_packet_tells_its_mode(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        struct slice block = heap_block(packets[i].bytes);
        const struct payload_info *wanted = &packets[i].info;
        struct payload_info p;
        enum payload_parse result = payload_parse(&p, packets[i].kind, block);

        if (result != packets[i].result)
            fail_msg("row %zu: %d, expected %d", i, (int)result, (int)packets[i].result);
        if (result == PAYLOAD_PARSE_OK &&
            (p.mode != wanted->mode || p.frames != wanted->frames || p.noise != wanted->noise ||
             p.nothing != wanted->nothing || p.duration_us != wanted->duration_us))
            fail_msg("row %zu: mode %u, %u frames, noise %d, nothing %d, %u us", i, p.mode,
                     p.frames, p.noise, p.nothing, p.duration_us);
        heap_block_free(block);
    }
}

/* Every mode of AMR and AMR-WB in both packings, one to four frames a packet; one byte less is short,
 * one more is none. */
static void all_amr_modes_in_both_packings(void **state)
{
    static const struct {
        enum payload_kind packed, octets;
        unsigned modes;
        unsigned bits[9];
    } families[] = {
        { PAYLOAD_AMR, PAYLOAD_AMR_OCTETS, 8, { 95, 103, 118, 134, 148, 159, 204, 244 } },
        { PAYLOAD_AMR_WB,
          PAYLOAD_AMR_WB_OCTETS,
          9,
          { 132, 177, 253, 285, 317, 365, 397, 461, 477 } },
    };

    (void)state;
    for (unsigned f = 0; f < 2; f++) {
        for (unsigned mode = 0; mode < families[f].modes; mode++) {
            for (unsigned n = 1; n <= 4; n++) {
                for (int octets = 0; octets < 2; octets++) {
                    enum payload_kind kind = octets ? families[f].octets : families[f].packed;
                    unsigned head_bits = octets ? 8 : 6;
                    unsigned frame = families[f].bits[mode];
                    unsigned bits = (octets ? 8 : 4) + n * head_bits +
                                    n * (octets ? (frame + 7) / 8 * 8 : frame);
                    uint8_t bytes[300] = { 0xf0 };
                    size_t len = (bits + 7) / 8;
                    struct payload_info p;

                    for (unsigned i = 0; i < n; i++) {
                        unsigned head = (i + 1 < n ? 32u : 0) | mode << 1 | 1;

                        for (unsigned b = 0; b < 6; b++) {
                            unsigned at = (octets ? 8 : 4) + i * head_bits + b;

                            if (head >> (5 - b) & 1)
                                bytes[at / 8] |= (uint8_t)(0x80 >> at % 8);
                        }
                    }
                    for (size_t off = 0; off < 3; off++) {
                        struct slice block = heap_block(slice_of(bytes, len - 1 + off));
                        static const enum payload_parse results[] = { PAYLOAD_PARSE_SHORT,
                                                                      PAYLOAD_PARSE_OK,
                                                                      PAYLOAD_PARSE_LENGTH };

                        assert_int_equal(payload_parse(&p, kind, block), results[off]);
                        heap_block_free(block);
                        if (off != 1)
                            continue;
                        assert_int_equal(p.mode, mode);
                        assert_int_equal(p.frames, n);
                        assert_int_equal(p.duration_us, n * 20000);
                    }
                }
            }
        }
    }
}

static void sdp_names_the_kind(void **state)
{
    static const struct {
        struct slice codec, fmtp;
        enum payload_kind kind;
    } rows[] = {
        { SLICE_INIT("AMR"), { NULL, 0 }, PAYLOAD_AMR },
        { SLICE_INIT("amr"), SLICE_INIT("octet-align=0"), PAYLOAD_AMR },
        { SLICE_INIT("AMR"), SLICE_INIT("mode-set=0,2,4,7; octet-align=1"), PAYLOAD_AMR_OCTETS },
        { SLICE_INIT("AMR-WB"), SLICE_INIT("Octet-Align = 1;mode-change-capability=2"),
          PAYLOAD_AMR_WB_OCTETS },
        { SLICE_INIT("AMR-WB"), SLICE_INIT(""), PAYLOAD_AMR_WB },
        { SLICE_INIT("AMR"), SLICE_INIT("octet-align=1; interleaving=30"), PAYLOAD_PLAIN },
        { SLICE_INIT("AMR"), SLICE_INIT("octet-align=1; crc=1"), PAYLOAD_PLAIN },
        { SLICE_INIT("AMR"), SLICE_INIT("crc=0;octet-align=1"), PAYLOAD_AMR_OCTETS },
        { SLICE_INIT("AMR"), SLICE_INIT("octet-align=1;robust-sorting=1"), PAYLOAD_PLAIN },
        { SLICE_INIT("AMR"), SLICE_INIT("channels=2"), PAYLOAD_PLAIN },
        { SLICE_INIT("opus"), SLICE_INIT("useinbandfec=1"), PAYLOAD_OPUS },
        { SLICE_INIT("G729"), SLICE_INIT("annexb=no"), PAYLOAD_G729 },
        { SLICE_INIT("G723"), { NULL, 0 }, PAYLOAD_G723 },
        { SLICE_INIT("ilbc"), SLICE_INIT("mode=20"), PAYLOAD_ILBC },
        { SLICE_INIT("PCMU"), { NULL, 0 }, PAYLOAD_PLAIN },
        { { NULL, 0 }, { NULL, 0 }, PAYLOAD_PLAIN },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum payload_kind kind = payload_kind_of(rows[i].codec, rows[i].fmtp);

        if (kind != rows[i].kind)
            fail_msg("row %zu: %d, expected %d", i, (int)kind, (int)rows[i].kind);
    }
}

static void the_mode_of_most_sound_is_told(void **state)
{
    struct payload_tally t = { 0 };
    const struct payload_info high = { 20000, 7, 1, false, false };
    const struct payload_info low = { 60000, 0, 3, false, false };
    const struct payload_info noise = { 20000, PAYLOAD_NO_MODE, 0, true, false };

    (void)state;
    assert_int_equal(payload_tally_mode(&t), PAYLOAD_NO_MODE);
    assert_true(payload_tally_bit_s(&t) == 0);
    payload_tally_add(&t, &noise, 7);
    assert_int_equal(payload_tally_mode(&t), PAYLOAD_NO_MODE);
    payload_tally_add(&t, &high, 32);
    payload_tally_add(&t, &high, 32);
    assert_int_equal(payload_tally_mode(&t), 7);
    assert_true(payload_tally_bit_s(&t) == 12800);
    payload_tally_add(&t, &low, 40);
    assert_int_equal(payload_tally_mode(&t), 0);
    assert_int_equal(t.noise_packets, 1);
}

/* Nothing is read beyond the payload, whatever stands in it. */
static void any_payload_up_to_64_kib_is_judged(void **state)
{
    static uint8_t bytes[65536];
    struct random r = { 4 };
    unsigned good = 0;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        size_t len = round % 100 == 0 ? random_below(&r, sizeof bytes + 1) : random_below(&r, 80);
        enum payload_kind kind = (enum payload_kind)(round % (PAYLOAD_ILBC + 1));
        struct payload_info p;
        struct slice block;

        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)random_next(&r);
        block = heap_block(slice_of(bytes, len));
        if (payload_parse(&p, kind, block) == PAYLOAD_PARSE_OK && kind != PAYLOAD_PLAIN) {
            good++;
            assert_true(p.duration_us >= 2500 && p.duration_us <= 3000000);
            assert_true((p.mode != PAYLOAD_NO_MODE) == (p.frames > 0));
            assert_true(p.mode == PAYLOAD_NO_MODE || p.mode < PAYLOAD_MODES);
        }
        heap_block_free(block);
    }
    assert_true(good > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_packet_tells_its_mode),
        cmocka_unit_test(all_amr_modes_in_both_packings),
        cmocka_unit_test(sdp_names_the_kind),
        cmocka_unit_test(the_mode_of_most_sound_is_told),
        cmocka_unit_test(any_payload_up_to_64_kib_is_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
