#include "probe/capture/source_live.h"

#include "probe/capture/interface.h"
#include "probe/capture/link_watch.h"

#include "analyzer/base/log.h"
#include "analyzer/base/serial.h"
#include "analyzer/base/strbuf.h"
#include "analyzer/record.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MIB = 1 << 20,
    RING_MIB_DEFAULT = 256, /* 3 s of 600 Mbit/s */
    RING_MIB_MAX = 2047,    /* libpcap takes an int of bytes */
    SNAP_BYTES_DEFAULT = 65535,
    BLOCK_TIMEOUT_MS_DEFAULT = 100,
    INTERFACES_LISTED_MAX = 20,
    SNAP_BYTES_OF_SIP = 1500, /* what an Ethernet carries */
};

struct live_source {
    struct source base;
    char *name;
    pcap_t *pcap;
    uint32_t link_type;
    int ns_per_fraction; /* 1, or 1000 where only microseconds are to be had */
    struct link_watch watch;
    bool has_failed; /* and it was said */
    uint64_t ring_bytes;
    /* libpcap counts in 32 bits; these go on. */
    int64_t received, kernel_dropped, interface_dropped;
    uint32_t interface_counter; /* as libpcap last said: it goes back when the interface is new */
    frame_fn fn;                /* of the poll that is under way */
    void *ctx;
};

static const char *live_name(const struct source *base)
{
    return ((const struct live_source *)base)->name;
}

static int live_fd(const struct source *base)
{
    return pcap_get_selectable_fd(((const struct live_source *)base)->pcap);
}

static void fill_frame(const struct live_source *s, const struct pcap_pkthdr *header,
                       const u_char *data, struct frame *out)
{
    *out = (struct frame){
        .time_ns =
            (int64_t)header->ts.tv_sec * 1000000000 + header->ts.tv_usec * s->ns_per_fraction,
        .data = data,
        .captured_bytes = header->caplen,
        .wire_bytes = header->len > header->caplen ? header->len : header->caplen,
        .link_type = s->link_type,
    };
}

static void on_live_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
    struct live_source *s = (struct live_source *)(void *)user;
    struct frame frame;

    fill_frame(s, header, data, &frame);
    source_deliver(&s->base, &frame, s->fn, s->ctx);
}

static bool interface_exists(const char *name)
{
    return strcmp(name, "any") == 0 || if_nametoindex(name) != 0;
}

/* Nothing that libpcap complains of is the end: an interface that went down comes up again, and one
 * that was taken away may come back. */
static int after_failure(struct live_source *s)
{
    link_watch_look(&s->watch);
    if (s->watch.is_gone || s->watch.is_down || s->has_failed || !interface_exists(s->name))
        return 0; /* which is said by the one who watches it */
    log_warn("capture: %s: %s; going on", s->name, pcap_geterr(s->pcap));
    s->has_failed = true;
    return 0;
}

static int live_poll(struct source *base, int max_frames, frame_fn fn, void *ctx)
{
    struct live_source *s = (struct live_source *)base;
    int64_t before = s->base.frames;
    int result, delivered;

    if (s->watch.is_gone && link_watch_recover(&s->watch, &s->base.error) != 0)
        return -ENODEV;
    s->fn = fn;
    s->ctx = ctx;
    result = pcap_dispatch(s->pcap, max_frames, on_live_packet, (u_char *)s);
    delivered = (int)(s->base.frames - before);
    if (delivered > 0)
        return delivered;
    return result < 0 ? after_failure(s) : 0;
}

/* libpcap copies the one packet that it lends: the kernel may have the ring's block back. */
static int live_peek(struct source *base, struct frame *out)
{
    struct live_source *s = (struct live_source *)base;
    struct pcap_pkthdr *header;
    const u_char *data;
    int result;

    if (s->watch.is_gone && link_watch_recover(&s->watch, &s->base.error) != 0)
        return -ENODEV;
    result = pcap_next_ex(s->pcap, &header, &data);
    if (result <= 0)
        return result < 0 ? after_failure(s) : 0;
    fill_frame(s, header, data, out);
    source_count(&s->base, out);
    return 1;
}

/* libpcap reads the interface's counter by name, and takes the difference even when it is a new
 * interface that begins at 0. */
static void count_interface_drops(struct live_source *s, uint32_t counter)
{
    int64_t more = serial32_diff(s->interface_counter, counter);

    s->interface_counter = counter;
    if (more > 0)
        s->interface_dropped += more;
}

static void live_stats(struct source *base, struct source_stats *out)
{
    struct live_source *s = (struct live_source *)base;
    struct pcap_stat now;

    link_watch_look(&s->watch);
    if (pcap_stats(s->pcap, &now) == 0) {
        s->received = serial32_extend(s->received, now.ps_recv);
        s->kernel_dropped = serial32_extend(s->kernel_dropped, now.ps_drop);
        count_interface_drops(s, now.ps_ifdrop);
    }
    out->received = s->received;
    out->kernel_dropped = s->kernel_dropped;
    out->interface_dropped = s->interface_dropped;
}

static void live_close(struct source *base)
{
    struct live_source *s = (struct live_source *)base;

    if (s->pcap)
        pcap_close(s->pcap);
    free(s->name);
    free(s);
}

static const struct source_ops live_ops = {
    .name = live_name,
    .poll = live_poll,
    .peek = live_peek,
    .fd = live_fd,
    .stats = live_stats,
    .close = live_close,
};

static int fail_permission(const struct live_source *s, struct source_error *error)
{
    char self[512];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    self[len > 0 ? len : 0] = '\0';
    return source_fail(error, SOURCE_FAULT_PERMISSION, EPERM,
                       "%s: may not capture; give the program the right to, once:\n"
                       "sudo setcap cap_net_raw,cap_net_admin=eip %s",
                       s->name, len > 0 ? self : "$(command -v earshot)");
}

static int fail_no_such_interface(const struct live_source *s, struct source_error *error)
{
    struct strbuf names = { .max_bytes = SOURCE_ERROR_TEXT_MAX / 2 };
    char text[PCAP_ERRBUF_SIZE];
    pcap_if_t *all = NULL;
    unsigned n = 0;
    int err;

    if (pcap_findalldevs(&all, text) == 0) {
        for (const pcap_if_t *i = all; i && n < INTERFACES_LISTED_MAX; i = i->next) {
            if (!interface_exists(i->name))
                continue; /* Bluetooth, USB, nflog: no calls there */
            strbuf_addf(&names, "%s%s", n++ ? ", " : "", i->name);
        }
        pcap_freealldevs(all);
    }
    err = source_fail(error, SOURCE_FAULT_INTERFACE, ENODEV, "%s: no such interface; there are: %s",
                      s->name, names.len ? names.p : "none");
    strbuf_fini(&names);
    return err;
}

static int fail_activate(const struct live_source *s, int status, struct source_error *error)
{
    switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        if (!interface_exists(s->name)) /* the kernel asks for the right before the name */
            return fail_no_such_interface(s, error);
        return fail_permission(s, error);
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return fail_no_such_interface(s, error);
    case PCAP_ERROR_IFACE_NOT_UP:
        return source_fail(error, SOURCE_FAULT_INTERFACE, ENETDOWN,
                           "%s: the interface is down; bring it up: ip link set %s up", s->name,
                           s->name);
    default:
        return source_fail(error, SOURCE_FAULT_INTERFACE, EIO, "%s: cannot capture: %s", s->name,
                           *pcap_geterr(s->pcap) ? pcap_geterr(s->pcap) : pcap_statustostr(status));
    }
}

/* libpcap makes a ring smaller without a word when the kernel has not that much memory in one
 * piece. What it got shows in the map of this process: bytes, or 0 when that cannot be told. */
static uint64_t ring_bytes(pcap_t *pcap)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    uint64_t bytes = 0;
    char line[512];
    struct stat st;

    if (!maps)
        return 0;
    if (fstat(pcap_fileno(pcap), &st) != 0)
        st.st_ino = 0;
    while (st.st_ino && fgets(line, sizeof line, maps)) {
        /* "from-to perms offset device inode path" */
        char *at = line;
        uint64_t from = strtoull(at, &at, 16);
        uint64_t to = *at == '-' ? strtoull(at + 1, &at, 16) : from;

        for (int spaces = 0; *at && spaces < 4; at++)
            spaces += *at == ' ';
        if (strtoull(at, NULL, 10) == (uint64_t)st.st_ino && strstr(line, "socket:"))
            bytes += to - from;
    }
    fclose(maps);
    return bytes;
}

/* The adapter's clock: kept in step with the system's, or else its own. */
static void choose_stamps(struct live_source *s)
{
    static const int wanted[] = { PCAP_TSTAMP_ADAPTER, PCAP_TSTAMP_ADAPTER_UNSYNCED };
    int *types = NULL, count = pcap_list_tstamp_types(s->pcap, &types), chosen = -1;

    for (size_t w = 0; w < sizeof wanted / sizeof wanted[0] && chosen < 0; w++) {
        for (int i = 0; i < count && chosen < 0; i++)
            chosen = types[i] == wanted[w] ? wanted[w] : -1;
    }
    if (types)
        pcap_free_tstamp_types(types);
    s->base.has_own_clock = chosen >= 0 && pcap_set_tstamp_type(s->pcap, chosen) == 0;
    if (!s->base.has_own_clock)
        log_warn("capture: %s: the adapter gives no time stamps; the system's are used", s->name);
    else if (chosen == PCAP_TSTAMP_ADAPTER_UNSYNCED)
        log_warn("capture: %s: time stamps by the adapter's own clock; keep it in step with the "
                 "system's (phc2sys), or times are those of that clock",
                 s->name);
}

/* One try with a ring of that size; the capture is made anew for each. *may_retry: a smaller ring
 * could help. */
static int activate(struct live_source *s, const struct source_live_options *options, int ring_mib,
                    bool *may_retry, struct source_error *error)
{
    char text[PCAP_ERRBUF_SIZE];
    int status;

    *may_retry = false;
    if (s->pcap)
        pcap_close(s->pcap);
    s->pcap = pcap_create(s->name, text);
    if (!s->pcap)
        return source_fail(error, SOURCE_FAULT_SYSTEM, EIO, "%s: cannot capture: %s", s->name,
                           text);
    pcap_set_snaplen(s->pcap, options->snap_bytes);
    pcap_set_promisc(s->pcap, options->promiscuous);
    pcap_set_timeout(s->pcap, options->block_timeout_ms);
    pcap_set_buffer_size(s->pcap, ring_mib * MIB);
    if (options->stamps == SOURCE_LIVE_STAMPS_ADAPTER)
        choose_stamps(s);
    s->ns_per_fraction =
        pcap_set_tstamp_precision(s->pcap, PCAP_TSTAMP_PRECISION_NANO) == 0 ? 1 : 1000;
    status = pcap_activate(s->pcap);
    if (status == PCAP_WARNING_TSTAMP_TYPE_NOTSUP)
        s->base.has_own_clock = false;
    if (status > 0)
        log_warn("capture: %s: %s", s->name,
                 *pcap_geterr(s->pcap) ? pcap_geterr(s->pcap) : pcap_statustostr(status));
    *may_retry = status == PCAP_ERROR;
    return status < 0 ? fail_activate(s, status, error) : 0;
}

/* Halves the ring until the kernel has room for it. */
static int activate_with_ring(struct live_source *s, const struct source_live_options *options,
                              struct source_error *error)
{
    int ring_mib = options->ring_mib > RING_MIB_MAX ? RING_MIB_MAX : options->ring_mib;
    bool may_retry;
    uint64_t got;
    int err;

    if (ring_mib < 1)
        ring_mib = 1;
    err = activate(s, options, ring_mib, &may_retry, error);
    while (err && may_retry && ring_mib > 1) {
        ring_mib /= 2;
        err = activate(s, options, ring_mib, &may_retry, error);
    }
    if (err)
        return err;
    got = ring_bytes(s->pcap);
    if (got == 0)
        got = (uint64_t)ring_mib * MIB;
    s->ring_bytes = got;
    /* Whole blocks: a little less than asked for is what was asked for. */
    if (got < (uint64_t)options->ring_mib * MIB / 100 * 95)
        log_warn("capture: %s: a ring of %" PRIu64 " MiB instead of %d: the system has no more "
                 "memory for it; packets may be lost in bursts",
                 s->name, got / MIB, options->ring_mib);
    log_info("capture: %s: ring of %" PRIu64 " MiB, %s of the %s", s->name, got / MIB,
             s->ns_per_fraction == 1 ? "nanoseconds" : "microseconds",
             s->base.has_own_clock ? "adapter" : "system");
    return 0;
}

/* What makes other packets of those that were on the wire. What the machine sends itself is only
 * looked at when it is the one that is watched. */
static void warn_of_offloads(const struct interface_facts *facts, bool is_own_traffic)
{
    int harmful = is_own_traffic ? INTERFACE_RECEIVING | INTERFACE_SENDING : INTERFACE_RECEIVING;
    struct strbuf names = { 0 }, fix = { 0 };

    harmful &= facts->offloads & ~facts->fixed;
    if (harmful && !facts->is_loopback) {
        interface_name_offloads(harmful, &names);
        interface_add_fix(facts, harmful, &fix);
        log_warn("capture: %s: %s %s on: the system glues or cuts packets, and what is captured is "
                 "not what was on the wire; switch it off: %s",
                 facts->name, names.p, harmful & (harmful - 1) ? "are" : "is", fix.p);
    }
    strbuf_fini(&names);
    strbuf_fini(&fix);
}

static void look_at_interface(struct live_source *s, const struct source_live_options *options)
{
    struct interface_facts facts;

    if (interface_read(s->name, &facts))
        warn_of_offloads(&facts, !options->promiscuous);
    if (options->snap_bytes < SNAP_BYTES_OF_SIP)
        log_warn("capture: %s: only %d bytes of each packet are kept: longer SIP messages are cut, "
                 "and cannot be read; take at least %d",
                 s->name, options->snap_bytes, SNAP_BYTES_OF_SIP);
}

void source_live_options_default(struct source_live_options *options)
{
    *options = (struct source_live_options){
        .ring_mib = RING_MIB_DEFAULT,
        .snap_bytes = SNAP_BYTES_DEFAULT,
        .block_timeout_ms = BLOCK_TIMEOUT_MS_DEFAULT,
        .promiscuous = true,
        .filter.wrap = true,
    };
}

uint64_t source_live_ring_bytes(const struct source *base)
{
    return ((const struct live_source *)base)->ring_bytes;
}

int source_live_open(struct source **sp, const struct source_live_options *options,
                     struct source_error *error)
{
    struct live_source *s = calloc(1, sizeof *s);
    char text[PCAP_ERRBUF_SIZE];
    int err = -ENOMEM;

    if (s)
        s->name = strdup(options->interface);
    if (!s || !s->name) {
        source_fail(error, SOURCE_FAULT_SYSTEM, ENOMEM, "%s: out of memory", options->interface);
        goto fail;
    }
    s->base.ops = &live_ops;
    atomic_init(&s->base.interrupted, false);
    err = activate_with_ring(s, options, error);
    if (err)
        goto fail;
    if (options->filter.text && *options->filter.text)
        err = capture_filter_install(s->pcap, &options->filter, s->name, error);
    if (err)
        goto fail;
    if (pcap_setnonblock(s->pcap, 1, text) != 0) {
        err = source_fail(error, SOURCE_FAULT_SYSTEM, EIO, "%s: cannot poll: %s", s->name, text);
        goto fail;
    }
    s->link_type = source_link_type(pcap_datalink(s->pcap));
    link_watch_init(&s->watch, s->name, pcap_fileno(s->pcap), options->promiscuous);
    look_at_interface(s, options);
    *sp = &s->base;
    return 0;

fail:
    if (s)
        live_close(&s->base);
    return err;
}

const char *source_live_library_version(void)
{
    return pcap_lib_version();
}
