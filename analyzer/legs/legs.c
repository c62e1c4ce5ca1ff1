#include "analyzer/legs/legs.h"

#include <errno.h>
#include <stdlib.h>

struct legs {
    struct legs_options options;
};

int legs_new(struct legs **out, const struct legs_options *options)
{
    struct legs *made = calloc(1, sizeof *made);

    if (!made)
        return -ENOMEM;
    made->options = *options;
    *out = made;
    return 0;
}

void legs_free(struct legs *gone)
{
    free(gone);
}

void legs_message(struct legs *l, uint64_t call, struct slice call_id, const struct sip_msg *msg,
                  int64_t time_ns)
{
    (void)l;
    (void)call;
    (void)call_id;
    (void)msg;
    (void)time_ns;
}

void legs_call(struct legs *l, const struct call_record *call, enum record_event event)
{
    (void)l;
    (void)call;
    (void)event;
}

void legs_sound(struct legs *l, uint64_t call, uint64_t stream, uint64_t print, int64_t time_ns)
{
    (void)l;
    (void)call;
    (void)stream;
    (void)print;
    (void)time_ns;
}

uint64_t legs_group(const struct legs *l, uint64_t call)
{
    (void)l;
    (void)call;
    return 0;
}

void legs_tick(struct legs *l, int64_t now_ns)
{
    (void)l;
    (void)now_ns;
}

void legs_finish(struct legs *l)
{
    (void)l;
}
