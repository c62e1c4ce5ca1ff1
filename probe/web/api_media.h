/*
 * api_media - packets and calls as files, and the sound of a call: the long answers of the API.
 *
 * Thread  A worker's.
 */
#ifndef PROBE_WEB_API_MEDIA_H
#define PROBE_WEB_API_MEDIA_H

#include "probe/web/api.h"

enum { API_MEDIA_CALL_ID_MAX = 1024 };

/* What of a call its sound depends on. */
struct api_media_call {
    uint64_t id;
    bool is_over; /* its sound does not change any more */
    char call_id[API_MEDIA_CALL_ID_MAX];
    size_t call_id_len;
};

enum {
    API_MEDIA_EXPORTS_MAX = 2,           /* searches that are given out at a time */
    API_MEDIA_EXPORT_CALLS_MAX = 100000, /* of which packets are given out in one go */
};

/* The packets of a call, or of it and its legs. 0, or −errno: the store cannot be read, and nothing was
 * answered. */
int api_media_packets(const struct api_options *options, struct query *q, uint64_t id,
                      const struct asked *asked, struct exchange *x);

/* The same of the calls that a filter means: their packets, or they themselves. */
int api_media_export(const struct api_options *options, const struct asked *asked,
                     struct exchange *x);

/* Where nobody may listen, the answer says so: true. */
bool api_media_refuse_sound(const struct api_options *options, struct exchange *x);

/* The sound, or the range of it that was asked for; an audit line before the first byte of it. */
void api_media_sound(const struct api_options *options, const struct api_media_call *call,
                     const struct asked *asked, struct exchange *x);

/* What a player draws: JSON. No audit line: a waveform is no speech. */
void api_media_peaks(const struct api_options *options, const struct api_media_call *call,
                     const struct asked *asked, struct exchange *x);

#endif
