/* What of a call is kept: told before, told late, under pressure, and forgotten again. */
#include "storage/packets/packet_log.h"

#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/store_dir.h"
#include "tests/unit/packet_fixture.h"

#include <sqlite3.h>

enum { HEAD = 54, WHOLE = 214, FRAMES = 20 };

struct levels {
    struct log_fixture l;
    void *keeper;
    uint64_t id;
};

static void open_levels(struct levels *s, enum packet_keep keep, bool may_tighten)
{
    struct packet_log_options options = { .wait_when_full = true,
                                          .keep = keep,
                                          .may_tighten = may_tighten };

    fixture_make_dir(&s->l.f);
    s->l.writer = fixture_writer(&s->l.f);
    s->keeper = NULL;
    s->id = fixture_id(FIXTURE_TIME, 7);
    options.store_dir = s->l.f.dir;
    options.writer = s->l.writer;
    assert_int_equal(packet_log_start(&s->l.log, &options), 0);
}

/* Frame n of the call; each fifth is signalling. plain: of media. */
static void add(struct levels *s, uint32_t n, uint32_t plain)
{
    uint8_t *data = malloc(WHOLE);
    struct frame f = { FIXTURE_TIME + n * FIXTURE_S / 100, data, WHOLE, WHOLE, 1 };

    assert_non_null(data);
    memset(data, (int)n, WHOLE);
    if (n % 5 == 0)
        packet_log_add(s->l.log, &s->keeper, s->id, PACKET_SIP, &f);
    else
        packet_log_add_media(s->l.log, &s->keeper, s->id, &f, plain);
    free(data);
}

static void add_all(struct levels *s, uint32_t plain)
{
    for (uint32_t n = 0; n < FRAMES; n++)
        add(s, n, plain);
}

static void tell(struct levels *s, enum packet_keep keep, bool settled)
{
    packet_log_keep(s->l.log, &s->keeper, s->id,
                    &(struct packet_level){ .keep = keep, .settled = settled, .by = 3 });
}

static void close_levels(struct levels *s, struct packet_log_stats *stats)
{
    packet_log_close_keeper(s->l.log, &s->keeper);
    packet_log_flush(s->l.log);
    packet_log_read_stats(s->l.log, stats);
    log_fixture_close(&s->l);
}

/* The call's frames: `sip` whole ones, and `media` of so many bytes, each with its own content. */
static void expect_stored(struct levels *s, int sip, int media, uint32_t media_bytes)
{
    struct pcap_frame frame;
    struct pcap_bytes b;

    if (sip + media == 0) {
        struct export *x = NULL;

        assert_int_not_equal(export_open(&x, &(struct export_request){ .store_dir = s->l.f.dir,
                                                                       .calls = &s->id,
                                                                       .call_count = 1 }),
                             0);
    } else {
        assert_int_equal(pcap_bytes_read(&b, s->l.f.dir, s->id, 4096), 0);
        while (pcap_bytes_next(&b, &frame)) {
            bool is_sip = (frame.time_ns - FIXTURE_TIME) / (FIXTURE_S / 100) % 5 == 0;

            sip -= is_sip;
            media -= !is_sip;
            assert_int_equal(frame.captured, is_sip ? WHOLE : media_bytes);
            assert_int_equal(frame.wire, WHOLE);
            for (uint32_t i = 0; i < frame.captured; i++)
                assert_int_equal(frame.data[i], (frame.time_ns - FIXTURE_TIME) / (FIXTURE_S / 100));
        }
        assert_int_equal(sip, 0);
        assert_int_equal(media, 0);
        free(b.p);
    }
    fixture_remove_dir(&s->l.f);
}

static void a_level_says_what_is_kept(void **state)
{
    static const struct {
        enum packet_keep keep;
        uint32_t plain;
        int sip, media;
        uint32_t bytes;
        uint64_t not_kept;
    } rows[] = {
        { PACKET_KEEP_FULL, HEAD, 4, 16, WHOLE, 0 },
        { PACKET_KEEP_HEADERS, HEAD, 4, 16, HEAD, 0 },
        { PACKET_KEEP_HEADERS, UINT32_MAX, 4, 16, WHOLE, 0 }, /* RTCP */
        { PACKET_KEEP_HEADERS, 0, 4, 0, 0, 16 },              /* nothing else than content */
        { PACKET_KEEP_SIGNALLING, HEAD, 4, 0, 0, 16 },
        { PACKET_KEEP_NOTHING, HEAD, 0, 0, 0, 20 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct packet_log_stats stats;
        struct levels s;

        open_levels(&s, rows[i].keep, false);
        add_all(&s, rows[i].plain);
        close_levels(&s, &stats);
        assert_int_equal(stats.not_kept, rows[i].not_kept);
        assert_int_equal(stats.frames_stored, rows[i].sip + rows[i].media);
        assert_int_equal(stats.frames_dropped, 0);
        expect_stored(&s, rows[i].sip, rows[i].media, rows[i].bytes);
    }
}

/* What was gathered in full is cut, or dropped, while it is in memory. */
static void a_level_that_is_known_late_holds_for_what_came_before(void **state)
{
    static const struct {
        enum packet_keep keep;
        uint32_t plain;
        int sip, media;
        uint32_t bytes;
    } rows[] = {
        { PACKET_KEEP_FULL, HEAD, 4, 16, WHOLE },
        { PACKET_KEEP_HEADERS, HEAD, 4, 16, HEAD },
        { PACKET_KEEP_HEADERS, UINT32_MAX, 4, 16, WHOLE },
        { PACKET_KEEP_HEADERS, 0, 4, 0, 0 },
        { PACKET_KEEP_SIGNALLING, HEAD, 4, 0, 0 },
        { PACKET_KEEP_NOTHING, HEAD, 0, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct packet_log_stats stats;
        struct packet_level level;
        struct levels s;

        open_levels(&s, PACKET_KEEP_FULL, true);
        for (uint32_t n = 0; n < FRAMES / 2; n++)
            add(&s, n, rows[i].plain);
        tell(&s, rows[i].keep, i % 2 == 0);
        packet_log_read_level(s.l.log, s.keeper, &level);
        assert_int_equal(level.keep, rows[i].keep);
        assert_int_equal(level.by, 3);
        assert_int_equal(level.settled, i % 2 == 0);
        for (uint32_t n = FRAMES / 2; n < FRAMES; n++)
            add(&s, n, rows[i].plain);
        close_levels(&s, &stats);
        assert_int_equal(stats.frames_stored, rows[i].sip + rows[i].media);
        assert_int_equal(stats.not_kept, FRAMES - rows[i].sip - rows[i].media);
        assert_int_equal(stats.forgotten, 0);
        expect_stored(&s, rows[i].sip, rows[i].media, rows[i].bytes);
    }
}

/* Do the bytes lie in any of the day's first segments? */
static bool is_in_segments(const struct levels *s, const uint8_t *bytes, size_t n)
{
    static const char *const names[] = { "sip-000001.seg", "media-000001.seg", "audio-000001.seg" };
    static uint8_t held[1 << 20];
    char path[STORE_PATH_MAX];
    bool found = false;

    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        size_t len = 0;
        FILE *file;

        assert_int_equal(store_dir_path(path, s->l.f.dir, record_id_day(s->id), names[k]), 0);
        file = fopen(path, "rb");
        if (file) {
            len = fread(held, 1, sizeof held, file);
            fclose(file);
        }
        for (size_t i = 0; i + n <= len && !found; i++)
            found = memcmp(held + i, bytes, n) == 0;
    }
    return found;
}

/* A chunk that was passed on already is forgotten: its rows, then its bytes. */
static void a_stricter_level_forgets_what_was_passed_on(void **state)
{
    static const uint8_t secret[] =
        "what a person said into the telephone, word by word 0123456789";

    (void)state;
    for (int keep = PACKET_KEEP_FULL; keep <= PACKET_KEEP_NOTHING; keep++) {
        uint8_t data[HEAD + sizeof secret] = { 0 };
        struct frame f = { FIXTURE_TIME, data, sizeof data, sizeof data, 1 };
        struct packet_log_stats stats;
        struct levels s;

        memcpy(data + HEAD, secret, sizeof secret);
        open_levels(&s, PACKET_KEEP_FULL, true);
        packet_log_add_media(s.l.log, &s.keeper, s.id, &f, HEAD);
        packet_log_tick(s.l.log, FIXTURE_TIME + 3 * FIXTURE_S);
        tell(&s, (enum packet_keep)keep, true);
        close_levels(&s, &stats);
        assert_int_equal(stats.frames_stored, 1);
        assert_int_equal(stats.forgotten, keep != PACKET_KEEP_FULL);
        assert_int_equal(is_in_segments(&s, secret, sizeof secret), keep == PACKET_KEEP_FULL);
        fixture_remove_dir(&s.l.f);
    }
}

static void pressure_cuts_media_and_never_signalling(void **state)
{
    struct packet_log_stats stats;
    struct packet_level level;
    struct levels s;

    (void)state;
    open_levels(&s, PACKET_KEEP_FULL, false);
    packet_log_set_pressure(s.l.log, PACKET_PRESSURE_HEADERS);
    add_all(&s, HEAD);
    packet_log_read_level(s.l.log, s.keeper, &level);
    assert_int_equal(level.keep, PACKET_KEEP_FULL);
    assert_int_equal(level.least, PACKET_KEEP_HEADERS);
    close_levels(&s, &stats);
    assert_int_equal(stats.payload_pressure, 16);
    assert_int_equal(stats.frames_dropped, 0);
    expect_stored(&s, 4, 16, HEAD);

    open_levels(&s, PACKET_KEEP_HEADERS, false);
    packet_log_set_pressure(s.l.log, PACKET_PRESSURE_METRICS);
    add_all(&s, HEAD);
    packet_log_read_level(s.l.log, s.keeper, &level);
    assert_int_equal(level.least, PACKET_KEEP_SIGNALLING);
    close_levels(&s, &stats);
    assert_int_equal(stats.losses[PACKET_LOSS_MEDIA_PRESSURE], 16);
    assert_int_equal(stats.frames_dropped, 16);
    assert_int_equal(stats.payload_pressure, 0);
    expect_stored(&s, 4, 0, 0);
}

static char *text_of(struct levels *s, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    char *text;

    assert_int_equal(day_db_open_read(&db, s->l.f.dir, record_id_day(s->id)), 0);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    text = strdup((const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    day_db_close(db);
    return text;
}

static void what_is_forgotten_is_told_in_the_row(void **state)
{
    struct packet_log_stats stats;
    struct call_record call;
    struct levels s;
    char *text;

    (void)state;
    open_levels(&s, PACKET_KEEP_FULL, false);
    fixture_call(&call, FIXTURE_TIME, 7, "worth nothing");
    call.id = s.id;
    call.kept = SLICE("full");
    call.kept_by = SLICE("default");
    assert_true(writer_submit(s.l.writer, &record_type_call, &call));
    add_all(&s, HEAD);
    packet_log_close_keeper(s.l.log, &s.keeper);
    packet_log_forget(s.l.log, &(struct packet_forget){ .id = s.id,
                                                        .last_day = record_id_day(s.id) + 1,
                                                        .unless_pin = s.id,
                                                        .kept = "signalling",
                                                        .kept_by = "value" });
    close_levels(&s, &stats);
    assert_int_equal(stats.forgotten, 16);
    text = text_of(&s, "SELECT kept || ' ' || kept_by FROM calls");
    assert_string_equal(text, "signalling value");
    free(text);
    expect_stored(&s, 4, 0, 0);
}

/* More calls than memory: within the cap, and every frame is stored or has a cause. */
static void memory_has_a_cap(void **state)
{
    enum { CALLS = 3000, ROUNDS = 12, CAP = 1 << 20 };
    struct packet_log_options options = { .memory_max_bytes = CAP };
    struct packet_log_stats stats;
    struct log_fixture l;
    void **keepers = calloc(CALLS, sizeof *keepers);
    uint8_t data[WHOLE] = { 0 };

    (void)state;
    assert_non_null(keepers);
    fixture_make_dir(&l.f);
    l.writer = fixture_writer(&l.f);
    options.store_dir = l.f.dir;
    options.writer = l.writer;
    assert_int_equal(packet_log_start(&l.log, &options), 0);
    for (int round = 0; round < ROUNDS; round++) {
        for (uint32_t c = 0; c < CALLS; c++) {
            struct frame f = { FIXTURE_TIME + round * FIXTURE_S / 10 + c * 1000, data, WHOLE, WHOLE,
                               1 };

            packet_log_add_media(l.log, &keepers[c], fixture_id(FIXTURE_TIME, c), &f, HEAD);
        }
    }
    for (uint32_t c = 0; c < CALLS; c++)
        packet_log_close_keeper(l.log, &keepers[c]);
    packet_log_flush(l.log);
    packet_log_read_stats(l.log, &stats);
    assert_true(stats.memory_bytes_most <= CAP && stats.memory_bytes_most > CAP / 2);
    assert_int_equal(stats.memory_bytes, 0);
    assert_int_equal(stats.frames_stored + stats.frames_dropped, CALLS * ROUNDS);
    assert_int_equal(stats.losses[PACKET_LOSS_MEMORY] + stats.losses[PACKET_LOSS_QUEUE_FULL],
                     stats.frames_dropped);
    assert_true(stats.frames_stored > 0 && stats.frames_dropped > 0);
    log_fixture_close(&l);
    fixture_remove_dir(&l.f);
    free(keepers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_says_what_is_kept),
        cmocka_unit_test(a_level_that_is_known_late_holds_for_what_came_before),
        cmocka_unit_test(a_stricter_level_forgets_what_was_passed_on),
        cmocka_unit_test(pressure_cuts_media_and_never_signalling),
        cmocka_unit_test(what_is_forgotten_is_told_in_the_row),
        cmocka_unit_test(memory_has_a_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
