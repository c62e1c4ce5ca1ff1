#include "analyzer/peer/peers.h"

#include "analyzer/peer/pairs.h"
#include "analyzer/peer/registrations.h"

#include <errno.h>
#include <stdlib.h>

struct peers {
    struct told_room room;
    struct registrations registrations;
    struct pairs pairs;
};

int peers_new(struct peers **out, const struct peers_options *options)
{
    struct peers *made = calloc(1, sizeof *made);
    const struct siphash_key key = { { options->hash_key[0], options->hash_key[1] } };

    if (!made)
        return -ENOMEM;
    made->room = (struct told_room){ .record = options->record, .ctx = options->ctx };
    if (registrations_init(&made->registrations, options->max_registrations, &key, &made->room,
                           options->counters) != 0 ||
        pairs_init(&made->pairs, options->max_peers, &key, options->plan, &made->room,
                   options->counters) != 0) {
        peers_free(made);
        return -ENOMEM;
    }
    *out = made;
    return 0;
}

void peers_free(struct peers *gone)
{
    if (!gone)
        return;
    registrations_fini(&gone->registrations);
    pairs_fini(&gone->pairs);
    free(gone);
}

void peers_transaction(struct peers *p, const struct transaction_record *transaction,
                       int64_t asked_ns)
{
    pairs_take(&p->pairs, transaction, asked_ns);
    if (slice_eq(transaction->method, SLICE("register")))
        registrations_take(&p->registrations, transaction, asked_ns);
}

void peers_tick(struct peers *p, int64_t now_ns)
{
    registrations_tick(&p->registrations, now_ns);
    pairs_tick(&p->pairs, now_ns);
}

void peers_finish(struct peers *p)
{
    registrations_finish(&p->registrations);
    pairs_finish(&p->pairs);
}
