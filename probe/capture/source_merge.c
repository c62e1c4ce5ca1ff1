/*
 * Why a frame may go although a source is silent: that source was found empty after `now` was read,
 * and the kernel hands over everything within settle_ns. So what it will give is younger than
 * now − settle.
 *
 * Stamps do not always obey: the system's clock is set back, and what lies in the rings is from the
 * future. Such frames are not held, and none is held for longer than settle_ns in all.
 */
#include "probe/capture/source_merge.h"

void source_merge_init(struct source_merge *m, struct source *const *sources, size_t count,
                       int64_t settle_ns)
{
    m->count = count < SOURCE_MERGE_MAX ? count : SOURCE_MERGE_MAX;
    m->settle_ns = settle_ns;
    m->wait_ns = INT64_MAX;
    for (size_t i = 0; i < m->count; i++)
        m->inputs[i] = (struct source_merge_input){ .source = sources[i] };
}

/* Asks the source for its next frame. */
static void look(struct source_merge_input *input, int64_t monotonic_ns,
                 const struct source_merge_sink *sink)
{
    int result = source_peek(input->source, &input->frame);

    input->has_frame = result > 0;
    input->since_ns = monotonic_ns;
    if (result >= 0)
        return;
    input->has_ended = true;
    sink->ended(sink->ctx, input->source, result);
}

/* The oldest at hand, or NULL; *silent: some source might still have an older one. Of equals the
 * first, so that the order does not depend on who was asked when. */
static struct source_merge_input *find_oldest(struct source_merge *m, bool *silent)
{
    struct source_merge_input *oldest = NULL;

    *silent = false;
    for (size_t i = 0; i < m->count; i++) {
        struct source_merge_input *input = &m->inputs[i];

        if (!input->has_frame)
            *silent |= !input->has_ended;
        else if (!oldest || input->frame.time_ns < oldest->frame.time_ns)
            oldest = input;
    }
    return oldest;
}

/* How long this frame has to wait for sources that are silent; at most 0: it may go. */
static int64_t time_left(const struct source_merge *m, const struct source_merge_input *input,
                         const struct source_merge_times *times)
{
    int64_t age = times->now_ns - input->frame.time_ns;
    int64_t held = times->monotonic_ns - input->since_ns;

    if (age < -m->settle_ns) /* a frame of this very moment is ahead of `now` by less */
        return 0;
    return m->settle_ns - (held > age ? held : age);
}

int source_merge_poll(struct source_merge *m, const struct source_merge_times *times,
                      int max_frames, const struct source_merge_sink *sink)
{
    int delivered = 0;

    m->wait_ns = INT64_MAX;
    for (size_t i = 0; i < m->count; i++) {
        if (!m->inputs[i].has_frame && !m->inputs[i].has_ended)
            look(&m->inputs[i], times->monotonic_ns, sink);
    }
    while (delivered < max_frames) {
        bool silent;
        struct source_merge_input *oldest = find_oldest(m, &silent);
        int64_t left = oldest && silent ? time_left(m, oldest, times) : 0;

        if (!oldest)
            break;
        if (left > 0) {
            m->wait_ns = left;
            break;
        }
        sink->frame(sink->ctx, &oldest->frame);
        delivered++;
        look(oldest, times->monotonic_ns, sink);
    }
    return delivered;
}

size_t source_merge_alive(const struct source_merge *m)
{
    size_t alive = 0;

    for (size_t i = 0; i < m->count; i++)
        alive += !m->inputs[i].has_ended;
    return alive;
}

bool source_merge_is_wanted(const struct source_merge *m, size_t i)
{
    return !m->inputs[i].has_frame && !m->inputs[i].has_ended;
}

int source_merge_flush(struct source_merge *m, const struct source_merge_sink *sink)
{
    struct source_merge_input *oldest;
    bool silent;
    int delivered = 0;

    while ((oldest = find_oldest(m, &silent))) {
        oldest->has_frame = false;
        sink->frame(sink->ctx, &oldest->frame);
        delivered++;
    }
    return delivered;
}
