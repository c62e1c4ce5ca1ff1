#include "probe/web/api_media.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "probe/web/range.h"
#include "probe/web/sound.h"
#include "storage/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Named by us: the time of the call and its id, nothing from the wire. */
static void name_download(struct exchange *x, uint64_t id, const char *extension)
{
    time_t seconds = (time_t)(record_id_time_ns(id) / 1000000000);
    struct tm utc;
    char at[24];

    if (!gmtime_r(&seconds, &utc) || strftime(at, sizeof at, "%Y%m%dT%H%M%SZ", &utc) == 0)
        at[0] = '\0';
    snprintf(x->file_name, sizeof x->file_name, "%s_%016" PRIx64 ".%s", at, id, extension);
}

/* ---- packets ---- */

int api_media_pcap(const char *store_dir, uint64_t id, struct exchange *x)
{
    int err = pcap_export_open(&x->pcap, store_dir, id);

    if (err == -ENOENT) {
        exchange_fail(x, 404, "no packets of a call %016" PRIx64 " are kept", id);
        return 0;
    }
    if (err)
        return err;
    x->status = 200;
    x->content_type = "application/vnd.tcpdump.pcap";
    x->streamed = true;
    name_download(x, id, "pcap");
    if (x->head_only)
        return 0;
    exchange_read_piece(x);
    if (x->broken) {
        exchange_fail(x, 500, "the packets of call %016" PRIx64 " cannot be read", id);
        x->broken = false;
    }
    return 0;
}

/* ---- sound ---- */

bool api_media_refuse_sound(const struct api_options *options, struct exchange *x)
{
    if (!options->sound)
        exchange_fail(x, 403,
                      "listening is off: 'audio.listen: yes' in the configuration turns it on");
    return !options->sound;
}

static int64_t now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* One line for each listening, not for each range; and no sound without it. */
static bool write_audit(const struct api_options *options, const struct api_media_call *call,
                        const struct asked *asked, const struct exchange *x)
{
    char from[ADDR_TEXT_MAX];
    size_t from_len = addr_format_ip(&x->peer, from);
    struct audit_entry entry = {
        .action = SLICE("listen"),
        .call = call->id,
        .call_id = call->call_id_len ? slice_of(call->call_id, call->call_id_len) : SLICE_ABSENT,
        .from = slice_of(from, from_len),
        .format = slice_of_text(params_format_name(asked->format)),
    };
    int err;

    if (sound_is_known(options->sound, &x->peer, call->id, now_s()))
        return true;
    err = audit_append(options->store_dir, &entry);
    if (err)
        log_warn("web: audit.jsonl cannot be written, so nobody listens: error %d", -err);
    else
        sound_remember(options->sound, &x->peer, call->id, now_s());
    return err == 0;
}

/* 200, 206 or 416, by what was asked for. */
static void send_sound(struct exchange *x, const struct sound_file *file)
{
    /* RFC 9110 §14.2: a Range is for GET alone. */
    bool heeds = !x->head_only && x->ranges && x->range[0] &&
                 range_condition_holds(x->if_range[0] ? slice_of_text(x->if_range) : SLICE_ABSENT,
                                       slice_of_text(x->etag));
    struct range part = { 0, file->size };
    enum range_kind kind =
        heeds ? range_parse(slice_of_text(x->range), file->size, &part) : RANGE_WHOLE;

    if (kind == RANGE_OUTSIDE) {
        close(file->fd);
        exchange_fail(x, 416, "the sound has %" PRIu64 " bytes", file->size);
        snprintf(x->content_range, sizeof x->content_range, "bytes */%" PRIu64, file->size);
        return;
    }
    x->status = kind == RANGE_PART ? 206 : 200;
    if (kind == RANGE_PART)
        snprintf(x->content_range, sizeof x->content_range,
                 "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, part.first, part.first + part.count - 1,
                 file->size);
    exchange_send_file(x, file->fd, part.first, part.count);
    if (x->head_only || part.count == 0)
        return;
    exchange_read_piece(x);
    if (x->broken) {
        exchange_fail(x, 500, "the sound cannot be read back");
        x->broken = false;
    }
}

void api_media_sound(const struct api_options *options, const struct api_media_call *call,
                     const struct asked *asked, struct exchange *x)
{
    static const char *const types[] = {
        [PARAMS_WAV] = "audio/wav",
        [PARAMS_FLAC] = "audio/flac",
        [PARAMS_OGG] = "audio/ogg",
    };
    struct sound_key key = { call->id, asked->format, asked->gaps, 0 };
    char message[RENDER_MESSAGE_MAX];
    struct sound_file file;
    int answer = sound_get(options->sound, &key, call->is_over, &x->gone, &file, message);

    if (answer != 200) {
        exchange_fail(x, answer, "%s", message);
        return;
    }
    if (!x->head_only && !write_audit(options, call, asked, x)) {
        close(file.fd);
        exchange_fail(x, 500, "the audit line cannot be written, and without it nobody listens");
        return;
    }
    x->content_type = types[asked->format];
    x->private = true;
    x->inlined = true;
    x->ranges = call->is_over;
    if (call->is_over)
        snprintf(x->etag, sizeof x->etag, "%s", file.etag);
    name_download(x, call->id, params_format_name(asked->format));
    send_sound(x, &file);
}

void api_media_peaks(const struct api_options *options, const struct api_media_call *call,
                     const struct asked *asked, struct exchange *x)
{
    struct sound_key key = { call->id, PARAMS_JSON_PEAKS, PARAMS_SILENCE, asked->buckets };
    char message[RENDER_MESSAGE_MAX];
    struct sound_file file;
    int answer = sound_get(options->sound, &key, call->is_over, &x->gone, &file, message);

    if (answer != 200) {
        exchange_fail(x, answer, "%s", message);
        return;
    }
    x->status = 200;
    exchange_send_file(x, file.fd, 0, file.size);
    if (x->head_only || file.size == 0)
        return;
    exchange_read_piece(x);
    if (x->broken) {
        exchange_fail(x, 500, "the waveform cannot be read back");
        x->broken = false;
    }
}
