#include "analyzer/path.h"

#include <inttypes.h>

static const char *const tunnel_texts[TUNNEL_KIND_COUNT] = { [TUNNEL_NONE] = "",
#define X(name, text) [TUNNEL_##name] = text,
                                                             TUNNEL_KINDS(X)
#undef X
};

void path_add_vlan(struct strbuf *out, const struct path *path)
{
    if (path->vlan_count == 0)
        return;
    strbuf_addf(out, "%u", path->vlans[0]);
    if (path->vlan_count > 1)
        strbuf_addf(out, ".%u", path->vlans[1]);
}

void path_add_tunnel(struct strbuf *out, const struct path *path)
{
    for (unsigned i = 0; i < PATH_TUNNELS && i < path->tunnel_count; i++) {
        uint8_t kind = path->tunnels[i];

        strbuf_addf(out, "%s%s", i ? "/" : "", kind < TUNNEL_KIND_COUNT ? tunnel_texts[kind] : "");
        if (path->tunnel_ids[i] != TUNNEL_ID_NONE)
            strbuf_addf(out, " %" PRIu32, path->tunnel_ids[i]);
    }
}
