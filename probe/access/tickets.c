#include "probe/access/tickets.h"

#include <errno.h>
#include <stdlib.h>

int tickets_init(struct tickets *t)
{
    struct ticket *places = calloc(TICKETS_MAX, sizeof *places);
    int err;

    if (!places)
        return -ENOMEM;
    err = -pthread_mutex_init(&t->lock, NULL);
    if (err)
        free(places);
    else
        t->places = places;
    return err;
}

void tickets_fini(struct tickets *t)
{
    if (!t->places)
        return;
    pthread_mutex_destroy(&t->lock);
    free(t->places);
    t->places = NULL;
}

/* Good until then; a clock that was set back makes none good for longer. */
static bool is_good(const struct ticket *p, int64_t now_s)
{
    return p->expires_s > now_s && p->expires_s - now_s <= TICKET_GOOD_S + CLOCKS_DIFFER_S;
}

static struct ticket *find_free(struct tickets *t, const struct identity *who, int64_t now_s)
{
    struct ticket *free_one = NULL;
    size_t same = 0;

    for (size_t i = 0; i < TICKETS_MAX; i++) {
        struct ticket *p = &t->places[i];

        if (!is_good(p, now_s))
            free_one = p;
        else if (secret_key_equal(p->who.key, who->key))
            same++;
    }
    return same < TICKETS_OF_KEY_MAX ? free_one : NULL;
}

int tickets_make(struct tickets *t, const struct identity *who, int64_t now_s,
                 char text[SECRET_KEY_LEN + 1])
{
    unsigned char key[SECRET_KEY_BYTES];
    struct ticket *p;

    secret_key_make(text, key);
    pthread_mutex_lock(&t->lock);
    p = find_free(t, who, now_s);
    if (p) {
        *p = (struct ticket){ .expires_s = now_s + TICKET_GOOD_S, .who = *who };
        memcpy(p->key, key, sizeof key);
    }
    pthread_mutex_unlock(&t->lock);
    return p ? 0 : -ENOSPC;
}

bool tickets_take(struct tickets *t, struct slice text, int64_t now_s, struct identity *who)
{
    unsigned char key[SECRET_KEY_BYTES];
    bool found = false;

    if (!secret_key_hash(text, key))
        return false;
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < TICKETS_MAX && !found; i++) {
        struct ticket *p = &t->places[i];

        if (!is_good(p, now_s) || !secret_key_equal(p->key, key))
            continue;
        *who = p->who;
        *p = (struct ticket){ .expires_s = 0 };
        found = true;
    }
    pthread_mutex_unlock(&t->lock);
    return found;
}
