#include "probe/web/live_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void take(struct live_state *s, const char *text)
{
    size_t len = strlen(text);
    char *exact = malloc(len);

    assert_non_null(exact);
    memcpy(exact, text, len);
    live_state_take(s, slice_of(exact, len));
    free(exact);
}

/* All of it, one behind the other. */
static void is_state(const struct live_state *s, const char *wanted)
{
    char text[2000] = "";
    size_t at = 0, len = 0;
    struct slice m;

    while (live_state_next(s, &at, &m))
        len += (size_t)snprintf(text + len, sizeof text - len, "%.*s\n", (int)m.len, m.p);
    assert_string_equal(text, wanted);
}

#define FIRING  "{\"type\":\"alert\",\"id\":\"00000000000000aa\",\"state\":\"firing\"}"
#define PENDING "{\"type\":\"alert\",\"id\":\"00000000000000bb\",\"state\":\"pending\"}"
#define OVER    "{\"type\":\"alert\",\"id\":\"00000000000000aa\",\"state\":\"resolved\"}"
#define OPENED  "{\"type\":\"call\",\"id\":\"00000000000000aa\",\"event\":\"opened\"}"
#define CHANGED "{\"type\":\"call\",\"id\":\"00000000000000aa\",\"event\":\"changed\",\"n\":1}"
#define CLOSED  "{\"type\":\"call\",\"id\":\"00000000000000aa\",\"event\":\"closed\"}"

static void keeps_what_is_not_over(void **state)
{
    struct live_state s;

    (void)state;
    assert_int_equal(live_state_init(&s), 0);
    take(&s, "{\"type\":\"stats\",\"n\":1}");
    take(&s, OPENED);
    take(&s, FIRING);
    take(&s, "{\"type\":\"stats\",\"n\":2}");
    take(&s, PENDING);
    take(&s, CHANGED);
    take(&s, "{\"type\":\"certificate\",\"id\":\"00000000000000cc\"}");
    is_state(&s, "{\"type\":\"stats\",\"n\":2}\n" FIRING "\n" PENDING "\n" CHANGED "\n");
    take(&s, OVER);
    take(&s, CLOSED);
    take(&s, CLOSED);
    is_state(&s, "{\"type\":\"stats\",\"n\":2}\n" PENDING "\n");
    live_state_forget(&s);
    is_state(&s, PENDING "\n");
    live_state_forget_alerts(&s);
    is_state(&s, "");
    assert_int_equal(s.bytes, 0);
    live_state_fini(&s);
}

static void believes_the_feed_more_than_the_store(void **state)
{
    struct live_state s;

    (void)state;
    assert_int_equal(live_state_init(&s), 0);
    take(&s, FIRING);
    live_state_seed(
        &s, SLICE("{\"type\":\"alert\",\"id\":\"00000000000000aa\",\"state\":\"pending\"}"));
    live_state_seed(&s, SLICE(PENDING));
    live_state_seed(
        &s, SLICE("{\"type\":\"alert\",\"id\":\"00000000000000cc\",\"state\":\"resolved\"}"));
    is_state(&s, FIRING "\n" PENDING "\n");
    live_state_fini(&s);
}

static void is_bounded_and_says_what_it_left_out(void **state)
{
    struct live_state s;
    size_t at = 0, count = 0;
    struct slice m;
    char text[100];

    (void)state;
    assert_int_equal(live_state_init(&s), 0);
    for (unsigned i = 0; i < LIVE_STATE_CALLS_MAX + 7; i++) {
        snprintf(text, sizeof text, "{\"type\":\"call\",\"id\":\"%016x\",\"event\":\"opened\"}",
                 i + 1);
        take(&s, text);
    }
    while (live_state_next(&s, &at, &m))
        count++;
    assert_int_equal(count, LIVE_STATE_CALLS_MAX);
    assert_int_equal(s.left_out, 7);
    live_state_fini(&s);
}

static void takes_anything(void **state)
{
    static const char *const rows[] = {
        "{}",
        "{\"type\":3}",
        "{\"type\":\"\"}",
        "{\"type\":\"call\"}",
        "{\"type\":\"call\",\"id\":4}",
        "{\"type\":\"alert\",\"id\":\"",
        "{\"type\":\"call\",\"id\":null}",
        "{",
    };
    struct live_state s;

    (void)state;
    assert_int_equal(live_state_init(&s), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        take(&s, rows[i]);
    is_state(&s, "");
    assert_int_equal(live_state_key(SLICE("{\"type\":\"stats\",\"id\":\"1\"}")), 0);
    assert_int_not_equal(live_state_key(SLICE(FIRING)), live_state_key(SLICE(OPENED)));
    assert_int_equal(live_state_key(SLICE(CHANGED)), live_state_key(SLICE(OPENED)));
    live_state_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_not_over),
        cmocka_unit_test(believes_the_feed_more_than_the_store),
        cmocka_unit_test(is_bounded_and_says_what_it_left_out),
        cmocka_unit_test(takes_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
