#include "probe/access/role.h"

enum {
    ENGINEER = RIGHT_SELF | RIGHT_SEE | RIGHT_NUMBERS | RIGHT_SIGNALLING | RIGHT_PACKETS |
               RIGHT_HANDLE | RIGHT_METRICS,
    MEDIA = ENGINEER | RIGHT_SOUND,
};

static const struct {
    struct slice name;
    unsigned rights;
} roles[ROLE_COUNT] = {
    [ROLE_NONE] = { SLICE_INIT("none"), 0 },
    [ROLE_VIEWER] = { SLICE_INIT("viewer"), RIGHT_SELF | RIGHT_SEE | RIGHT_METRICS },
    [ROLE_ENGINEER] = { SLICE_INIT("engineer"), ENGINEER },
    [ROLE_MEDIA] = { SLICE_INIT("media"), MEDIA },
    [ROLE_AUDITOR] = { SLICE_INIT("auditor"), RIGHT_SELF | RIGHT_TRAIL },
    [ROLE_ADMIN] = { SLICE_INIT("admin"), MEDIA | RIGHT_TRAIL | RIGHT_ADMIN },
};

static const struct {
    struct slice name;
    enum right right;
} rights[] = {
    { SLICE_INIT("self"), RIGHT_SELF },       { SLICE_INIT("see"), RIGHT_SEE },
    { SLICE_INIT("numbers"), RIGHT_NUMBERS }, { SLICE_INIT("signalling"), RIGHT_SIGNALLING },
    { SLICE_INIT("packets"), RIGHT_PACKETS }, { SLICE_INIT("sound"), RIGHT_SOUND },
    { SLICE_INIT("handle"), RIGHT_HANDLE },   { SLICE_INIT("trail"), RIGHT_TRAIL },
    { SLICE_INIT("admin"), RIGHT_ADMIN },     { SLICE_INIT("metrics"), RIGHT_METRICS },
};

unsigned role_rights(enum role role)
{
    return role < ROLE_COUNT ? roles[role].rights : 0;
}

struct slice role_name(enum role role)
{
    return roles[role < ROLE_COUNT ? role : ROLE_NONE].name;
}

enum role role_parse(struct slice name)
{
    for (enum role role = ROLE_VIEWER; role < ROLE_COUNT; role++) {
        if (slice_eq(name, roles[role].name))
            return role;
    }
    return ROLE_NONE;
}

struct slice role_right_name(enum right right)
{
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        if (rights[i].right == right)
            return rights[i].name;
    }
    return SLICE_ABSENT;
}

enum right role_right_parse(struct slice name)
{
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        if (slice_eq(name, rights[i].name))
            return rights[i].right;
    }
    return RIGHT_OPEN;
}
