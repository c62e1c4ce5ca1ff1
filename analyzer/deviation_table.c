#include "analyzer/deviation_table.h"

const struct deviation_row deviation_rows[DEVIATION_COUNT] = {
#define X(id, name, clause, sentence) { name, clause, sentence },
    DEVIATIONS(X)
#undef X
};

struct slice deviation_name(uint8_t deviation)
{
    return slice_of_text(deviation_rows[deviation].name);
}

const struct deviation_row *deviation_find(struct slice name)
{
    for (int i = 0; i < DEVIATION_COUNT; i++) {
        if (slice_eq(slice_of_text(deviation_rows[i].name), name))
            return &deviation_rows[i];
    }
    return NULL;
}
