/*
 * test_message_body - what people write to each other is in no file of the store.
 */
#include "probe/engine/engine.h"
#include "tests/unit/store_fixture.h"

#include <fcntl.h>

/* Nothing in a message looks like these, so LZ4 leaves them as they are. */
#define SECRET "Zq7#Kx9!pW4~"
#define MARK   "Bf3$Jv8^mT6&"

enum { FRAME_MAX = 2048, HEAD = 42 };

static void send(struct engine *e, int *count, bool by_alice, const char *text)
{
    static const uint8_t head[HEAD] = { 2,    0, 0,  0, 0, 1, 2,    0,    0,    0,    0, 2, 8,  0,
                                        0x45, 0, 0,  0, 0, 0, 0,    0,    64,   17,   0, 0, 10, 0,
                                        0,    1, 10, 0, 0, 2, 0x13, 0xc4, 0x13, 0xc4, 0, 0, 0,  0 };
    uint8_t bytes[FRAME_MAX];
    size_t len = strlen(text);
    struct frame frame = { .time_ns = FIXTURE_TIME + ++*count * FIXTURE_S / 10,
                           .data = bytes,
                           .captured_bytes = (uint32_t)(HEAD + len),
                           .wire_bytes = (uint32_t)(HEAD + len),
                           .link_type = 1 };

    assert_true(len < FRAME_MAX - HEAD);
    memcpy(bytes, head, HEAD);
    memcpy(bytes + HEAD, text, len);
    bytes[16] = (uint8_t)((28 + len) >> 8);
    bytes[17] = (uint8_t)(28 + len);
    bytes[19] = (uint8_t)*count; /* no copy of the one before */
    bytes[38] = (uint8_t)((8 + len) >> 8);
    bytes[39] = (uint8_t)(8 + len);
    bytes[29] = by_alice ? 1 : 2;
    bytes[33] = by_alice ? 2 : 1;
    engine_frame(e, &frame);
}

static void say(struct engine *e, int *count, const char *start, const char *call_id,
                const char *tag, const char *cseq, const char *more)
{
    char text[FRAME_MAX - HEAD];
    const char *body = strstr(more, "\r\n\r\n");

    snprintf(text, sizeof text,
             "%s\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK-%s-%s\r\nFrom: <sip:a@x>;tag=a\r\n"
             "To: <sip:b@x>%s\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: %zu\r\n%s",
             start, call_id, cseq, tag, call_id, cseq, body ? strlen(body + 4) : 0, more);
    send(e, count, start[0] != 'S', text);
}

/* In how many files of the store the text stands. */
static int count_files(const char *dir, const char *wanted)
{
    char *paths[2] = { NULL, NULL };
    FTS *tree;
    FTSENT *entry;
    int found = 0;

    paths[0] = strdup(dir);
    assert_non_null(paths[0]);
    tree = fts_open(paths, FTS_PHYSICAL, NULL);
    assert_non_null(tree);
    while ((entry = fts_read(tree)) != NULL) {
        FILE *file = entry->fts_info == FTS_F ? fopen(entry->fts_accpath, "r") : NULL;
        size_t matched = 0;
        int c;

        if (!file)
            continue;
        while (wanted[matched] && (c = getc(file)) != EOF)
            matched = c == wanted[matched] ? matched + 1 : c == wanted[0];
        found += wanted[matched] == '\0';
        fclose(file);
    }
    fts_close(tree);
    free(paths[0]);
    return found;
}

static void a_message_leaves_no_trace(void **state)
{
    struct engine_options options = { .source = "test" };
    struct engine_error error;
    struct engine *e;
    struct fixture f;
    int n = 0;

    (void)state;
    fixture_make_dir(&f);
    options.store_dir = f.dir;
    assert_int_equal(engine_open(&e, &options, &error), 0);
    say(e, &n, "MESSAGE sip:b@x SIP/2.0", "m-1", "", "1 MESSAGE",
        "Content-Type: text/plain\r\n\r\n" SECRET);
    say(e, &n, "SIP/2.0 200 OK", "m-1", ";tag=b", "1 MESSAGE", "\r\n");
    say(e, &n, "INVITE sip:b@x SIP/2.0", "c-1", "", "1 INVITE", "Subject: " MARK "\r\n\r\n");
    say(e, &n, "SIP/2.0 200 OK", "c-1", ";tag=b", "1 INVITE", "\r\n");
    say(e, &n, "ACK sip:b@x SIP/2.0", "c-1", ";tag=b", "1 ACK", "\r\n");
    say(e, &n, "MESSAGE sip:b@x SIP/2.0", "c-1", ";tag=b", "2 MESSAGE",
        "Content-Type: text/plain\r\n\r\n" SECRET);
    say(e, &n, "SIP/2.0 200 OK", "c-1", ";tag=b", "2 MESSAGE", "\r\n");
    say(e, &n, "BYE sip:b@x SIP/2.0", "c-1", ";tag=b", "3 BYE", "\r\n");
    say(e, &n, "SIP/2.0 200 OK", "c-1", ";tag=b", "3 BYE", "\r\n");
    engine_finish(e);
    engine_close(e);
    assert_true(count_files(f.dir, MARK) >= 1); /* what is looked for would be found */
    assert_int_equal(count_files(f.dir, SECRET), 0);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_leaves_no_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
