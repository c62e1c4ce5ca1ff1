#include "analyzer/peer/date_watch.h"

#include "analyzer/sip/sip_date.h"

#include <stdlib.h>

#define NS_PER_S  INT64_C(1000000000)
#define SILENT_NS (DATE_WATCH_SILENT_S * NS_PER_S)

/* Within so long before or after: a time set back makes old what lies ahead. */
static bool is_near(int64_t a, int64_t b, int64_t by)
{
    return a - b < by && b - a < by;
}

static struct date_host *find(struct date_watch *w, const struct addr *ip)
{
    return &w->hosts[siphash(&w->key, ip->ip, sizeof ip->ip) % DATE_WATCH_HOSTS];
}

void date_watch_message(struct date_watch *w, const struct sip_msg *msg, const struct datagram *d)
{
    struct date_host *host = find(w, &d->src);
    bool is_same = memcmp(host->ip, d->src.ip, sizeof host->ip) == 0;
    int64_t seconds;

    if (host->looked_ns && is_near(d->time_ns, host->looked_ns, DATE_WATCH_LOOK_S * NS_PER_S))
        return;
    if (!is_same && host->said_ns && is_near(d->time_ns, host->said_ns, SILENT_NS))
        return;
    if (!is_same)
        *host = (struct date_host){ .said_ns = 0 };
    memcpy(host->ip, d->src.ip, sizeof host->ip);
    host->looked_ns = d->time_ns;
    if (!sip_date_parse(sip_msg_find_header(msg, SLICE("date")), &seconds) ||
        seconds > INT64_MAX / NS_PER_S / 2)
        return;
    host->said_ns = d->time_ns;
    /* It names a second, of which the middle is the best guess. */
    host->offset_ns = seconds * NS_PER_S + NS_PER_S / 2 - d->time_ns;
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

bool date_watch_read(const struct date_watch *w, int64_t now_ns, double *offset_ms, size_t *hosts)
{
    int64_t offsets[DATE_WATCH_HOSTS];
    size_t n = 0;

    for (size_t i = 0; i < DATE_WATCH_HOSTS; i++) {
        if (w->hosts[i].said_ns && is_near(now_ns, w->hosts[i].said_ns, SILENT_NS))
            offsets[n++] = w->hosts[i].offset_ns;
    }
    *hosts = n;
    if (n < DATE_WATCH_HOSTS_MIN)
        return false;
    qsort(offsets, n, sizeof offsets[0], compare);
    *offset_ms =
        (double)(n % 2 ? offsets[n / 2] : (offsets[n / 2 - 1] / 2 + offsets[n / 2] / 2)) / 1e6;
    return true;
}
