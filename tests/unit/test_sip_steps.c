/*
 * The parsers take time linear in the message: counted in steps, for a clock would lie.
 *
 * analyzer/sip is compiled into this test once more, so that each of its basic blocks calls
 * __sanitizer_cov_trace_pc(); memchr, which looks at many bytes in one, is counted by what it was
 * given to look at until it found its byte. Twice the input may take at most 2.2 times the steps.
 */
#include "analyzer/sip/sdp.h"
#include "analyzer/sip/sip_msg.h"
#include "analyzer/sip/sip_uri.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { SMALL = 30000, LARGE = 60000, BYTES_A_STEP = 16 };

static uint64_t steps;

void __sanitizer_cov_trace_pc(void);
void *__real_memchr(const void *s, int c, size_t n);
void *__wrap_memchr(const void *s, int c, size_t n);

void __sanitizer_cov_trace_pc(void)
{
    steps++;
}

void *__wrap_memchr(const void *s, int c, size_t n)
{
    const char *begin = s, *found = __real_memchr(s, c, n);

    steps += 1 + (found ? (size_t)(found - begin) : n) / BYTES_A_STEP;
    return __real_memchr(s, c, n);
}

static void read_msg(struct slice s)
{
    struct sip_msg msg;

    sip_msg_looks_like(s);
    sip_msg_parse(&msg, s);
}

static void read_sdp(struct slice s)
{
    struct sdp sdp;

    sdp_parse(&sdp, s);
}

static void read_multipart(struct slice s)
{
    sdp_find_body(SLICE("multipart/mixed;boundary=b"), s);
}

static void read_list(struct slice s)
{
    struct sip_name_addr out;
    struct slice name, value;
    struct sip_uri uri;

    sip_uri_parse(&uri, s);
    while (s.p) {
        sip_name_addr_parse(&out, s);
        while (sip_param_next(&out.params, &name, &value))
            ;
        s = sip_list_next(out.params);
    }
}

#define START "INVITE sip:a@b SIP/2.0\r\nCall-ID: c\r\n"

static const struct {
    const char *name;
    void (*read)(struct slice s);
    const char *head, *unit;
} bombs[] = {
    { "header fields", read_msg, START, "v:a\r\n" },
    { "names without a colon", read_msg, START, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" },
    { "lines of a byte", read_msg, START, "a\n" },
    { "folds", read_msg, START "v:", "\r\n " },
    { "folds of nothing", read_msg, START, ":\n\t\n" },
    { "blanks before a colon", read_msg, START "v", " " },
    { "empty lines", read_msg, "", "\r\n" },
    { "NULs", read_msg, "", "\0" },
    { "a start line without end", read_msg, "INVITE sip:", "a " },
    { "a method without end", read_msg, "", "A" },
    { "a status line", read_msg, "SIP/2.0 ", "2 " },
    { "Vias in a line", read_msg, START "v:SIP/2.0/UDP h", ",SIP/2.0/UDP h" },
    { "parameters of a Via", read_msg, START "v:SIP/2.0/UDP h", ";a=\"b\"" },
    { "quotes in a Via", read_msg, START "v:SIP/2.0/UDP h;a=", "\"" },
    { "Contacts in a line", read_msg, START "m:", "<sip:a>;x," },
    { "open brackets in From", read_msg, START "f:", "<" },
    { "quotes in From", read_msg, START "f:", "\"" },
    { "backslashes in From", read_msg, START "f:\"", "\\" },
    { "colons in To", read_msg, START "t:<sip:", ":" },
    { "parameters of a To", read_msg, START "t:<sip:a@b>", ";tag" },
    { "digits", read_msg, START "l:", "9" },
    { "the same header", read_msg, START,
      "Call-ID: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" },
    { "m= lines", read_sdp, "v=0\n", "m=audio 1 RTP/AVP 0\n" },
    { "formats", read_sdp, "v=0\nm=audio 1 RTP/AVP", " 0" },
    { "rtpmaps", read_sdp, "v=0\nm=audio 1 RTP/AVP 0 96\n", "a=rtpmap:96 x/1\n" },
    { "c= lines", read_sdp, "v=0\nm=audio 1 RTP/AVP 0\n", "c=IN IP4 x!\n" },
    { "letters", read_sdp, "", "a" },
    { "blanks of an m=", read_sdp, "m=", " " },
    { "parts", read_multipart, "", "--b\n" },
    { "nested parts", read_multipart, "", "--b\nc:multipart/x;boundary=b\n\n" },
    { "near delimiters", read_multipart, "", "--c\n--\n" },
    { "a list of name-addrs", read_list, "sip:", "<sip:a@b>;x=y," },
    { "commas", read_list, "", "," },
    { "commas before a bracket", read_list, "", "a,b;" },
    { "URI colons and brackets", read_list, "sip:a@", "[:" },
};

/* The steps for `size` bytes of the bomb; the line it may be in ends, or it would not be used. */
static uint64_t count(size_t i, size_t size)
{
    static const char tail[] = "\r\n\r\n";
    size_t at = strlen(bombs[i].head), len = strlen(bombs[i].unit);
    char *p = malloc(size);

    assert_non_null(p);
    memcpy(p, bombs[i].head, at);
    for (size_t n = len ? len : 1; at + n + sizeof tail <= size; at += n)
        memcpy(p + at, bombs[i].unit, n);
    memcpy(p + at, tail, sizeof tail - 1);
    at += sizeof tail - 1;
    steps = 0;
    bombs[i].read(slice_of(p, at));
    free(p);
    return steps;
}

static void test_linear(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        uint64_t once = count(i, SMALL), twice = count(i, LARGE);

        print_message("  %-28s %8llu %8llu\n", bombs[i].name, (unsigned long long)once,
                      (unsigned long long)twice);
        assert_true(once > 0);
        if (twice * 10 > once * 22 || twice > (uint64_t)LARGE * 64)
            fail_msg("%s: %llu steps for %d bytes, %llu for %d", bombs[i].name,
                     (unsigned long long)once, SMALL, (unsigned long long)twice, LARGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_linear) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
