#include "analyzer/filter/filter.h"

#include <errno.h>
#include <stdlib.h>

const struct filter_field filter_fields[] = {
    { .name = "call_id",
      .aliases = "callid",
      .kind = FILTER_TEXT,
      .members = { "call_id" },
      .help = "The Call-ID.",
      .example = "call_id:a84b4c76e66710@192.0.2.1" },
};
const size_t filter_field_count = sizeof filter_fields / sizeof filter_fields[0];

void filter_free(struct filter *f)
{
    if (!f)
        return;
    free(f->memory);
    free(f);
}
