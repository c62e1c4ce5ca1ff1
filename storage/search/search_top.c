#include "storage/search/search_top.h"

#include <stdlib.h>

void search_top_init(struct search_top *top, const struct search_order *order,
                     const struct search_key *after, size_t limit)
{
    *top = (struct search_top){ .order = *order, .has_after = after != NULL, .limit = limit };
    if (after)
        top->after = *after;
}

void search_top_fini(struct search_top *top)
{
    free(top->keys);
    *top = (struct search_top){ 0 };
}

static bool comes_later(const struct search_top *top, size_t a, size_t b)
{
    return search_order_compare(&top->order, &top->keys[a], &top->keys[b]) > 0;
}

static void swap(struct search_top *top, size_t a, size_t b)
{
    struct search_key key = top->keys[a];

    top->keys[a] = top->keys[b];
    top->keys[b] = key;
}

static void sift_up(struct search_top *top, size_t at)
{
    for (; at && comes_later(top, at, (at - 1) / 2); at = (at - 1) / 2)
        swap(top, at, (at - 1) / 2);
}

static void sift_down(struct search_top *top, size_t at, size_t count)
{
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= count)
            return;
        if (child + 1 < count && comes_later(top, child + 1, child))
            child++;
        if (!comes_later(top, child, at))
            return;
        swap(top, at, child);
        at = child;
    }
}

static bool make_room(struct search_top *top)
{
    size_t room = top->room ? 2 * top->room : 64;
    struct search_key *keys;

    if (top->count < top->room)
        return true;
    keys = realloc(top->keys, room * sizeof *keys);
    if (!keys) {
        top->failed = true;
        return false;
    }
    top->keys = keys;
    top->room = room;
    return true;
}

const struct search_key *search_top_last(const struct search_top *top)
{
    return top->count == top->limit && top->count ? &top->keys[0] : NULL;
}

void search_top_offer(struct search_top *top, const struct search_key *key)
{
    const struct search_key *last = search_top_last(top);

    if (top->limit == 0 ||
        (top->has_after && search_order_compare(&top->order, key, &top->after) <= 0))
        return;
    if (last) {
        if (search_order_compare(&top->order, key, last) >= 0)
            return;
        top->keys[0] = *key;
        sift_down(top, 0, top->count);
    } else if (make_room(top)) {
        top->keys[top->count] = *key;
        sift_up(top, top->count++);
    }
}

void search_top_sort(struct search_top *top)
{
    for (size_t n = top->count; n > 1; n--) {
        swap(top, 0, n - 1);
        sift_down(top, 0, n - 1);
    }
}
