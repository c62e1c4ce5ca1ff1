#include "probe/decap/held.h"

#include <stdlib.h>
#include <string.h>

static size_t cost_of(const struct frame *frame)
{
    return sizeof(struct held_frame) + frame->captured_bytes;
}

struct held_frame *held_take(struct held_budget *budget, const struct frame *frame)
{
    size_t bytes = cost_of(frame);
    struct held_frame *held;

    if (budget->used_bytes > budget->max_bytes || bytes > budget->max_bytes - budget->used_bytes)
        return NULL;
    held = malloc(bytes);
    if (!held)
        return NULL;
    *held = (struct held_frame){ .frame = *frame };
    held->frame.data = held->bytes;
    if (frame->captured_bytes)
        memcpy(held->bytes, frame->data, frame->captured_bytes);
    budget->used_bytes += bytes;
    return held;
}

void held_release(struct held_budget *budget, struct held_frame *held)
{
    if (!held)
        return;
    budget->used_bytes -= cost_of(&held->frame);
    free(held);
}
