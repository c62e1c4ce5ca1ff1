#include "storage/search/search_fields.h"

/* A number stands in every store: a field that goes leaves its number unused. */
const struct search_field search_fields[SEARCH_FIELDS] = {
    [SEARCH_IDS] = { .member = "id" },
    [1] = { .member = "call_id", .is_head = true },
    [2] = { .member = "from_user" },
    [3] = { .member = "to_user" },
    [4] = { .member = "from_number", .leans_on = 2 },
    [5] = { .member = "to_number", .leans_on = 3 },
    [6] = { .member = "src" },
    [7] = { .member = "dst" },
    [8] = { .member = "challenged_by" },
    [9] = { .member = "transport" },
    [10] = { .member = "vlan" },
    [11] = { .member = "tunnel" },
    [12] = { .member = "user_agent" },
    [13] = { .member = "server" },
    [14] = { .member = "trunk_in" },
    [15] = { .member = "trunk_out" },
    [16] = { .member = "destination" },
    [17] = { .member = "destination_prefix" },
    [18] = { .member = "final_status" },
    [19] = { .member = "final_reason" },
    [20] = { .member = "reason_header" },
    [21] = { .member = "q850_cause" },
    [22] = { .member = "state" },
    [23] = { .member = "outcome" },
    [24] = { .member = "nos_cause" },
    [25] = { .member = "ended_by" },
    [26] = { .member = "ended_how" },
    [27] = { .member = "duration_open" },
    [28] = { .member = "auth_challenged" },
    [29] = { .member = "duration_ms" },
    [30] = { .member = "ring_ms" },
    [31] = { .member = "post_dial_delay_ms" },
    [32] = { .member = "setup_ms" },
    [33] = { .member = "hold_ms" },
    [34] = { .member = "invite_count" },
    [35] = { .member = "reinvite_count" },
    [36] = { .member = "retransmissions" },
    [37] = { .member = "branches" },
    [38] = { .member = "history", .names_key = "event" },
    [39] = { .member = "deviations", .names_key = "deviation" },
    [40] = { .member = "sip_anomalies" },
    [41] = { .member = "mos_lq" },
    [42] = { .member = "mos_cq" },
    [43] = { .member = "worst_10s_mos_lq" },
    [44] = { .member = "bad_seconds" },
    [45] = { .member = "loss_ratio" },
    [46] = { .member = "jitter_ms_p95" },
    [47] = { .member = "silence_ratio" },
    [48] = { .member = "packets" },
    [49] = { .member = "codecs" },
    [50] = { .member = "media_verdict" },
    [51] = { .member = "one_way" },
    [52] = { .member = "fax" },
    [53] = { .member = "early_media" },
    [54] = { .member = "capture_confidence" },
    [55] = { .member = "leg_group" },
    [56] = { .member = "kept" },
    [57] = { .member = "kept_by" },
    [58] = { .member = "emergency" }, /* blocks of older probes have no column of it */
};

int search_field_number(const struct record_field *field)
{
    for (int i = 0; i < SEARCH_FIELDS; i++) {
        if (strcmp(search_fields[i].member, field->name) == 0)
            return i;
    }
    return -1;
}
