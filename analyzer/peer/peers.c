#include "analyzer/peer/peers.h"

#include <errno.h>
#include <stdlib.h>

struct peers {
    struct peers_options options;
};

int peers_new(struct peers **out, const struct peers_options *options)
{
    struct peers *made = calloc(1, sizeof *made);

    if (!made)
        return -ENOMEM;
    made->options = *options;
    *out = made;
    return 0;
}

void peers_free(struct peers *gone)
{
    free(gone);
}

void peers_transaction(struct peers *p, const struct transaction_record *transaction,
                       int64_t now_ns)
{
    (void)p;
    (void)transaction;
    (void)now_ns;
}

void peers_tick(struct peers *p, int64_t now_ns)
{
    (void)p;
    (void)now_ns;
}

void peers_finish(struct peers *p)
{
    (void)p;
}
