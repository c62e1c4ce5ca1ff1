#include "probe/web/moment.h"

#include <time.h>

static bool on_capture(void *ctx, const void *record)
{
    const struct capture_record *capture = record;

    *(int64_t *)ctx = capture->end_time;
    return false;
}

int moment_of_store(struct query *q, int64_t *now_ns)
{
    int err;

    *now_ns = RECORD_NONE;
    err = query_captures(q, 1, on_capture, now_ns);
    if (*now_ns == RECORD_NONE) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        *now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    }
    return err;
}
