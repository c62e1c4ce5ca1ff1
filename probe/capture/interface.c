#include "probe/capture/interface.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FEATURES_MAX = 256, SPEED_OLD_UNKNOWN = 65535 };

/* The kernel's word for a feature, and ethtool's for the command line. */
static const struct {
    const char *feature, *word;
    int offload;
} offload_names[] = {
    { "rx-gro", "gro", INTERFACE_GRO },
    { "rx-gro-hw", "rx-gro-hw", INTERFACE_GRO_HW },
    { "rx-lro", "lro", INTERFACE_LRO },
    { "rx-udp-gro-forwarding", "rx-udp-gro-forwarding", INTERFACE_UDP_GRO },
    { "rx-gro-list", "rx-gro-list", INTERFACE_GRO_LIST },
    { "tx-generic-segmentation", "gso", INTERFACE_GSO },
    { "tx-tcp-segmentation", "tso", INTERFACE_TSO },
};

enum { OFFLOAD_NAMES = sizeof offload_names / sizeof offload_names[0] };

/* A question about one interface; the answer is in the request, or in what its data points to. */
static bool ask(int fd, const struct interface_facts *facts, unsigned long question,
                struct ifreq *request)
{
    memcpy(request->ifr_name, facts->name, sizeof facts->name);
    return ioctl(fd, question, request) == 0;
}

static bool ask_ethtool(int fd, const struct interface_facts *facts, void *command)
{
    struct ifreq request = { 0 };

    request.ifr_data = command;
    return ask(fd, facts, SIOCETHTOOL, &request);
}

static void read_link(int fd, struct interface_facts *facts)
{
    struct ifreq request = { 0 };

    if (ask(fd, facts, SIOCGIFFLAGS, &request)) {
        facts->is_up = request.ifr_flags & IFF_UP;
        facts->has_link = (request.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
        facts->is_loopback = request.ifr_flags & IFF_LOOPBACK;
        facts->is_promiscuous = request.ifr_flags & IFF_PROMISC;
    }
    if (ask(fd, facts, SIOCGIFHWADDR, &request))
        facts->kind = request.ifr_hwaddr.sa_family;
    if (ask(fd, facts, SIOCGIFMTU, &request))
        facts->mtu = request.ifr_mtu;
    facts->has_address = ask(fd, facts, SIOCGIFADDR, &request);
}

static void read_adapter(int fd, struct interface_facts *facts)
{
    /* Old, and answered by every driver; the newer question takes two turns. */
    struct ethtool_cmd link = { .cmd = ETHTOOL_GSET };
    struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
    struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };

    if (ask_ethtool(fd, facts, &link)) {
        uint32_t speed = ethtool_cmd_speed(&link);

        if (speed != 0 && speed != SPEED_OLD_UNKNOWN && speed < INT32_MAX)
            facts->speed_mbps = (int)speed;
    }
    if (ask_ethtool(fd, facts, &driver))
        snprintf(facts->driver, sizeof facts->driver, "%.*s", (int)sizeof facts->driver - 1,
                 driver.driver);
    if (ask_ethtool(fd, facts, &ring) && ring.rx_max_pending > 0) {
        facts->rx_ring = (int)ring.rx_pending;
        facts->rx_ring_max = (int)ring.rx_max_pending;
    }
}

/* How many features this kernel knows; 0: it does not say. */
static uint32_t count_features(int fd, const struct interface_facts *facts)
{
    /* With room for one count behind it. */
    alignas(struct ethtool_sset_info) char room[sizeof(struct ethtool_sset_info) + 4] = { 0 };
    struct ethtool_sset_info *question = (struct ethtool_sset_info *)(void *)room;
    uint32_t count;

    question->cmd = ETHTOOL_GSSET_INFO;
    question->sset_mask = 1ULL << ETH_SS_FEATURES;
    if (!ask_ethtool(fd, facts, question) || !question->sset_mask)
        return 0;
    memcpy(&count, question->data, sizeof count);
    return count < FEATURES_MAX ? count : FEATURES_MAX;
}

static void take_features(struct interface_facts *facts, const struct ethtool_gstrings *names,
                          const struct ethtool_gfeatures *features)
{
    for (uint32_t i = 0; i < names->len; i++) {
        const char *name = (const char *)names->data + (size_t)i * ETH_GSTRING_LEN;
        const struct ethtool_get_features_block *block = &features->features[i / 32];
        uint32_t bit = 1u << i % 32;

        for (size_t k = 0; k < OFFLOAD_NAMES; k++) {
            if (strncmp(name, offload_names[k].feature, ETH_GSTRING_LEN) != 0 ||
                !(block->active & bit))
                continue;
            facts->offloads |= offload_names[k].offload;
            if (block->never_changed & bit || !(block->available & bit))
                facts->fixed |= offload_names[k].offload;
        }
    }
}

static void read_offloads(int fd, struct interface_facts *facts)
{
    uint32_t count = count_features(fd, facts), blocks = (count + 31) / 32;
    struct ethtool_gstrings *names = calloc(1, sizeof *names + FEATURES_MAX * ETH_GSTRING_LEN);
    struct ethtool_gfeatures *features =
        calloc(1, sizeof *features + FEATURES_MAX / 32 * sizeof features->features[0]);

    if (names && features && count) {
        names->cmd = ETHTOOL_GSTRINGS;
        names->string_set = ETH_SS_FEATURES;
        names->len = count;
        features->cmd = ETHTOOL_GFEATURES;
        features->size = blocks;
        if (ask_ethtool(fd, facts, names) && ask_ethtool(fd, facts, features)) {
            facts->knows_offloads = true;
            take_features(facts, names, features);
        }
    }
    free(names);
    free(features);
}

bool interface_read(const char *name, struct interface_facts *out)
{
    struct ifreq request = { 0 };
    int fd;

    *out = (struct interface_facts){
        .kind = -1, .mtu = -1, .speed_mbps = -1, .rx_ring = -1, .rx_ring_max = -1
    };
    if (snprintf(out->name, sizeof out->name, "%s", name) >= (int)sizeof out->name)
        return false;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    if (ask(fd, out, SIOCGIFINDEX, &request)) {
        out->index = request.ifr_ifindex;
        read_link(fd, out);
        read_adapter(fd, out);
        read_offloads(fd, out);
    }
    close(fd);
    return out->index > 0;
}

void interface_name_offloads(int offloads, struct strbuf *out)
{
    int left = 0;

    for (size_t i = 0; i < OFFLOAD_NAMES; i++)
        left += (offloads & offload_names[i].offload) != 0;
    for (size_t i = 0; i < OFFLOAD_NAMES; i++) {
        if (!(offloads & offload_names[i].offload))
            continue;
        left--;
        strbuf_addf(out, "%s%s", offload_names[i].word, left > 1 ? ", " : left ? " and " : "");
    }
}

void interface_add_fix(const struct interface_facts *facts, int offloads, struct strbuf *out)
{
    strbuf_addf(out, "ethtool -K %s", facts->name);
    for (size_t i = 0; i < OFFLOAD_NAMES; i++) {
        if (offloads & ~facts->fixed & offload_names[i].offload)
            strbuf_addf(out, " %s off", offload_names[i].word);
    }
}
