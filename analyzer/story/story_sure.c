/*
 * story_sure - how far the probe is to be believed.
 */
#include "analyzer/base/json_item.h"
#include "analyzer/story/story_part.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

void story_sure_tell(const struct story_tale *t, struct strbuf *out)
{
    static const struct {
        const char *reason, *words;
    } reasons[] = {
        { "capture_drops", "it lost packets itself meanwhile" },
        { "simultaneous_gaps", "calls of other hosts lost packets at the same instants" },
        { "one_direction_invisible", "one direction is invisible to it" },
        { "truncated_packets", "packets were cut by the snap length" },
        { "tcp_gaps", "its TCP stream has holes" },
    };
    struct slice array = t->call->capture_confidence_reasons, item;
    bool low = story_is(t->call->capture_confidence, "low"), first = true;

    if (!low && !story_is(t->call->capture_confidence, "reduced"))
        return;
    strbuf_add_text(out, low ? "Do not trust the probe here" : "The probe may be mistaken here");
    while (json_item_next(&array, &item)) {
        for (size_t i = 0; i < COUNT(reasons); i++) {
            if (!story_says(item, reasons[i].reason))
                continue;
            strbuf_add_text(out, first ? ": " : ", ");
            strbuf_add_text(out, reasons[i].words);
            first = false;
        }
    }
    strbuf_add_char(out, '.');
}
