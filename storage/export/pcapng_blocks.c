#include "storage/export/pcapng_blocks.h"

#include <stdlib.h>

enum {
    BLOCK_INTERFACE = 1,
    BLOCK_NAMES = 4,
    BLOCK_PACKET = 6,
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_APPLICATION = 4, /* of a section */
    OPTION_NAME = 2,        /* of an interface, and so on */
    OPTION_DESCRIPTION = 3,
    OPTION_TIME_RESOLUTION = 9,
    NAME_END = 0,
    NAME_V4 = 1,
    NAME_V6 = 2,
    NANOSECONDS = 9, /* 10^-9 */
    LENGTH_AT = 4,   /* of a block, its length */
    PACKET_HEADER_BYTES = 28,
};
#define BLOCK_SECTION    0x0a0d0d0au
#define BYTE_ORDER_MAGIC 0x1a2b3c4du

static void put_le(uint8_t *p, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++, v >>= 8)
        p[i] = (uint8_t)v;
}

static void add_le(struct strbuf *out, uint64_t v, int bytes)
{
    uint8_t p[8];

    put_le(p, v, bytes);
    strbuf_add(out, p, (size_t)bytes);
}

static void add_padding(struct strbuf *out, size_t len)
{
    static const uint8_t zeros[4];

    strbuf_add(out, zeros, -len & 3);
}

/* Returns where it begins, for close_block. */
static size_t open_block(struct strbuf *out, uint32_t type)
{
    size_t start = out->len;

    add_le(out, type, 4);
    add_le(out, 0, 4);
    return start;
}

static void close_block(struct strbuf *out, size_t start)
{
    uint64_t length = out->len - start + 4;

    add_le(out, length, 4);
    if (!out->failed)
        put_le((uint8_t *)out->p + start + LENGTH_AT, length, 4);
}

static void add_option(struct strbuf *out, uint16_t code, const void *value, size_t len)
{
    add_le(out, code, 2);
    add_le(out, len, 2);
    strbuf_add(out, value, len);
    add_padding(out, len);
}

/* The bytes of `text` up to `max` that end with a whole character. */
static size_t cut_at(struct slice text, size_t max)
{
    size_t len = text.len < max ? text.len : max;

    while (len < text.len && len > 0 && ((uint8_t)text.p[len] & 0xc0) == 0x80)
        len--;
    return len;
}

/* Fit for whoever reads it; to be freed with strbuf_fini. */
static struct strbuf clean(struct slice text, size_t max)
{
    struct strbuf out = { 0 };

    strbuf_add_printable(&out, slice_of(text.p, cut_at(text, max)));
    return out;
}

static void add_text_option(struct strbuf *out, uint16_t code, struct slice text)
{
    struct strbuf cleaned;

    if (!text.p)
        return;
    cleaned = clean(text, PCAPNG_TEXT_MAX);
    if (cleaned.failed)
        out->failed = true;
    else
        add_option(out, code, cleaned.p ? cleaned.p : "", cleaned.len);
    strbuf_fini(&cleaned);
}

/* Each line is one. */
static void add_comments(struct strbuf *out, struct slice lines)
{
    while (lines.len)
        add_text_option(out, OPTION_COMMENT, slice_cut(&lines, '\n'));
}

void pcapng_add_section(struct strbuf *out, struct slice comment, struct slice application)
{
    size_t start = open_block(out, BLOCK_SECTION);

    add_le(out, BYTE_ORDER_MAGIC, 4);
    add_le(out, 1, 2);
    add_le(out, 0, 2);
    add_le(out, UINT64_MAX, 8); /* of unknown length: it is a stream */
    add_comments(out, comment);
    add_text_option(out, OPTION_APPLICATION, application);
    add_option(out, OPTION_END, "", 0);
    close_block(out, start);
}

void pcapng_add_interface(struct strbuf *out, const struct pcapng_interface *interface)
{
    const uint8_t resolution = NANOSECONDS;
    size_t start = open_block(out, BLOCK_INTERFACE);

    add_le(out, interface->link_type, 2);
    add_le(out, 0, 2);
    add_le(out, interface->snap_bytes, 4);
    add_text_option(out, OPTION_NAME, interface->name);
    add_text_option(out, OPTION_DESCRIPTION, interface->description);
    add_option(out, OPTION_TIME_RESOLUTION, &resolution, 1);
    add_option(out, OPTION_END, "", 0);
    close_block(out, start);
}

void pcapng_add_packet(struct strbuf *out, const struct pcapng_packet *packet)
{
    uint64_t time = packet->time_ns > 0 ? (uint64_t)packet->time_ns : 0;
    size_t start = out->len;
    uint8_t header[PACKET_HEADER_BYTES] = { BLOCK_PACKET };

    /* In one go: this is done for every packet. */
    put_le(header + 8, packet->interface, 4);
    put_le(header + 12, time >> 32, 4);
    put_le(header + 16, time, 4);
    put_le(header + 20, packet->captured_bytes, 4);
    put_le(header + 24, packet->wire_bytes, 4);
    strbuf_add(out, header, sizeof header);
    strbuf_add(out, packet->data, packet->captured_bytes);
    add_padding(out, packet->captured_bytes);
    if (packet->comments.len) {
        add_comments(out, packet->comments);
        add_option(out, OPTION_END, "", 0);
    }
    close_block(out, start);
}

static void add_name(struct strbuf *out, const struct pcapng_name *name)
{
    bool is_v4 = addr_is_v4(&name->addr);
    size_t ip_bytes = is_v4 ? 4 : 16;
    struct strbuf cleaned = clean(name->name, PCAPNG_NAME_MAX);

    if (cleaned.failed)
        out->failed = true;
    add_le(out, is_v4 ? NAME_V4 : NAME_V6, 2);
    add_le(out, ip_bytes + cleaned.len + 1, 2);
    strbuf_add(out, name->addr.ip + 16 - ip_bytes, ip_bytes);
    strbuf_add_slice(out, strbuf_slice(&cleaned));
    strbuf_add_char(out, '\0');
    add_padding(out, ip_bytes + cleaned.len + 1);
    strbuf_fini(&cleaned);
}

void pcapng_add_names(struct strbuf *out, const struct pcapng_name *names, size_t count)
{
    size_t start;

    if (count == 0)
        return;
    start = open_block(out, BLOCK_NAMES);
    for (size_t i = 0; i < count; i++)
        add_name(out, &names[i]);
    add_le(out, NAME_END, 2);
    add_le(out, 0, 2);
    close_block(out, start);
}
