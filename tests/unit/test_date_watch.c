#include "analyzer/peer/date_watch.h"
#include "analyzer/sip/sip_date.h"
#include "tests/unit/heap_block.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define S    INT64_C(1000000000)
#define NOON INT64_C(1289649600) /* Sat, 13 Nov 2010 12:00:00 GMT */

static void dates_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* −1: refused */
    } rows[] = {
        { "Sat, 13 Nov 2010 23:29:00 GMT", 1289690940 },
        { "Sat, 13 Nov 2010 12:00:00 GMT", NOON },
        { "  sat, 13 nov 2010 12:00:00 gmt ", NOON },
        { "Sat,13 Nov 2010 12:00:00 GMT", NOON },
        { "Thu, 1 Jan 1970 00:00:00 GMT", 0 },
        { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
        { "Tue, 29 Feb 2028 00:00:00 GMT", 1835395200 },
        { "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
        { "Thu, 01 Mar 2400 00:00:00 GMT", 13574649600 },
        { "Mon, 29 Feb 2027 00:00:00 GMT", -1 },
        { "Sat, 13 Nov 2010 12:00:00", -1 },
        { "Sat, 13 Nov 2010 12:00:00 CET", -1 },
        { "Sat, 13 Nov 2010 12:00:00 +0100", -1 },
        { "Sat, 13 Nov 2010 24:00:00 GMT", -1 },
        { "Sat, 13 Nov 2010 12:60:00 GMT", -1 },
        { "Sat, 32 Oct 2010 12:00:00 GMT", -1 },
        { "Sat, 00 Oct 2010 12:00:00 GMT", -1 },
        { "Sat, 13 Foo 2010 12:00:00 GMT", -1 },
        { "Sat, 13 Nov 1969 12:00:00 GMT", -1 },
        { "Sat, 13 Nov 10 12:00:00 GMT", -1 },
        { "Sat, 1", -1 },
        { "Sat", -1 },
        { ",", -1 },
        { "", -1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = slice_of_text(rows[i].text);
        struct slice block = heap_block(text);
        int64_t seconds = -1;

        if (!sip_date_parse(block, &seconds))
            seconds = -1;
        if (seconds != rows[i].seconds)
            fail_msg("'%s': %" PRId64, rows[i].text, seconds);
        heap_block_free(block);
    }
    assert_false(sip_date_parse(SLICE_ABSENT, &(int64_t){ 0 }));
}

/* A message of that host whose Date is so many seconds off. */
static void say(struct date_watch *w, uint8_t host, int64_t now_s, int64_t off_s)
{
    const uint8_t ip[4] = { 192, 0, 2, host };
    char text[512];
    struct datagram d = { .time_ns = now_s * S, .src = addr_v4(ip, 5060) };
    struct sip_msg msg;
    int64_t clock = now_s - NOON + 12 * 3600 + off_s; /* of that day */
    int len = snprintf(text, sizeof text,
                       "OPTIONS sip:a@example.com SIP/2.0\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"
                       "Date: Sat, 13 Nov 2010 %02d:%02d:%02d GMT\r\n\r\n",
                       (int)(clock / 3600), (int)(clock / 60 % 60), (int)(clock % 60));

    d.payload = slice_of(text, (size_t)len);
    assert_int_equal(sip_msg_parse(&msg, d.payload), SIP_PARSE_OK);
    date_watch_message(w, &msg, &d);
}

static void the_median_of_hosts_counts(void **state)
{
    struct date_watch *w = calloc(1, sizeof *w);
    double offset_ms = -1;
    size_t hosts;

    (void)state;
    assert_non_null(w);
    w->key = (struct siphash_key){ { 7, 9 } };
    assert_false(date_watch_read(w, NOON * S, &offset_ms, &hosts));
    say(w, 1, NOON, 60);
    say(w, 2, NOON, 61);
    assert_false(date_watch_read(w, NOON * S, &offset_ms, &hosts)); /* two say nothing */
    assert_int_equal(hosts, 2);
    say(w, 3, NOON, -3000); /* one that is wrong itself */
    assert_true(date_watch_read(w, NOON * S, &offset_ms, &hosts));
    assert_int_equal(hosts, 3);
    assert_true(fabs(offset_ms - 60500) < 0.001);
    say(w, 4, NOON, 63);
    assert_true(date_watch_read(w, NOON * S, &offset_ms, &hosts));
    assert_true(fabs(offset_ms - 61000) < 0.001); /* of four: between the two in the middle */
    /* A host is asked again after a while, not with each message. */
    say(w, 4, NOON + 1, 0);
    assert_true(date_watch_read(w, NOON * S, &offset_ms, &hosts));
    assert_true(fabs(offset_ms - 61000) < 0.001);
    say(w, 4, NOON + 20, 0);
    assert_true(date_watch_read(w, NOON * S, &offset_ms, &hosts));
    /* −3000 + ½, ½, 60 + ½, 61 + ½ */
    assert_true(fabs(offset_ms - 30500) < 0.001);
    /* Who fell silent says nothing any more. */
    assert_false(date_watch_read(w, (NOON + DATE_WATCH_SILENT_S + 1) * S, &offset_ms, &hosts));
    assert_int_equal(hosts, 1);
    free(w);
}

static void no_more_hosts_than_places(void **state)
{
    struct date_watch *w = calloc(1, sizeof *w);
    double offset_ms;
    size_t hosts;

    (void)state;
    assert_non_null(w);
    for (int i = 0; i < 256; i++)
        say(w, (uint8_t)i, NOON, 5);
    assert_true(date_watch_read(w, NOON * S, &offset_ms, &hosts));
    assert_true(hosts > 100 && hosts <= DATE_WATCH_HOSTS);
    assert_true(fabs(offset_ms - 5500) < 0.001);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read),
        cmocka_unit_test(the_median_of_hosts_counts),
        cmocka_unit_test(no_more_hosts_than_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
