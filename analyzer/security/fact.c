#include "analyzer/security/fact.h"

const struct fact_rule *fact_find(enum fact fact)
{
    static const struct fact_rule rules[FACT_COUNT] = {
#define X(id, name, threshold, window_s, sentence, why)                                            \
    { SLICE_INIT(name), threshold, window_s, SLICE_INIT(sentence), SLICE_INIT(why) },
        FACTS(X)
#undef X
    };

    return &rules[fact];
}
