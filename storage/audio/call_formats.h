/*
 * call_formats - what the payload types of a call mean, by the SDP in its stored messages.
 *
 * A payload type belongs to who receives it: the session description of the address that a packet
 * goes to names it. Where that address said nothing (a NAT rewrote it), the other descriptions of
 * the call are asked, then RFC 3551.
 *
 * Ownership  call_formats_init/fini. Formats found are borrowed until then.
 * Errors     At most CALL_FORMATS_MAX are kept; −errno of the store.
 */
#ifndef STORAGE_AUDIO_CALL_FORMATS_H
#define STORAGE_AUDIO_CALL_FORMATS_H

#include "analyzer/base/addr.h"
#include "analyzer/base/arena.h"
#include "storage/audio/audio_codec.h"

enum { CALL_FORMATS_MAX = 1024 };

struct call_format {
    struct addr to; /* of the media that it was announced for */
    uint8_t payload_type;
    struct audio_format format;
};

struct call_formats {
    struct call_format *items; /* in the order of the messages */
    size_t count;
    struct arena texts;
};

/* 0; −ENOENT, −EPROTO, −ENOMEM, −errno. A call without stored messages has none. */
int call_formats_init(struct call_formats *f, const char *store_dir, uint64_t call);
void call_formats_fini(struct call_formats *f);

/* The newest announcement of that type; false: nobody says what it is. */
bool call_formats_find(const struct call_formats *f, const struct addr *to, uint8_t payload_type,
                       struct audio_format *out);

/* The newest parameters of that encoding, for that type first; absent: none. */
struct slice call_formats_fmtp(const struct call_formats *f, struct slice encoding,
                               uint8_t payload_type);

#endif
