#include "tests/support/rewrap_args.h"

#include "tests/support/rewrap_frames.h"
#include "tests/support/rng.h"

#include <stdlib.h>
#include <string.h>

enum { EX_WRONG = 2 };

void rewrap_args_split(struct rewrap_args *a, char *text)
{
    char *next;

    *a = (struct rewrap_args){ .name = text };
    for (bool first = true; text; first = false, text = next) {
        char *equals;

        next = strchr(text, ',');
        if (next)
            *next++ = '\0';
        equals = strchr(text, '=');
        if (equals)
            *equals++ = '\0';
        if (first) {
            a->value = equals;
            continue;
        }
        if (a->count == REWRAP_OPTIONS_MAX)
            rewrap_die(EX_WRONG, "%s: too many options", a->name);
        a->options[a->count].name = text;
        a->options[a->count++].value = equals ? equals : "";
    }
}

const char *rewrap_args_text(const struct rewrap_args *a, const char *option)
{
    if (!option)
        return a->value;
    for (int i = 0; i < a->count; i++) {
        if (strcmp(a->options[i].name, option) == 0)
            return a->options[i].value;
    }
    return NULL;
}

bool rewrap_args_has(const struct rewrap_args *a, const char *option)
{
    return rewrap_args_text(a, option) != NULL;
}

static int64_t number(const struct rewrap_args *a, const char **text, char between, int64_t low,
                      int64_t high)
{
    char *end;
    long long value = strtoll(*text, &end, 10);

    if (end == *text || (*end && *end != between) || value < low || value > high)
        rewrap_die(EX_WRONG, "%s: '%s' is no number from %lld to %lld", a->name, *text,
                   (long long)low, (long long)high);
    *text = *end ? end + 1 : end;
    return value;
}

int64_t rewrap_args_number(const struct rewrap_args *a, const char *option, int64_t low,
                           int64_t high, int64_t otherwise)
{
    const char *text = rewrap_args_text(a, option);

    return text ? number(a, &text, '\0', low, high) : otherwise;
}

uint64_t rewrap_args_chance(const struct rewrap_args *a, const char *option)
{
    return (uint64_t)rewrap_args_number(a, option, 0, 100, 0) * RNG_ALWAYS / 100;
}

int rewrap_args_numbers(const struct rewrap_args *a, const char *option, char between, int64_t low,
                        int64_t high, int64_t *out, int max)
{
    const char *text = rewrap_args_text(a, option);
    int count = 0;

    if (!text)
        rewrap_die(EX_WRONG, "%s wants a number", a->name);
    do {
        if (count == max)
            rewrap_die(EX_WRONG, "%s: more than %d numbers", a->name, max);
        out[count++] = number(a, &text, between, low, high);
    } while (*text);
    return count;
}
