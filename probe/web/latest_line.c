#include "probe/web/latest_line.h"

int latest_line_init(struct latest_line *l)
{
    *l = (struct latest_line){ .text = { .p = NULL } };
    return -pthread_mutex_init(&l->lock, NULL);
}

void latest_line_fini(struct latest_line *l)
{
    strbuf_fini(&l->text);
    pthread_mutex_destroy(&l->lock);
}

void latest_line_set(struct latest_line *l, struct slice line)
{
    pthread_mutex_lock(&l->lock);
    strbuf_reset(&l->text);
    strbuf_add_slice(&l->text, line);
    pthread_mutex_unlock(&l->lock);
}

void latest_line_add_to(struct latest_line *l, struct strbuf *out)
{
    pthread_mutex_lock(&l->lock);
    strbuf_add_slice(out, strbuf_slice(&l->text));
    pthread_mutex_unlock(&l->lock);
}
