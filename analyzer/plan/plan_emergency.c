/*
 * Which calls are for help. Too many numbers would be worse than too few: three digits are an
 * extension somewhere, and an alert about each call to it would be switched off. So of the numbers of
 * the world only those that any mobile phone takes for one wherever it is, and the rest where the
 * country is known to be meant.
 *
 * Source  3GPP TS 22.101 §10.1 (112 and 911 anywhere; 000 and 999 without a SIM), RFC 5031, the
 *         countries' numbering plans
 */
#include "analyzer/plan/plan_state.h"

#include <errno.h>

enum { NUMBER_MIN = 2, NUMBER_MAX = 15 };

static const char everywhere[] = "112 911 999 000";

/* Police, fire and ambulance. What is free of charge but no emergency (advice, lost cards, social
 * help) is left out. */
static const struct {
    const char *code, *numbers;
} countries[] = {
    { "20", "122 123 180" },
    { "212", "15 19 177" },
    { "213", "14 17 1548" },
    { "216", "190 197 198" },
    { "27", "10111 10177" },
    { "30", "100 166 199" },
    { "32", "100 101" },
    { "33", "15 17 18 114" },
    { "34", "061 062 080 091 092" },
    { "36", "104 105 107" },
    { "373", "901 902 903" },
    { "374", "101 102 103" },
    { "375", "101 102 103" },
    { "380", "101 102 103" },
    { "381", "192 193 194" },
    { "385", "192 193 194" },
    { "387", "122 123 124" },
    { "39", "113 115 118" },
    { "41", "117 118 144" },
    { "420", "150 155 158" },
    { "421", "150 155 158" },
    { "43", "122 133 144" },
    { "47", "110 113" },
    { "48", "997 998" },
    { "49", "110" },
    { "51", "105 106 116" },
    { "52", "066" },
    { "54", "100 101 107" },
    { "55", "190 192 193" },
    { "56", "131 132 133" },
    { "57", "123" },
    { "60", "994" },
    { "61", "106" },
    { "62", "110 113 118 119" },
    { "64", "111" },
    { "65", "995" },
    { "66", "191 199 1669" },
    { "7", "101 102 103" },
    { "81", "110 118 119" },
    { "82", "119" },
    { "84", "113 114 115" },
    { "86", "110 119 120 122" },
    { "880", "999" },
    { "886", "110 119" },
    { "90", "110 155 156" },
    { "91", "100 101 102 108" },
    { "92", "15 16 1122" },
    { "94", "110 119 1990" },
    { "966", "997 998" },
    { "971", "997 998" },
    { "972", "100 101 102" },
    { "977", "100 101 102" },
    { "98", "110 115 125" },
};

bool plan_is_emergency_number(struct slice number)
{
    if (number.len < NUMBER_MIN || number.len > NUMBER_MAX)
        return false;
    for (size_t i = 0; i < number.len; i++) {
        char c = number.p[i];

        if ((c < '0' || c > '9') && c != '*' && c != '#')
            return false;
    }
    return true;
}

int plan_add_emergency(struct plan *p, struct slice number)
{
    bool cut = false;

    if (!plan_is_emergency_number(number))
        return -EINVAL;
    if (p->emergency_count == PLAN_EMERGENCY_MAX)
        return -E2BIG;
    p->emergency[p->emergency_count] = arena_copy(&p->arena, number, number.len, &cut);
    if (cut || !p->emergency[p->emergency_count].p)
        return -ENOMEM;
    p->emergency_count++;
    return 0;
}

static bool stands_in(const char *numbers, struct slice number)
{
    struct slice rest = slice_of_text(numbers);

    while (rest.len) {
        if (slice_eq(slice_cut(&rest, ' '), number))
            return true;
    }
    return false;
}

static bool is_usual(const struct plan *p, struct slice number)
{
    if (stands_in(everywhere, number))
        return true;
    for (size_t i = 0; p->code.len && i < sizeof countries / sizeof countries[0]; i++) {
        if (slice_eq(slice_of_text(countries[i].code), p->code))
            return stands_in(countries[i].numbers, number);
    }
    return false;
}

static bool is_emergency(const struct plan *p, const struct plan_dialled *d)
{
    const struct slice number = slice_of(d->text, d->len);

    if (!plan_is_emergency_number(number))
        return false;
    if (p->emergency_count == 0)
        return is_usual(p, number);
    for (size_t i = 0; i < p->emergency_count; i++) {
        if (slice_eq(p->emergency[i], number))
            return true;
    }
    return false;
}

/* "urn:service:sos", "urn:service:sos.fire" */
static bool is_sos(struct slice uri)
{
    const struct slice sos = SLICE("urn:service:sos");

    return slice_istarts_with(uri, sos) &&
           (uri.len == sos.len || uri.p[sos.len] == '.' || uri.p[sos.len] == ';');
}

bool plan_is_emergency(const struct plan *p, struct slice uri)
{
    struct plan_dialled raw, ruled;

    if (is_sos(uri))
        return true;
    return plan_state_dialled(p, uri, &raw, &ruled) &&
           (is_emergency(p, &raw) || is_emergency(p, &ruled));
}
