/*
 * bench_pack - how small media becomes, and what that costs: on a capture, as the packet log would store it.
 *
 *     bench_pack CAPTURE [BYTES]    the capture without its SIP goes into chunks of 32 KiB or 2 s a call;
 *                                   with BYTES, frames end there, as when headers alone are kept
 *
 * Prints one line of "name value" pairs: packets, bytes of the capture, of LZ4 over the same chunks
 * unpacked, of packed headers, payloads and index rows, what is their share of the capture; ns a packet of
 * LZ4 alone and of packing, ms of unpacking all of it. A call is two sockets, RTP's and RTCP's being one.
 */
#include "storage/day_db.h"
#include "storage/packets/chunk_index.h"
#include "storage/packets/media_chunk.h"
#include "storage/packets/packet_log.h"

#include <pcap/pcap.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    CHUNK_BYTES = (32 << 10) - 64, /* as the pool's, with its own head */
    CALLS_MAX = 4096,
    ETHERNET_BYTES = 14,
    PCAP_HEADER_BYTES = 24,
    PCAP_RECORD_BYTES = 16,
    ROUNDS = 5,
};

#define OLD_NS INT64_C(2000000000)

struct chunk {
    struct chunk_header header;
    uint8_t *raw;
    uint8_t *stored, *audio;
    size_t stored_bytes, audio_bytes;
};

struct call {
    uint64_t key;
    struct chunk *open;
};

struct bench {
    struct chunk *chunks;
    size_t chunk_count, chunk_room;
    struct call calls[CALLS_MAX];
    size_t call_count;
    uint64_t packets, capture_bytes;
    uint32_t frame_bytes; /* what is more is cut off */
    uint8_t *out, *back;
    size_t out_bytes;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_pack: %s\n", what);
    exit(1);
}

static void *must(void *p)
{
    if (!p)
        die("no memory");
    return p;
}

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Of an IPv4 packet over Ethernet: both of its sockets, whichever is the source. 0: SIP, or no UDP. */
static uint64_t call_key(const uint8_t *p, uint32_t n)
{
    const uint8_t *ip = p + ETHERNET_BYTES, *udp = ip + 20;
    uint64_t ends[2];

    if (n < ETHERNET_BYTES + 28 || ip[0] != 0x45 || ip[9] != 17)
        return 0;
    for (int i = 0; i < 2; i++) {
        uint32_t port = (uint32_t)(udp[2 * i] << 8 | udp[2 * i + 1]);

        if (port == 5060)
            return 0;
        ends[i] = (uint64_t)ip[12 + 4 * i] << 40 | (uint64_t)ip[13 + 4 * i] << 32 |
                  (uint64_t)ip[14 + 4 * i] << 24 | (uint64_t)ip[15 + 4 * i] << 16 | (port & 0xfffe);
    }
    return ends[0] * UINT64_C(0x9e3779b97f4a7c15) ^ ends[1] * UINT64_C(0x9e3779b97f4a7c15);
}

static struct call *call_of(struct bench *b, uint64_t key)
{
    for (size_t i = b->call_count; i-- > 0;) {
        if (b->calls[i].key == key)
            return &b->calls[i];
    }
    if (b->call_count == CALLS_MAX)
        die("too many calls");
    b->calls[b->call_count].key = key;
    return &b->calls[b->call_count++];
}

static struct chunk *open_chunk(struct bench *b, uint64_t id, int64_t time)
{
    struct chunk *c;

    if (b->chunk_count == b->chunk_room)
        die("too many chunks");
    c = &b->chunks[b->chunk_count++];
    c->header = (struct chunk_header){
        .id = id, .first_time = time, .last_time = time, .link_type = 1, .kind = PACKET_MEDIA
    };
    c->raw = must(malloc(CHUNK_BYTES));
    return c;
}

static void take(struct bench *b, const struct pcap_pkthdr *h, const uint8_t *data)
{
    int64_t time = (int64_t)h->ts.tv_sec * 1000000000 + h->ts.tv_usec;
    uint32_t captured = h->caplen < b->frame_bytes ? h->caplen : b->frame_bytes;
    size_t need = CHUNK_FRAME_HEADER_BYTES + (size_t)captured;
    uint64_t key = call_key(data, h->caplen);
    struct call *call;
    struct chunk *c;

    if (key == 0)
        return;
    call = call_of(b, key);
    c = call->open;
    if (!c || c->header.raw_bytes + need > CHUNK_BYTES || time - c->header.first_time > OLD_NS)
        c = call->open = open_chunk(b, key, time);
    chunk_put_frame(c->raw + c->header.raw_bytes, time, captured, h->len);
    memcpy(c->raw + c->header.raw_bytes + CHUNK_FRAME_HEADER_BYTES, data, captured);
    c->header.raw_bytes += (uint32_t)need;
    c->header.last_time = time > c->header.last_time ? time : c->header.last_time;
    c->header.first_time = time < c->header.first_time ? time : c->header.first_time;
    c->header.frames++;
    b->packets++;
    b->capture_bytes += PCAP_RECORD_BYTES + h->caplen;
}

static void read_capture(struct bench *b, const char *path)
{
    char error[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, error);
    struct pcap_pkthdr *h;
    const uint8_t *data;

    if (!pcap)
        die(error);
    if (pcap_datalink(pcap) != DLT_EN10MB)
        die("not a capture of Ethernet");
    b->capture_bytes = PCAP_HEADER_BYTES;
    while (pcap_next_ex(pcap, &h, &data) == 1)
        take(b, h, data);
    pcap_close(pcap);
    if (b->packets == 0)
        die("no media in the capture");
}

/* LZ4 over the entries as they are; returns the bytes. */
static uint64_t compress_plainly(struct bench *b)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < b->chunk_count; i++) {
        struct chunk_header h = b->chunks[i].header;

        bytes += chunk_encode(&h, b->chunks[i].raw, b->out, b->out_bytes);
    }
    return bytes;
}

static void pack_all(struct bench *b, struct media_encoder *e, bool keep)
{
    for (size_t i = 0; i < b->chunk_count; i++) {
        struct chunk *c = &b->chunks[i];
        struct chunk_header h = c->header;
        const uint8_t *audio = NULL;

        c->audio_bytes = media_chunk_split(e, &h, c->raw, &audio);
        c->stored_bytes = media_chunk_encode(e, &h, c->raw, 1, 0, b->out, b->out_bytes);
        if (!keep)
            continue;
        c->stored = must(malloc(c->stored_bytes));
        memcpy(c->stored, b->out, c->stored_bytes);
        c->audio = c->audio_bytes ? must(malloc(c->audio_bytes)) : NULL;
        if (c->audio)
            memcpy(c->audio, audio, c->audio_bytes);
    }
}

static void unpack_all(struct bench *b, bool compare)
{
    for (size_t i = 0; i < b->chunk_count; i++) {
        const struct chunk *c = &b->chunks[i];
        struct chunk_header h;

        if (media_chunk_decode(bytes_of(c->stored, c->stored_bytes),
                               bytes_of(c->audio, c->audio_bytes), &h, b->back) != CHUNK_OK)
            die("a chunk does not unpack");
        if (compare &&
            (h.raw_bytes != c->header.raw_bytes || memcmp(b->back, c->raw, h.raw_bytes) != 0))
            die("a chunk comes back otherwise");
    }
}

/* What the rows of the chunks take in a day's database. */
static int64_t index_bytes(const struct bench *b)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    int64_t pages[2];
    uint64_t at = 0, audio_at = 0;

    if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite3_exec(db, day_db_schema, NULL, NULL, NULL) != SQLITE_OK)
        die("no database");
    for (int i = 0; i < 2; i++) {
        sqlite3_prepare_v2(db, "PRAGMA page_count", -1, &s, NULL);
        sqlite3_step(s);
        pages[i] = sqlite3_column_int64(s, 0);
        sqlite3_finalize(s);
        if (i == 1)
            break;
        sqlite3_prepare_v2(db, chunk_index_insert.p, (int)chunk_index_insert.len, &s, NULL);
        for (size_t n = 0; n < b->chunk_count; n++) {
            const struct chunk *c = &b->chunks[n];
            const struct chunk_row row = { .id = c->header.id >> 1,
                                           .first_time = c->header.first_time,
                                           .last_time = c->header.last_time,
                                           .segment = 1,
                                           .offset = at,
                                           .stored_bytes = (uint32_t)c->stored_bytes,
                                           .frames = c->header.frames,
                                           .kind = PACKET_MEDIA,
                                           .audio_segment = 1,
                                           .audio_offset = audio_at,
                                           .audio_bytes = (uint32_t)c->audio_bytes };

            chunk_index_bind(s, &row);
            sqlite3_step(s);
            sqlite3_reset(s);
            at += c->stored_bytes;
            audio_at += c->audio_bytes;
        }
        sqlite3_finalize(s);
    }
    sqlite3_close(db);
    return (pages[1] - pages[0]) * 4096;
}

int main(int argc, char **argv)
{
    struct bench *b = must(calloc(1, sizeof *b));
    int64_t plain_ns = INT64_MAX, pack_ns = INT64_MAX, unpack_ns = INT64_MAX, index;
    uint64_t plain_bytes = 0, media = 0, audio = 0;
    struct media_encoder *e;

    if (argc != 2 && argc != 3)
        die("usage: bench_pack CAPTURE [BYTES]");
    b->frame_bytes = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : UINT32_MAX;
    if (media_encoder_new(&e) != 0)
        die("no memory");
    b->chunk_room = 1 << 20;
    b->chunks = must(calloc(b->chunk_room, sizeof *b->chunks));
    b->out_bytes = CHUNK_HEADER_BYTES + chunk_bound(CHUNK_RAW_MAX);
    b->out = must(malloc(b->out_bytes));
    b->back = must(malloc(CHUNK_RAW_MAX));
    read_capture(b, argv[1]);
    pack_all(b, e, true);
    unpack_all(b, true);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t t[4] = { now_ns() };

        plain_bytes = compress_plainly(b);
        t[1] = now_ns();
        pack_all(b, e, false);
        t[2] = now_ns();
        unpack_all(b, false);
        t[3] = now_ns();
        plain_ns = t[1] - t[0] < plain_ns ? t[1] - t[0] : plain_ns;
        pack_ns = t[2] - t[1] < pack_ns ? t[2] - t[1] : pack_ns;
        unpack_ns = t[3] - t[2] < unpack_ns ? t[3] - t[2] : unpack_ns;
    }
    for (size_t i = 0; i < b->chunk_count; i++) {
        media += b->chunks[i].stored_bytes;
        audio += b->chunks[i].audio_bytes;
    }
    index = index_bytes(b);
    printf("packets %llu chunks %zu capture %llu lz4 %llu headers %llu payloads %llu index %lld "
           "share %.3f header_bytes_a_packet %.2f lz4_ns %.0f pack_ns %.0f unpack_ms %.1f\n",
           (unsigned long long)b->packets, b->chunk_count, (unsigned long long)b->capture_bytes,
           (unsigned long long)plain_bytes, (unsigned long long)media, (unsigned long long)audio,
           (long long)index, (double)(media + audio + (uint64_t)index) / (double)b->capture_bytes,
           (double)(media + (uint64_t)index) / (double)b->packets,
           (double)plain_ns / (double)b->packets, (double)pack_ns / (double)b->packets,
           (double)unpack_ns / 1e6);
    return 0;
}
