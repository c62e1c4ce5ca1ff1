#include "analyzer/quality/level.h"

void level_add(struct level_sum *to, const struct level_sum *from)
{
    to->active_power += from->active_power;
    to->packets += from->packets;
    to->silent_packets += from->silent_packets;
    to->samples += from->samples;
    to->clipped += from->clipped;
    to->active_samples += from->active_samples;
}
