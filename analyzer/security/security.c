#include "analyzer/security/security.h"

#include <errno.h>
#include <stdlib.h>

struct security {
    struct security_options options;
};

int security_new(struct security **out, const struct security_options *options)
{
    struct security *made = calloc(1, sizeof *made);

    if (!made)
        return -ENOMEM;
    made->options = *options;
    *out = made;
    return 0;
}

void security_free(struct security *gone)
{
    free(gone);
}

void security_message(struct security *s, const struct sip_msg *msg, const struct datagram *d,
                      uint64_t call)
{
    (void)s;
    (void)msg;
    (void)d;
    (void)call;
}

void security_transaction(struct security *s, const struct transaction_record *transaction)
{
    (void)s;
    (void)transaction;
}

void security_call(struct security *s, const struct call_record *call, enum record_event event)
{
    (void)s;
    (void)call;
    (void)event;
}

void security_tick(struct security *s, int64_t now_ns)
{
    (void)s;
    (void)now_ns;
}

void security_finish(struct security *s)
{
    (void)s;
}
