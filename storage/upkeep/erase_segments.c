#include "storage/upkeep/erase_segments.h"

#include "storage/packets/media_chunk.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/packets/segment_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* The segments of a kind that a day has, in order, in a block to be freed. */
static int list_segments(const char *store_dir, int32_t day, uint8_t kind, uint32_t **numbers,
                         size_t *count)
{
    char path[STORE_PATH_MAX];
    struct dirent *entry;
    size_t room = 0;
    DIR *dir;
    int err = store_dir_path(path, store_dir, day, NULL);

    *numbers = NULL;
    *count = 0;
    if (err)
        return err;
    dir = opendir(path);
    if (!dir)
        return errno == ENOENT ? 0 : -errno;
    while (err == 0 && (entry = readdir(dir)) != NULL) {
        uint32_t number, *more;

        if (!segment_file_parse(entry->d_name, kind, &number))
            continue;
        if (*count == room) {
            room = room ? 2 * room : 16;
            more = realloc(*numbers, room * sizeof **numbers);
            if (!more) {
                err = -ENOMEM;
                break;
            }
            *numbers = more;
        }
        (*numbers)[(*count)++] = number;
    }
    closedir(dir);
    if (*count)
        qsort(*numbers, *count, sizeof **numbers, compare_numbers);
    return err;
}

static int walk_file(struct erase_chunk *c, erase_chunk_fn each, void *ctx)
{
    uint8_t header[CHUNK_HEADER_BYTES];
    struct stat st;
    int err = 0;

    if (fstat(c->fd, &st) != 0)
        return -errno;
    for (c->offset = 0; err == 0 && (uint64_t)st.st_size - c->offset >= CHUNK_HEADER_BYTES;
         c->offset += CHUNK_HEADER_BYTES + c->header.payload_bytes) {
        enum chunk_parse is;

        err = segment_file_read(c->fd, header, sizeof header, c->offset);
        if (err)
            break;
        is = chunk_parse_header(bytes_of(header, sizeof header), &c->header);
        if ((is != CHUNK_OK && is != CHUNK_FORGOTTEN) ||
            (uint64_t)st.st_size - c->offset - CHUNK_HEADER_BYTES < c->header.payload_bytes)
            break;
        if (is == CHUNK_OK) {
            struct chunk_header h = c->header;

            err = each(ctx, c);
            c->header = h;
        }
    }
    return err;
}

int erase_segments_walk(const char *store_dir, int32_t day, uint8_t kind, erase_chunk_fn each,
                        void *ctx)
{
    struct erase_chunk c = {
        .day = day, .kind = kind, .stored = malloc(CHUNK_STORED_MAX), .raw = malloc(CHUNK_RAW_MAX)
    };
    uint32_t *numbers = NULL;
    size_t count = 0;
    int err = c.stored && c.raw ? list_segments(store_dir, day, kind, &numbers, &count) : -ENOMEM;

    for (size_t i = 0; err == 0 && i < count; i++) {
        c.segment = numbers[i];
        c.fd = segment_open_read(store_dir, day, kind, c.segment);
        if (c.fd == -ENOENT)
            continue;
        if (c.fd < 0) {
            err = c.fd;
            break;
        }
        err = walk_file(&c, each, ctx);
        close(c.fd);
    }
    free(numbers);
    free(c.stored);
    free(c.raw);
    return err;
}

bool erase_chunk_load(struct erase_chunk *c)
{
    size_t bytes = CHUNK_HEADER_BYTES + c->header.payload_bytes;
    struct bytes b = bytes_of(c->stored, bytes);

    if (segment_file_read(c->fd, c->stored, bytes, c->offset) != 0)
        return false;
    if (c->kind == PACKET_MEDIA)
        return media_chunk_decode(b, bytes_of(NULL, 0), &c->header, c->raw) == CHUNK_OK;
    return chunk_decode(b, &c->header, c->raw) == CHUNK_OK;
}

static unsigned u16_at(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint32_t sum_of(const uint8_t *p, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)p[i] << (i & 1 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* RFC 1624: one that was right stays right. */
static void move_checksum(uint8_t *p, uint32_t before, uint32_t after)
{
    uint32_t sum = (~u16_at(p) & 0xffff) + (~before & 0xffff) + after;

    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    sum = ~sum & 0xffff;
    if (sum == 0)
        sum = 0xffff;
    p[0] = (uint8_t)(sum >> 8);
    p[1] = (uint8_t)sum;
}

/* A message and the UDP header right before it, if it is one. */
static void mask_message(const struct number_forms *forms, const struct chunk_message *m)
{
    uint8_t *text = (uint8_t *)(uintptr_t)m->text.p; /* within our own block */
    uint32_t before = sum_of(text, m->text.len);
    uint8_t *udp = text - 8;

    if (number_forms_blank(forms, (char *)text, m->text.len) == 0)
        return;
    if (u16_at(udp) == m->src.port && u16_at(udp + 2) == m->dst.port && u16_at(udp + 6) != 0 &&
        u16_at(udp + 4) >= m->text.len + 8)
        move_checksum(udp + 6, before, sum_of(text, m->text.len));
}

void erase_mask_entries(const struct number_forms *forms, uint8_t *raw, size_t len)
{
    struct chunk_reader r = chunk_reader_of(raw, len);
    enum chunk_entry is;

    while ((is = chunk_read(&r)) != CHUNK_END && is != CHUNK_BROKEN) {
        if (is == CHUNK_MESSAGE && r.message.text.p &&
            (const uint8_t *)r.message.text.p >= r.frame.data + 8)
            mask_message(forms, &r.message);
    }
    number_forms_blank(forms, (char *)raw, len); /* what lies in pieces, and texts */
}
