#include "analyzer/legs/leg_hosts.h"

static uint64_t hash(const struct leg_hosts *h, const struct addr *in, const struct addr *out)
{
    uint8_t bytes[32];

    memcpy(bytes, in->ip, 16);
    memcpy(bytes + 16, out->ip, 16);
    return siphash(&h->key, bytes, sizeof bytes);
}

void leg_hosts_learn(struct leg_hosts *h, const struct addr *in, const struct addr *out)
{
    uint64_t pair = hash(h, in, out);
    uint32_t at = pair % LEG_HOSTS_MAX;

    if (h->rows[at].pair == pair) {
        if (h->rows[at].seen < UINT32_MAX)
            h->rows[at].seen++;
    } else if (h->rows[at].seen > 0) {
        h->rows[at].seen--;
    } else {
        h->rows[at].pair = pair;
        h->rows[at].seen = 1;
    }
}

bool leg_hosts_known(const struct leg_hosts *h, const struct addr *in, const struct addr *out)
{
    uint64_t pair = hash(h, in, out);
    uint32_t at = pair % LEG_HOSTS_MAX;

    return h->rows[at].pair == pair && h->rows[at].seen >= LEG_HOSTS_SURE;
}
