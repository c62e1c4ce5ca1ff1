#include "probe/web/api_media.h"

#include "analyzer/privacy/privacy_filter.h"
#include "analyzer/privacy/privacy_json.h"

#include "analyzer/base/log.h"
#include "probe/web/range.h"
#include "probe/web/sound.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* ---- packets, and tables of calls ---- */

/* What is open goes out as a download. */
static void send_export(struct exchange *x, struct export *export,
                        const struct export_format_info *format)
{
    x->export = export;
    x->status = 200;
    x->content_type = format->content_type;
    x->streamed = true;
    if (x->head_only)
        return;
    exchange_read_piece(x);
    if (x->broken) {
        exchange_fail(x, 500, "what is asked for cannot be read");
        x->broken = false;
    }
}

/* Numbers stand in every packet. */
static bool refuse_masked(struct exchange *x)
{
    if (identity_is_masked(&x->who))
        exchange_fail(x, 403,
                      "numbers and names are masked for you, and packets hold them: this needs the "
                      "right 'numbers'; csv and jsonl do not");
    return identity_is_masked(&x->who);
}

int api_media_packets(const struct api_options *options, struct query *q, uint64_t id,
                      const struct asked *asked, struct exchange *x)
{
    const struct export_format_info *format = &export_formats[asked->export_format];
    uint64_t calls[QUERY_LEG_CALLS_MAX] = { id };
    struct export_request request = { .store_dir = options->store_dir,
                                      .format = (enum export_format)asked->export_format,
                                      .calls = calls,
                                      .call_count = 1 };
    struct export *export;
    int err;

    if (refuse_masked(x))
        return 0;
    err = asked->legs ? export_find_legs(q, id, calls, &request.call_count) : 0;

    if (err == 0)
        err = export_open(&export, &request);
    if (err == -ENOENT) {
        exchange_fail(x, 404, "no packets of a call %016" PRIx64 " are kept", id);
        return 0;
    }
    if (err)
        return err;
    export_name_call(x->file_name, id, format->name);
    send_export(x, export, format);
    return 0;
}

/* A place among those that run; the exchange gives it back. */
static bool take_place(const struct api_options *options, struct exchange *x)
{
    if (!options->exports)
        return true;
    x->exports = options->exports;
    if (atomic_fetch_add(x->exports, 1) < API_MEDIA_EXPORTS_MAX)
        return true;
    exchange_fail(x, 503, "other searches are being exported, try again in a few seconds");
    return false;
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The filter and the order; false: the answer says what is wrong. */
/* Who is not to see numbers and names does not search for them. */
static bool refuse_filter(const struct export_request *request, struct exchange *x)
{
    const struct filter_field *field = privacy_filter_find_masked(request->filter);

    if (!field && request->sort && privacy_filter_is_masked(request->sort))
        field = request->sort;
    if (!field || !identity_is_masked(&x->who))
        return false;
    exchange_fail(x, 400,
                  "numbers and names are masked for you, so they cannot be searched for either "
                  "(%s): this needs the right 'numbers'",
                  field->name);
    return true;
}

static bool read_request(const struct api_options *options, const struct asked *asked,
                         struct export_request *request, struct exchange *x)
{
    struct slice sort = asked->sort;
    struct filter_error error;
    int err;

    request->ascending = sort.len && sort.p[0] != '-';
    if (sort.len)
        request->sort = filter_field_find(
            slice_of(sort.p + !request->ascending, sort.len - !request->ascending));
    if (request->sort && export_formats[request->format].has_packets) {
        exchange_fail(x, 400, "'sort' is for csv and jsonl: packets come by time");
        return false;
    }
    if (export_formats[request->format].has_packets && refuse_masked(x))
        return false;
    err = filter_parse(&request->filter, asked->filter, now_ns(), &error);
    if (err == 0 && refuse_filter(request, x)) {
        filter_free(request->filter);
        return false;
    }
    if (err == 0 && options->privacy) {
        err = privacy_filter(options->privacy, request->filter, &error);
        if (err == -EINVAL) {
            exchange_fail(x, 400, "%s", error.text);
            filter_free(request->filter);
            return false;
        }
    }
    if (err == -EINVAL)
        exchange_fail_filter(x, "filter", &error);
    else if (err)
        exchange_fail(x, 503, "out of memory");
    return err == 0;
}

int api_media_export(const struct api_options *options, const struct asked *asked,
                     struct exchange *x)
{
    const struct export_format_info *format = &export_formats[asked->export_format];
    struct export_request request = { .store_dir = options->store_dir,
                                      .format = (enum export_format)asked->export_format,
                                      .limit = asked->export_limit,
                                      .calls_max = API_MEDIA_EXPORT_CALLS_MAX,
                                      .calls = asked->id_count ? asked->ids : NULL,
                                      .call_count = asked->id_count,
                                      .asked = asked->filter };
    struct privacy view = privacy_of_viewer(options->privacy);
    struct export_counts counts;
    struct export *export;
    int err;

    if (!read_request(options, asked, &request, x))
        return 0;
    request.view = identity_is_masked(&x->who) ? &view : NULL;
    err = take_place(options, x) ? export_open(&export, &request) : -EBUSY;
    if (err)
        filter_free(request.filter);
    if (err == -ENOENT)
        exchange_fail(x, 404, "there is no such call, or none of their packets are kept");
    else if (err == -E2BIG)
        exchange_fail(x, 400, "packets of over %d calls: narrow the filter, or give a limit",
                      API_MEDIA_EXPORT_CALLS_MAX);
    if (err)
        return err == -ENOENT || err == -E2BIG || err == -EBUSY ? 0 : err;
    export_read_counts(export, &counts);
    export_name_calls(x->file_name, now_ns(), format->has_packets ? counts.calls : 0, format->name);
    send_export(x, export, format);
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
    x->content_type = types[asked->format];
    x->private = true;
    x->inlined = true;
    x->ranges = call->is_over;
    if (call->is_over)
        snprintf(x->etag, sizeof x->etag, "%s", file.etag);
    export_name_call(x->file_name, call->id, params_format_name(asked->format));
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
