#include "probe/syslog/syslog_place.h"

static bool read_port(struct slice text, uint16_t *port)
{
    uint64_t number = SYSLOG_PORT;

    if (text.len && (!slice_to_u64(text, 65535, &number) || number == 0))
        return false;
    *port = (uint16_t)number;
    return true;
}

bool syslog_place_read_host(struct syslog_place *place, struct slice rest)
{
    struct slice host, port;

    if (rest.len && rest.p[rest.len - 1] == '/')
        rest.len--;
    port = rest;
    if (rest.len && rest.p[0] == '[') {
        port = slice_of(rest.p + 1, rest.len - 1);
        host = slice_cut(&port, ']');
        if (port.len && port.p[0] != ':')
            return false;
        if (port.len)
            port = slice_of(port.p + 1, port.len - 1);
    } else {
        host = slice_cut(&port, ':');
    }
    if (host.len == 0 || host.len > RESOLVE_HOST_MAX || slice_find(host, '/') < host.len)
        return false;
    memcpy(place->host, host.p, host.len);
    place->host[host.len] = '\0';
    return read_port(port, &place->port);
}

bool syslog_place_parse(struct syslog_place *place, struct slice url)
{
    static const struct {
        struct slice scheme;
        enum syslog_way way;
    } ways[] = {
        { SLICE_INIT("udp://"), SYSLOG_UDP },
        { SLICE_INIT("tcp://"), SYSLOG_TCP },
        { SLICE_INIT("unix://"), SYSLOG_UNIX },
    };

    *place = (struct syslog_place){ .port = 0 };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct slice rest;

        if (!slice_istarts_with(url, ways[i].scheme))
            continue;
        rest = slice_of(url.p + ways[i].scheme.len, url.len - ways[i].scheme.len);
        place->way = ways[i].way;
        if (place->way != SYSLOG_UNIX)
            return syslog_place_read_host(place, rest);
        if (rest.len < 2 || rest.len > SYSLOG_PATH_MAX || rest.p[0] != '/' ||
            memchr(rest.p, '\0', rest.len))
            return false;
        memcpy(place->host, rest.p, rest.len);
        return true;
    }
    return false;
}
