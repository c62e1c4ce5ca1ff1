/*
 * api_openapi - what the API can do, for machines: docs/openapi.json.
 */
#include "probe/web/api_context.h"
#include "probe/web/openapi.h"

#include <stdio.h>

void api_openapi_get(struct api_context *c)
{
    struct exchange *x = c->x;

    snprintf(x->etag, sizeof x->etag, "%s", openapi_tag);
    if (strcmp(x->etag, x->if_none_match) == 0) {
        x->status = 304;
        return;
    }
    strbuf_add_slice(&x->body, slice_of((const char *)openapi_text, openapi_size));
    api_finish_json(c);
}
