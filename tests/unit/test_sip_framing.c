#include "analyzer/base/strbuf.h"
#include "probe/decap/sip_framing.h"
#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define A    "OPTIONS sip:a@example.com SIP/2.0\r\nCall-ID: a\r\nContent-Length: 0\r\n\r\n"
#define HEAD "INFO sip:b@example.com SIP/2.0\r\nCall-ID: bb\r\n"

/* What becomes of a stream, a letter a step: M a message, C one that is cut, K line ends, S what is
 * skipped, L the stream is lost there, T too long. Each stands before its number of bytes. */
struct row {
    const char *name;
    struct slice stream;
    const char *steps;
    bool lost;
};

static const struct row rows[] = {
    { "two messages", SLICE_INIT(A A), "M68 M68", false },
    { "line ends between", SLICE_INIT("\r\n\r\n" A "\r\n" A "\n"), "K4 M68 K2 M68 K1", false },
    { "NULs are line ends too", SLICE_INIT(A "\0" A), "M68 K1 M68", false },
    { "no Content-Length: no body", SLICE_INIT(HEAD "\r\n" A), "M47 M68", false },
    { "a body", SLICE_INIT(HEAD "Content-Length: 4\r\n\r\nbody" A), "M70 M68", false },
    { "compact", SLICE_INIT(HEAD "l:4\r\n\r\nbody" A), "M56 M68", false },
    { "any case, any blanks", SLICE_INIT(HEAD "cONTENT-lENGTH \t :  4 \r\n\r\nbody" A), "M75 M68",
      false },
    { "folded", SLICE_INIT(HEAD "Content-Length:\r\n\t4\r\n\r\nbody" A), "M72 M68", false },
    { "the first of two counts", SLICE_INIT(HEAD "l: 4\r\nContent-Length: 9\r\n\r\nbody" A),
      "M76 M68", false },
    { "leading zeroes", SLICE_INIT(HEAD "l: 0000000000000000000000000000004\r\n\r\nbody" A),
      "M87 M68", false },
    { "a parameter behind it", SLICE_INIT(HEAD "l: 4;x=y\r\n\r\nbody" A), "M61 M68", false },
    { "bare line feeds", SLICE_INIT("INFO sip:b@example.com SIP/2.0\nl: 4\n\nbody" A), "M41 M68",
      false },
    { "negative", SLICE_INIT(HEAD "l: -4\r\n\r\nbody\r\n" A), "LM54 S6 M68", false },
    { "not a number", SLICE_INIT(HEAD "l: four\r\n\r\nbody\r\n" A), "LM56 S6 M68", false },
    { "a number and then not", SLICE_INIT(HEAD "l: 4four\r\n\r\nbody\r\n" A), "LM57 S6 M68",
      false },
    { "nothing", SLICE_INIT(HEAD "l:\r\n\r\nbody\r\n" A), "LM51 S6 M68", false },
    { "more than a body may have", SLICE_INIT(HEAD "l: 65537\r\n\r\n" A), "TM57 M68", false },
    { "more than 64 bits", SLICE_INIT(HEAD "l: 18446744073709551620\r\n\r\nbody\r\n" A),
      "TM72 S6 M68", false },
    { "too short for its body", SLICE_INIT(HEAD "l: 2\r\n\r\nbody\r\nmore\r\n" A), "M55 LS4 S6 M68",
      false },
    { "a header that loses its end", SLICE_INIT(HEAD "Via: x\r\n" A), "LC53 M68", false },
    { "a status line in the header", SLICE_INIT(HEAD "SIP/2.0 200 OK\r\nl: 0\r\n\r\n"), "LC45 M24",
      false },
    { "Via begins like a status line", SLICE_INIT("SIP/2.0 200 OK\r\nSIP/2.0/TCP: x\r\n\r\n"),
      "M34", false },
    { "noise in front", SLICE_INIT("noise\r\nmore noise\r\n" A), "LS7 S12 M68", false },
    { "noise that is no text", SLICE_INIT("\x80\x01\x02\r\n" A), "LS5 M68", false },
    { "another protocol", SLICE_INIT("GET / HTTP/1.1\r\nHost: x\r\n\r\n" A), "LS16 S9 K2 M68",
      false },
    { "joined in a body", SLICE_INIT("a=sendrecv\r\n" A A), "S12 M68 M68", true },
    { "joined at a start line", SLICE_INIT(A), "M68", true },
    { "joined within a line", SLICE_INIT("TIONS sip:a@example.com HTTP/2.0\r\nl: 0\r\n\r\n" A),
      "S34 S6 K2 M68", true },
    { "a method of one's own", SLICE_INIT("FROB sip:a@b SIP/2.0\r\n\r\n"), "M24", false },
    { "a start line with blanks", SLICE_INIT("INVITE  sip:a@b   SIP/2.0  \r\n\r\n"), "M31", false },
    { "a version to come", SLICE_INIT("INVITE sip:a@b SIP/3.0\r\n\r\n"), "M26", false },
    { "half a message", SLICE_INIT(HEAD), "+45", false },
    { "half a body", SLICE_INIT(HEAD "l: 4\r\n\r\nbo"), "+55", false },
    { "half a start line", SLICE_INIT("INV"), "+3", false },
    { "half a start line of nothing", SLICE_INIT("nothing: spec"), "LS13", false },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void add_step(struct strbuf *out, enum sip_framing_step step,
                     const struct sip_framing_found *found)
{
    const char *kind[] = { [SIP_FRAMING_KEEPALIVE] = "K", [SIP_FRAMING_SKIP] = "S" };

    strbuf_addf(out, "%s%s%s", out->len ? " " : "", found->lost ? "L" : "",
                found->too_long ? "T" : "");
    if (step == SIP_FRAMING_MESSAGE)
        strbuf_addf(out, "%s", found->wire > found->payload ? "C" : "M");
    else
        strbuf_add_text(out, kind[step]);
    strbuf_addf(out, "%zu", found->bytes);
}

/* Feeds the stream as a reader does that gets at most `most` bytes at a time. */
static void run(struct strbuf *out, const struct row *row, struct slice stream, size_t most)
{
    struct sip_framing_found found;
    struct strbuf kept = { .p = NULL };
    struct sip_framing f;
    size_t at = 0;

    sip_framing_init(&f, row->lost);
    while (at < stream.len) {
        struct slice next = { stream.p + at, stream.len - at < most ? stream.len - at : most };
        enum sip_framing_step step;

        if (kept.len) {
            next.len = sip_framing_wants(&f, kept.len, next, false);
            assert_in_range(next.len, 1, most);
        }
        strbuf_add_slice(&kept, next);
        at += next.len;
        for (;;) {
            struct slice block = heap_block(slice_of(kept.p, kept.len));

            step = sip_framing_next(&f, block, &found);
            heap_block_free(block);
            if (step == SIP_FRAMING_MORE)
                break;
            assert_in_range(found.bytes, 1, kept.len);
            add_step(out, step, &found);
            memmove(kept.p, kept.p + found.bytes, kept.len - found.bytes);
            kept.len -= found.bytes;
        }
    }
    if (kept.len)
        strbuf_addf(out, "%s+%zu", out->len ? " " : "", kept.len);
    strbuf_fini(&kept);
}

static void streams_are_framed(void **state)
{
    unsigned bad = 0;

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct strbuf out = { .p = NULL };

        run(&out, &rows[i], rows[i].stream, SIZE_MAX);
        if (!slice_eq(strbuf_slice(&out), slice_of_text(rows[i].steps)))
            print_message("%s: %s\n", rows[i].name, out.p);
        bad += !slice_eq(strbuf_slice(&out), slice_of_text(rows[i].steps));
        strbuf_fini(&out);
    }
    assert_int_equal(bad, 0);
}

/* Only the messages: what is skipped between them may come in other pieces. */
static void add_messages(struct strbuf *out, struct slice steps)
{
    while (steps.len) {
        struct slice step = slice_cut(&steps, ' ');

        if (memchr(step.p, 'M', step.len) || memchr(step.p, 'C', step.len) ||
            memchr(step.p, '+', step.len)) {
            while (step.p[0] == 'L' || step.p[0] == 'T')
                step = slice_of(step.p + 1, step.len - 1);
            strbuf_add_slice(out, step);
            strbuf_add_char(out, ' ');
        }
    }
}

static void the_size_of_the_pieces_does_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t most = 1; most < 90; most++) {
            struct strbuf out = { .p = NULL }, want = { .p = NULL }, got = { .p = NULL };

            run(&out, &rows[i], rows[i].stream, most);
            add_messages(&want, slice_of_text(rows[i].steps));
            add_messages(&got, strbuf_slice(&out));
            if (!slice_eq(strbuf_slice(&got), strbuf_slice(&want)))
                print_message("%s by %zu: %s\n", rows[i].name, most, out.p);
            assert_true(slice_eq(strbuf_slice(&got), strbuf_slice(&want)));
            strbuf_fini(&out);
            strbuf_fini(&want);
            strbuf_fini(&got);
        }
    }
}

/* A body of 64 KiB is a message, of which the analyzer gets what it takes. */
static void the_longest_message(void **state)
{
    struct sip_framing_found found;
    struct strbuf s = { .p = NULL };
    struct sip_framing f;

    (void)state;
    sip_framing_init(&f, false);
    strbuf_add_text(&s, HEAD "l: 65536\r\n\r\n");
    while (s.len < 57 + 65536)
        strbuf_add_char(&s, 'x');
    strbuf_add_text(&s, A);
    assert_int_equal(sip_framing_next(&f, strbuf_slice(&s), &found), SIP_FRAMING_MESSAGE);
    assert_int_equal(found.bytes, 57 + 65536);
    assert_int_equal(found.wire, 57 + 65536);
    assert_int_equal(found.payload, SIP_MSG_MAX_BYTES);
    assert_true(found.too_long);
    assert_int_equal(sip_framing_next(&f, slice_of(s.p + found.bytes, s.len - found.bytes), &found),
                     SIP_FRAMING_MESSAGE);
    strbuf_fini(&s);
}

static void headers_without_end_are_cut(void **state)
{
    struct sip_framing_found found = { 0 };
    struct strbuf s = { .p = NULL };
    struct sip_framing f;

    (void)state;
    sip_framing_init(&f, false);
    strbuf_add_text(&s, HEAD);
    while (sip_framing_next(&f, strbuf_slice(&s), &found) == SIP_FRAMING_MORE) {
        assert_true(s.len <= SIP_MSG_MAX_BYTES);
        strbuf_add_text(&s, "Contact: <sip:x@example.com>;expires=1\r\n");
    }
    assert_int_equal(found.payload, SIP_MSG_MAX_BYTES);
    assert_true(found.too_long && found.wire > found.payload);
    assert_int_equal(f.place, SIP_FRAMING_LOST);
    strbuf_fini(&s);
}

/* A length that lies is found out by a start line that begins a segment; a body that may hold
 * start lines is believed. */
static void a_segment_that_begins_a_message_ends_a_lying_body(void **state)
{
    static const struct {
        const char *type, *next;
        bool lying;
    } cases[] = {
        { "application/sdp", A, true },
        { "application/sdp", "SIP/2.0 200 OK\r\n", true },
        { "application/sdp", "a=sendrecv\r\n", false },
        { "application/sdp", "OPTIONS sip:", false },
        { "message/sipfrag", "SIP/2.0 200 OK\r\n", false },
        { "Multipart/mixed;boundary=x", A, false },
        { "text/plain", "FROB sip:a@b SIP/2.0\r\n", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strbuf s = { .p = NULL };
        struct sip_framing_found found;
        struct sip_framing f;
        size_t n;

        sip_framing_init(&f, false);
        strbuf_addf(&s, HEAD "c: %s\r\nl: 1000\r\n\r\nbody\r\n", cases[i].type);
        assert_int_equal(sip_framing_next(&f, strbuf_slice(&s), &found), SIP_FRAMING_MORE);
        n = sip_framing_wants(&f, s.len, slice_of_text(cases[i].next), true);
        assert_int_equal(n == 0, cases[i].lying);
        assert_true(sip_framing_wants(&f, s.len, slice_of_text(cases[i].next), false) > 0);
        assert_true(sip_framing_give_up(&f, strbuf_slice(&s), 0, &found));
        assert_int_equal(found.bytes, s.len);
        assert_int_equal(found.wire, s.len - 6 + 1000);
        strbuf_fini(&s);
    }
}

/* A hole within a body: where the next message begins is known. */
static void a_hole_in_a_body_does_not_lose_the_place(void **state)
{
    struct sip_framing_found found;
    struct sip_framing f;
    struct slice head = SLICE(HEAD "l: 100\r\n\r\n");

    (void)state;
    for (unsigned missing = 1; missing <= 101; missing++) {
        char rest[200] = { 0 };
        size_t left = missing <= 100 ? 100 - missing : 0;

        memset(rest, 'x', sizeof rest);
        memcpy(rest + left, A, 68);
        sip_framing_init(&f, false);
        assert_int_equal(sip_framing_next(&f, head, &found), SIP_FRAMING_MORE);
        assert_true(sip_framing_give_up(&f, head, missing, &found));
        assert_int_equal(found.payload, head.len);
        assert_int_equal(found.wire, head.len + 100);
        if (left) {
            assert_int_equal(sip_framing_next(&f, slice_of(rest, left + 68), &found),
                             SIP_FRAMING_SKIP);
            assert_int_equal(found.bytes, left);
            assert_false(found.lost);
        }
        if (missing == 101)
            assert_int_equal(f.place, SIP_FRAMING_LOST);
        else
            assert_int_equal(sip_framing_next(&f, slice_of(rest + left, 68), &found),
                             SIP_FRAMING_MESSAGE);
    }
}

/* A hole elsewhere loses it until a line or a segment begins. */
static void a_hole_between_messages_loses_the_place(void **state)
{
    struct sip_framing_found found;
    struct sip_framing f;

    (void)state;
    sip_framing_init(&f, false);
    assert_false(sip_framing_give_up(&f, SLICE(""), 7, &found));
    assert_int_equal(sip_framing_next(&f, SLICE(A), &found), SIP_FRAMING_SKIP);
    assert_true(found.lost);
    sip_framing_init(&f, false);
    assert_false(sip_framing_give_up(&f, SLICE(""), 7, &found));
    sip_framing_segment(&f);
    assert_int_equal(sip_framing_next(&f, SLICE(A), &found), SIP_FRAMING_MESSAGE);
    assert_false(found.lost);
}

/* Any bytes: steps take something, messages begin like one, and it ends. */
static void noise_is_framed(void **state)
{
    static const char *const words[] = { A,           HEAD, "\r\n",
                                         "l: 5\r\n",  "x",  "SIP/2.0 200 OK\r\n",
                                         "INV",       " ",  "l: 70000\r\n",
                                         "l: -1\r\n", "\n", "\0",
                                         "hello" };
    struct random r = { 3 };

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        struct strbuf s = { .p = NULL }, out = { .p = NULL };
        struct row row = { .lost = random_hits(&r, 0.5) };

        for (uint32_t n = random_below(&r, 20); n > 0; n--)
            strbuf_add_text(&s, words[random_below(&r, sizeof words / sizeof words[0])]);
        run(&out, &row, strbuf_slice(&s), 1 + random_below(&r, 50));
        strbuf_fini(&s);
        strbuf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_framed),
        cmocka_unit_test(the_size_of_the_pieces_does_not_matter),
        cmocka_unit_test(the_longest_message),
        cmocka_unit_test(headers_without_end_are_cut),
        cmocka_unit_test(a_segment_that_begins_a_message_ends_a_lying_body),
        cmocka_unit_test(a_hole_in_a_body_does_not_lose_the_place),
        cmocka_unit_test(a_hole_between_messages_loses_the_place),
        cmocka_unit_test(noise_is_framed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
