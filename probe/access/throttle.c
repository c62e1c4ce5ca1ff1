#include "probe/access/throttle.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

enum { KEY_MAX = 80 };

/* The first letter of what is hashed, so that no name is an address. */
enum kind { OF_NAME = 'n', OF_ADDRESS = 'a', OF_BOTH = 'b' };

int throttle_init(struct throttle *t)
{
    struct throttle_place *places = calloc((size_t)3 * THROTTLE_PLACES, sizeof *places);

    if (!places)
        return -ENOMEM;
    if (getrandom(&t->key, sizeof t->key, 0) != (ssize_t)sizeof t->key) {
        free(places);
        return -EIO;
    }
    t->names = places;
    t->addresses = places + THROTTLE_PLACES;
    t->known = places + (size_t)2 * THROTTLE_PLACES;
    return 0;
}

void throttle_fini(struct throttle *t)
{
    free(t->names);
    *t = (struct throttle){ .names = NULL };
}

/* Names that differ only in case are one; longer ones than any user has may be anything. */
static uint64_t hash_of(const struct throttle *t, enum kind kind, struct slice name,
                        const struct addr *from)
{
    unsigned char text[KEY_MAX] = { (unsigned char)kind };
    size_t len = 1;

    if (kind != OF_NAME) {
        size_t n = addr_is_v4(from) ? sizeof from->ip : sizeof from->ip / 2;

        memcpy(text + len, from->ip, n);
        len += n;
    }
    for (size_t i = 0; kind != OF_ADDRESS && i < name.len && len < sizeof text; i++) {
        char c = name.p[i];

        text[len++] = (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    return siphash(&t->key, text, len) | 1;
}

static unsigned tries_left(const struct throttle_place *p, int64_t now_s)
{
    int64_t forgotten = now_s > p->last_s ? (now_s - p->last_s) / THROTTLE_FORGET_S : 0;

    return forgotten >= p->tries ? 0 : p->tries - (unsigned)forgotten;
}

static struct throttle_place *find(struct throttle_place *places, uint64_t hash)
{
    struct throttle_place *row = places + hash / 2 % THROTTLE_ROWS * THROTTLE_ROW;

    for (size_t i = 0; i < THROTTLE_ROW; i++) {
        if (row[i].hash == hash)
            return &row[i];
    }
    return NULL;
}

/* The one with the fewest tries, of those the oldest, makes room. */
static struct throttle_place *find_or_make(struct throttle_place *places, uint64_t hash,
                                           int64_t now_s)
{
    struct throttle_place *row = places + hash / 2 % THROTTLE_ROWS * THROTTLE_ROW;
    struct throttle_place *p = find(places, hash), *least = row;

    if (p)
        return p;
    for (size_t i = 1; i < THROTTLE_ROW; i++) {
        unsigned tries = tries_left(&row[i], now_s), fewest = tries_left(least, now_s);

        if (tries < fewest || (tries == fewest && row[i].last_s < least->last_s))
            least = &row[i];
    }
    *least = (struct throttle_place){ .hash = hash, .last_s = now_s };
    return least;
}

static unsigned wait_of(const struct throttle_place *p, unsigned free, int64_t now_s)
{
    unsigned tries = p ? tries_left(p, now_s) : 0, over = tries > free ? tries - free : 0;
    int64_t wait = over == 0 ? 0 : over > 6 ? THROTTLE_WAIT_MAX_S : INT64_C(1) << (over - 1);
    int64_t left;

    if (!p || wait == 0)
        return 0;
    if (wait > THROTTLE_WAIT_MAX_S)
        wait = THROTTLE_WAIT_MAX_S;
    left = p->last_s + wait - now_s;
    /* A clock that was set back holds nobody up for longer. */
    return left <= 0 ? 0 : left > wait ? (unsigned)wait : (unsigned)left;
}

static void count(struct throttle_place *p, int64_t now_s)
{
    p->tries = tries_left(p, now_s) + 1;
    p->last_s = now_s;
}

unsigned throttle_try(struct throttle *t, struct slice name, const struct addr *from, int64_t now_s)
{
    uint64_t of_name = hash_of(t, OF_NAME, name, from);
    uint64_t of_address = hash_of(t, OF_ADDRESS, name, from);
    const struct throttle_place *known = find(t->known, hash_of(t, OF_BOTH, name, from));
    bool is_known = known && now_s - known->last_s < THROTTLE_KNOWN_S;
    unsigned by_name = is_known ? 0 : wait_of(find(t->names, of_name), THROTTLE_NAME_FREE, now_s);
    unsigned by_address = wait_of(find(t->addresses, of_address), THROTTLE_ADDRESS_FREE, now_s);
    unsigned wait = by_name > by_address ? by_name : by_address;

    if (wait)
        return wait;
    count(find_or_make(t->addresses, of_address, now_s), now_s);
    if (!is_known)
        count(find_or_make(t->names, of_name, now_s), now_s);
    return 0;
}

/* An address keeps what it tried before: else one's own account would pay for guesses at others. */
void throttle_forgive(struct throttle *t, struct slice name, const struct addr *from, int64_t now_s)
{
    struct throttle_place *p = find(t->names, hash_of(t, OF_NAME, name, from));

    if (p)
        *p = (struct throttle_place){ 0 };
    p = find(t->addresses, hash_of(t, OF_ADDRESS, name, from));
    if (p && p->tries)
        p->tries--;
    p = find_or_make(t->known, hash_of(t, OF_BOTH, name, from), now_s);
    p->last_s = now_s;
}
