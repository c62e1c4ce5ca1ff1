/* Which level a call gets, when, and what its media is worth in the end. */
#include "probe/engine/keep_policy.h"

#include "analyzer/record_id.h"
#include "probe/keep_load.h"
#include "storage/upkeep/pins.h"
#include "tests/unit/packet_fixture.h"

#include <errno.h>

enum { HEAD = 54, WHOLE = 214 };

struct scene {
    struct log_fixture l;
    struct config config;
    struct keep_loaded keep;
    struct keep_policy *policy;
    struct call_record call;
    struct stream_record stream;
    void *keeper;
    char kept[16], by[16];
};

static void open_scene(struct scene *s, const char *yaml, bool alerts)
{
    struct packet_log_options options = { .wait_when_full = true };
    struct strbuf errors = { 0 };

    memset(s, 0, sizeof *s);
    assert_int_equal(config_init(&s->config), 0);
    assert_int_equal(config_read_text(&s->config, "test", slice_of_text(yaml), &errors), 0);
    assert_int_equal(keep_load(&s->keep, &s->config, &errors), 0);
    fixture_make_dir(&s->l.f);
    s->l.writer = fixture_writer(&s->l.f);
    options.store_dir = s->l.f.dir;
    options.writer = s->l.writer;
    options.keep = keep_options_most(&s->keep.options);
    options.may_tighten = s->keep.options.rule_count > 0;
    assert_int_equal(packet_log_start(&s->l.log, &options), 0);
    assert_int_equal(keep_policy_new(&s->policy, s->l.log, s->l.f.dir, &s->keep.options, alerts),
                     0);
    fixture_call(&s->call, FIXTURE_TIME, 7, "kept?");
    record_clear(&record_type_stream, &s->stream);
    s->stream.id = fixture_id(FIXTURE_TIME - FIXTURE_S, 9);
    s->call.streams = &s->stream;
    s->call.stream_count = 1;
    strbuf_fini(&errors);
}

static void close_scene(struct scene *s, struct packet_log_stats *stats)
{
    keep_policy_finish(s->policy);
    packet_log_flush(s->l.log);
    packet_log_read_stats(s->l.log, stats);
    keep_policy_free(s->policy);
    log_fixture_close(&s->l);
    keep_load_fini(&s->keep);
    config_fini(&s->config);
}

static void report(struct scene *s, enum record_event event)
{
    struct call_record told = s->call;

    keep_policy_call(s->policy, &told, event, &s->keeper);
    snprintf(s->kept, sizeof s->kept, "%.*s", (int)told.kept.len, told.kept.p);
    snprintf(s->by, sizeof s->by, "%.*s", (int)told.kept_by.len, told.kept_by.p);
    if (event == RECORD_CLOSED) {
        assert_true(writer_submit(s->l.writer, &record_type_call, &told));
        keep_policy_close(s->policy, &s->call, &s->keeper, FIXTURE_TIME + 10 * FIXTURE_S);
        assert_null(s->keeper);
    }
}

static void hear(struct scene *s, int64_t time_ns)
{
    uint8_t data[WHOLE] = { 1 };
    struct frame f = { time_ns, data, WHOLE, WHOLE, 1 };

    packet_log_add_media(s->l.log, &s->keeper, s->call.id, &f, HEAD);
}

#define POLICY                                                                                     \
    "store:\n  keep: signalling\n  policy:\n    - nothing trunk:quiet\n    - full trunk:loud\n"    \
    "    - headers vlan:30\n    - full vlan:30\n"

static void the_first_line_that_fits_counts(void **state)
{
    static const struct {
        const char *trunk, *vlan, *kept, *by;
        uint64_t stored;
    } rows[] = {
        { "loud", NULL, "full", "policy", 1 },      { "quiet", "30", "nothing", "policy", 0 },
        { "other", "30", "headers", "policy", 1 },  { "other", "31", "signalling", "default", 0 },
        { NULL, NULL, "signalling", "default", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct packet_log_stats stats;
        struct scene s;

        open_scene(&s, POLICY, false);
        if (rows[i].trunk)
            s.call.trunk_in = slice_of_text(rows[i].trunk);
        if (rows[i].vlan)
            s.call.vlan = slice_of_text(rows[i].vlan);
        hear(&s, FIXTURE_TIME);
        report(&s, RECORD_OPENED);
        assert_string_equal(s.kept, rows[i].kept);
        assert_string_equal(s.by, rows[i].by);
        report(&s, RECORD_CLOSED);
        assert_string_equal(s.kept, rows[i].kept);
        close_scene(&s, &stats);
        assert_int_equal(stats.frames_stored, rows[i].stored);
        assert_int_equal(stats.not_kept, !rows[i].stored);
        assert_int_equal(stats.bytes_stored, strcmp(rows[i].kept, "full") == 0      ? WHOLE
                                             : strcmp(rows[i].kept, "headers") == 0 ? HEAD
                                                                                    : 0);
        fixture_remove_dir(&s.l.f);
    }
}

/* What becomes known until it is settled counts, and nothing after that. */
static void it_is_asked_again_until_the_call_is_settled(void **state)
{
    struct packet_log_stats stats;
    struct scene s;

    (void)state;
    open_scene(&s, POLICY, false);
    hear(&s, FIXTURE_TIME);
    report(&s, RECORD_OPENED);
    assert_string_equal(s.kept, "signalling");
    s.call.trunk_out = SLICE("loud");
    report(&s, RECORD_CHANGED);
    assert_string_equal(s.kept, "full");
    hear(&s, FIXTURE_TIME + FIXTURE_S);
    report(&s, RECORD_SETTLED);
    s.call.trunk_out = SLICE("quiet");
    report(&s, RECORD_CHANGED);
    assert_string_equal(s.kept, "full");
    hear(&s, FIXTURE_TIME + 2 * FIXTURE_S);
    report(&s, RECORD_CLOSED);
    close_scene(&s, &stats);
    assert_int_equal(stats.frames_stored, 2);
    assert_int_equal(stats.not_kept, 1);
    fixture_remove_dir(&s.l.f);
}

#define VALUE "store:\n  keep: full\n  media_of: [ 'mos<3.5', 'one_way:yes' ]\n"

static uint64_t close_one(double mos, bool alerts, bool named, bool pinned, const char *more,
                          char kept[16])
{
    struct packet_log_stats stats;
    struct alert_record alert;
    char yaml[256], calls[64];
    struct scene s;

    snprintf(yaml, sizeof yaml, "%s%s", VALUE, more);
    open_scene(&s, yaml, alerts);
    s.call.mos_lq = mos;
    hear(&s, FIXTURE_TIME);
    packet_log_tick(s.l.log, FIXTURE_TIME + 5 * FIXTURE_S); /* one chunk is passed on */
    hear(&s, FIXTURE_TIME + 6 * FIXTURE_S);
    if (pinned)
        assert_int_equal(pins_add_new(s.l.f.dir, &(struct pin){ .call = s.call.id }), 0);
    report(&s, RECORD_CLOSED);
    if (named) {
        record_clear(&record_type_alert, &alert);
        snprintf(calls, sizeof calls, "[\"%016llx\"]", (unsigned long long)s.call.id);
        alert.calls = slice_of_text(calls);
        keep_policy_alert(s.policy, &alert);
    }
    memcpy(kept, s.kept, sizeof s.kept);
    close_scene(&s, &stats);
    fixture_remove_dir(&s.l.f);
    return stats.frames_stored - stats.forgotten;
}

static void media_of_a_call_that_is_not_worth_it_goes(void **state)
{
    char kept[16];

    (void)state;
    assert_int_equal(close_one(3.0, false, false, false, "", kept), 2);
    assert_string_equal(kept, "full");
    assert_int_equal(close_one(4.2, false, false, false, "", kept), 0);
    assert_string_equal(kept, "signalling");
    assert_int_equal(close_one(4.2, false, false, true, "", kept), 2); /* pinned */
    assert_string_equal(kept, "full");
    /* With rules it waits for an alert. */
    assert_int_equal(close_one(4.2, true, false, false, "", kept), 0);
    assert_string_equal(kept, "full");
    assert_int_equal(close_one(4.2, true, true, false, "", kept), 2);
    assert_int_equal(close_one(4.2, true, false, true, "", kept), 2);
    assert_int_equal(close_one(4.2, false, false, false, "  media_sample: 1\n", kept), 2);
    assert_int_equal(close_one(4.2, false, false, false, "  media_sample: 1000000000\n", kept), 0);
}

static void one_in_so_many_is_sampled(void **state)
{
    struct packet_log_stats stats;
    struct scene s;
    unsigned kept = 0;

    (void)state;
    open_scene(&s, VALUE "  media_sample: 10\n", false);
    s.call.mos_lq = 4.4;
    for (uint64_t n = 0; n < 2000; n++) {
        s.call.id = fixture_id(FIXTURE_TIME + (int64_t)n * 1000000, n);
        for (int again = 0; again < 2; again++) {
            char before[16];

            memcpy(before, s.kept, sizeof before);
            report(&s, RECORD_CLOSED);
            if (again)
                assert_string_equal(s.kept, before); /* equal calls fare equally */
        }
        kept += strcmp(s.kept, "full") == 0;
    }
    assert_in_range(kept, 150, 250);
    close_scene(&s, &stats);
    fixture_remove_dir(&s.l.f);
}

static void what_cannot_be_read_is_pointed_at(void **state)
{
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        { "store:\n  policy:\n    - full trnk:a\n",
          "test:3:7: store.policy: 'full trnk:a': column 6" },
        { "store:\n  policy:\n    - everything trunk:a\n", "test:3:7: store.policy: 'everything" },
        { "store:\n  policy:\n    - full\n", "test:3:7: store.policy: 'full' is not LEVEL FILTER" },
        { "store:\n  media_of: ['mos<']\n", "test:2:14: store.media_of: 'mos<': column 1" },
        { "store:\n  keep: all\n", "test:2:9: store.keep: 'all' is not one of full" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct strbuf errors = { 0 };
        struct config config;

        assert_int_equal(config_init(&config), 0);
        assert_int_equal(config_read_text(&config, "test", slice_of_text(rows[i].yaml), &errors),
                         -EINVAL);
        if (strncmp(errors.p, rows[i].says, strlen(rows[i].says)) != 0)
            fail_msg("'%s' instead of '%s'", errors.p, rows[i].says);
        strbuf_fini(&errors);
        config_fini(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_that_fits_counts),
        cmocka_unit_test(it_is_asked_again_until_the_call_is_settled),
        cmocka_unit_test(media_of_a_call_that_is_not_worth_it_goes),
        cmocka_unit_test(one_in_so_many_is_sampled),
        cmocka_unit_test(what_cannot_be_read_is_pointed_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
