#include "probe/watch/watch_target.h"

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

bool watch_target_parse(struct watch_target *out, struct slice text)
{
    struct slice port = text, host;
    struct addr literal;
    uint64_t number;

    if (text.len && text.p[0] == '[') {
        port = slice_of(text.p + 1, text.len - 1);
        host = slice_cut(&port, ']');
        if (port.len == 0 || port.p[0] != ':')
            return false;
        port = slice_of(port.p + 1, port.len - 1);
    } else {
        host = slice_cut(&port, ':');
    }
    if (host.len == 0 || host.len > RESOLVE_HOST_MAX || !slice_to_u64(port, 65535, &number) ||
        number == 0)
        return false;
    out->is_name = !addr_parse_ip(host, &literal);
    if (out->is_name && text.p[0] == '[')
        return false;
    for (size_t i = 0; out->is_name && i < host.len; i++) {
        if (!is_name_char(host.p[i]))
            return false;
    }
    memcpy(out->host, host.p, host.len);
    out->host[host.len] = '\0';
    out->port = (uint16_t)number;
    return true;
}
