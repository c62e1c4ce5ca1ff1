/*
 * check_capture TRUTH.tsv NAME ANALYZED - holds the records of `earshot analyze --json` of a capture
 * that others made against what tshark says of it.
 *
 * The calls (by Call-ID), the final status of each and the packets of each RTP stream must be as in
 * the rows SIP and RTP of that capture. A stream more than tshark found is no error: tshark needs SDP
 * or a heuristic of its own.
 */
#include "analyzer/base/slice.h"
#include "tests/golden/jsonl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 14, TEXT_MAX = 512 };

/*
 * Where tshark is no truth. This call was moved from G.711 to T.38 on the same ports, and from then on
 * tshark takes its RTP for malformed T.38. Counted again with tshark's T.38 and SIP switched off and
 * those ports decoded as RTP.
 */
static const struct {
    const char *file, *stream;
    json_int_t packets;
} corrections[] = {
    { "ALWISHARIFF-wireshark__Analysis_1_vega.pcap",
      "0x647e21a6 192.168.3.15:10338 162.244.97.41:16834", 143 },
    { "ALWISHARIFF-wireshark__Analysis_1_vega.pcap",
      "0xfe914803 192.168.3.15:10336 162.244.97.41:16834", 686 },
    { "ALWISHARIFF-wireshark__Analysis_1_vega.pcap",
      "0xe68656c0 162.244.97.41:16834 192.168.3.15:10336", 698 },
};

struct check {
    const char *name;
    json_t *analyzed;
    json_t *calls;   /* Call-ID → what the truth says: final status or null */
    json_t *packets; /* "ssrc src dst" → packets by the truth */
    unsigned wrong;
};

static void complain(struct check *c, const char *who, const char *what, const json_t *expected,
                     const json_t *actual)
{
    char *wanted = expected ? json_dumps(expected, JSON_ENCODE_ANY) : NULL;
    char *got = actual ? json_dumps(actual, JSON_ENCODE_ANY) : NULL;

    c->wrong++;
    fprintf(stderr, "%s: %s: %s is %.120s, the truth is %.120s\n", c->name, who, what,
            got ? got : "missing", wanted ? wanted : "that there is none");
    free(wanted);
    free(got);
}

static void copy_text(struct slice s, char out[TEXT_MAX])
{
    snprintf(out, TEXT_MAX, "%.*s", (int)s.len, s.p);
}

/* SIP file call_id method final_status … A 1xx is no final response: the call has none. */
static void take_sip(struct check *c, const struct slice *column)
{
    char call_id[TEXT_MAX];
    uint64_t status;

    if (!slice_eq(column[3], SLICE("INVITE")))
        return;
    copy_text(column[2], call_id);
    if (slice_to_u64(column[4], 699, &status) && status >= 200)
        json_object_set_new(c->calls, call_id, json_integer((json_int_t)status));
    else
        json_object_set_new(c->calls, call_id, json_null());
}

/* "fd00::1:4000" of tshark is [fd00::1]:4000. */
static void copy_addr(struct slice text, char out[TEXT_MAX])
{
    size_t port = text.len;

    while (port && text.p[port - 1] != ':')
        port--;
    if (port && slice_find(text, ':') != port - 1)
        snprintf(out, TEXT_MAX, "[%.*s]:%.*s", (int)port - 1, text.p, (int)(text.len - port),
                 text.p + port);
    else
        copy_text(text, out);
}

static void stream_key(const char *ssrc, const char *src, const char *dst, char *out, size_t room)
{
    snprintf(out, room, "%s %s %s", ssrc, src, dst);
    for (char *p = out; *p; p++)
        *p = (char)tolower((unsigned char)*p);
}

static void add_packets(json_t *sums, const char *key, json_int_t packets)
{
    packets += json_integer_value(json_object_get(sums, key));
    json_object_set_new(sums, key, json_integer(packets));
}

/* RTP file ssrc src dst codec packets … */
static void take_rtp(struct check *c, const struct slice *column)
{
    char ssrc[TEXT_MAX], src[TEXT_MAX], dst[TEXT_MAX], key[3 * TEXT_MAX];
    uint64_t packets;

    copy_text(column[2], ssrc);
    copy_addr(column[3], src);
    copy_addr(column[4], dst);
    if (!slice_to_u64(column[6], INT32_MAX, &packets))
        return;
    stream_key(ssrc, src, dst, key, sizeof key);
    add_packets(c->packets, key, (json_int_t)packets);
}

static unsigned read_truth(struct check *c, const char *path)
{
    FILE *f = fopen(path, "r");
    unsigned rows = 0;
    char *text = NULL;
    size_t room = 0;

    if (!f) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    while (getline(&text, &room, f) > 0) {
        struct slice line = slice_of_text(text), column[COLUMNS];

        for (size_t i = 0; i < COLUMNS; i++)
            column[i] = slice_trim(slice_cut(&line, '\t'));
        if (!slice_eq(column[1], slice_of_text(c->name)))
            continue;
        rows++;
        if (slice_eq(column[0], SLICE("SIP")))
            take_sip(c, column);
        else if (slice_eq(column[0], SLICE("RTP")))
            take_rtp(c, column);
    }
    free(text);
    fclose(f);
    for (size_t i = 0; i < sizeof corrections / sizeof corrections[0]; i++) {
        if (strcmp(c->name, corrections[i].file) == 0)
            json_object_set_new(c->packets, corrections[i].stream,
                                json_integer(corrections[i].packets));
    }
    return rows;
}

static void check_calls(struct check *c)
{
    json_t *found = json_object(), *record, *status;
    const char *call_id;
    size_t i;

    json_array_foreach(c->analyzed, i, record)
    {
        call_id = jsonl_text(record, "call_id");
        if (!jsonl_is(record, "call"))
            continue;
        status = jsonl_at(record, "final_status");
        json_object_set(found, call_id, status);
        if (!json_object_get(c->calls, call_id))
            complain(c, call_id, "the call", NULL, status);
    }
    json_object_foreach(c->calls, call_id, status)
    {
        if (!json_equal(json_object_get(found, call_id), status))
            complain(c, call_id, "final_status", status, json_object_get(found, call_id));
    }
    json_decref(found);
}

static void add_stream(json_t *sums, const json_t *stream)
{
    char key[3 * TEXT_MAX];

    stream_key(jsonl_text(stream, "ssrc"), jsonl_text(stream, "src"), jsonl_text(stream, "dst"),
               key, sizeof key);
    add_packets(sums, key, json_integer_value(jsonl_at(stream, "packets")));
}

static void check_streams(struct check *c)
{
    json_t *found = json_object(), *record, *stream, *packets;
    const char *key;
    size_t i, k;

    json_array_foreach(c->analyzed, i, record)
    {
        if (jsonl_is(record, "stream"))
            add_stream(found, record);
        json_array_foreach(jsonl_at(record, "streams"), k, stream) add_stream(found, stream);
    }
    json_object_foreach(c->packets, key, packets)
    {
        if (!json_equal(json_object_get(found, key), packets))
            complain(c, key, "packets", packets, json_object_get(found, key));
    }
    json_decref(found);
}

int main(int argc, char **argv)
{
    struct check c = { .wrong = 0 };

    if (argc != 4) {
        fprintf(stderr, "usage: check_capture TRUTH.tsv NAME ANALYZED\n");
        return 2;
    }
    c.name = argv[2];
    c.calls = json_object();
    c.packets = json_object();
    if (read_truth(&c, argv[1]) == 0) {
        fprintf(stderr, "%s: the truth does not know it\n", c.name);
        return 1;
    }
    c.analyzed = jsonl_load(argv[3]);
    check_calls(&c);
    check_streams(&c);
    printf("%s: %zu calls, %zu streams, %u wrong\n", c.name, json_object_size(c.calls),
           json_object_size(c.packets), c.wrong);
    json_decref(c.analyzed);
    json_decref(c.calls);
    json_decref(c.packets);
    return c.wrong != 0;
}
