#include "probe/web/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct exchange *exchange_new(void)
{
    struct exchange *x = calloc(1, sizeof *x);

    if (!x)
        return NULL;
    x->body.max_bytes = EXCHANGE_BODY_MAX;
    x->content_type = "application/json; charset=utf-8";
    return x;
}

void exchange_free(struct exchange *x)
{
    if (!x)
        return;
    pcap_export_close(x->pcap);
    strbuf_fini(&x->fragments);
    strbuf_fini(&x->body);
    free(x);
}

void exchange_fail(struct exchange *x, int status, const char *format, ...)
{
    char message[512];
    struct jsonw j = jsonw_to(&x->body);
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    pcap_export_close(x->pcap);
    x->pcap = NULL;
    x->streamed = x->more = false;
    x->etag[0] = x->file_name[0] = '\0';
    x->status = status;
    x->content_type = "application/json; charset=utf-8";
    strbuf_reset(&x->body);
    jsonw_object_open(&j);
    jsonw_key(&j, "error");
    jsonw_object_open(&j);
    jsonw_key(&j, "status");
    jsonw_int(&j, status);
    jsonw_key(&j, "message");
    jsonw_text(&j, slice_of_text(message));
    jsonw_object_close(&j);
    jsonw_object_close(&j);
}
