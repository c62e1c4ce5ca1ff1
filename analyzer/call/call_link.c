#include "analyzer/call/call_link.h"

#include "analyzer/call/call.h"

#include <stdio.h>

static struct call_link *find(const struct call *call, enum call_link_kind kind,
                              struct slice call_id, uint8_t *count)
{
    for (struct call_link *link = call->links; link; link = link->next, (*count)++) {
        if (link->kind == kind && slice_eq(link->call_id, call_id))
            return link;
    }
    return NULL;
}

void call_link_add(struct call *call, enum call_link_kind kind, struct slice call_id, uint64_t id,
                   int64_t time_ns, struct counters *counters)
{
    uint8_t count = 0;
    struct call_link *link = find(call, kind, call_id, &count);

    if (link) {
        link->id = link->id ? link->id : id;
        return;
    }
    link = count < CALL_LINKS_MAX ? arena_take(&call->arena, sizeof *link) : NULL;
    if (!link) {
        counters->refusals[REFUSAL_LINKS]++;
        return;
    }
    *link = (struct call_link){ call->links, (uint8_t)kind, id, SLICE_ABSENT, time_ns };
    link->call_id = call_keep(call, call_id, CALL_ID_MAX_BYTES, counters);
    call->links = link;
}

void call_link_write(const struct call *call, struct strbuf *out)
{
    static const struct slice names[CALL_LINK_COUNT] = {
#define X(id, name) SLICE_INIT(name),
        CALL_LINKS(X)
#undef X
    };
    struct jsonw j = jsonw_to(out);
    char id[24];

    jsonw_array_open(&j);
    for (const struct call_link *link = call->links; link; link = link->next) {
        snprintf(id, sizeof id, "%016llx", (unsigned long long)link->id);
        jsonw_object_open(&j);
        jsonw_key(&j, "t");
        jsonw_time(&j, link->time_ns);
        jsonw_key(&j, "link");
        jsonw_text(&j, names[link->kind]);
        jsonw_key(&j, "call_id");
        jsonw_text(&j, link->call_id);
        jsonw_key(&j, "call");
        jsonw_text(&j, link->id ? slice_of_text(id) : SLICE_ABSENT);
        jsonw_object_close(&j);
    }
    jsonw_array_close(&j);
}
