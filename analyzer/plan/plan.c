#include "analyzer/plan/plan.h"

#include <errno.h>
#include <stdlib.h>

struct plan {
    struct slice country;
};

int plan_new(struct plan **pp)
{
    struct plan *p = calloc(1, sizeof *p);

    if (!p)
        return -ENOMEM;
    *pp = p;
    return 0;
}

void plan_free(struct plan *p)
{
    free(p);
}
