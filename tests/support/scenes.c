#include "tests/support/scenes.h"

static struct scene_table table_at(size_t n)
{
    static struct scene_table (*const tables[])(void) = {
        scene_basic_table, scene_dialog_table,  scene_defect_table, scene_transfer_table,
        scene_media_table, scene_address_table, scene_leg_table,    scene_peer_table,
        scene_guard_table, scene_trouble_table,
    };

    return n < sizeof(tables) / sizeof(tables[0]) ? tables[n]() : (struct scene_table){ NULL, 0 };
}

const struct scene *scene_next(size_t *at)
{
    size_t n = (*at)++;

    for (size_t i = 0; table_at(i).rows; i++) {
        struct scene_table table = table_at(i);

        if (n < table.count)
            return &table.rows[n];
        n -= table.count;
    }
    return NULL;
}

const struct scene *scene_find(struct slice name)
{
    const struct scene *s;

    for (size_t at = 0; (s = scene_next(&at)) != NULL;) {
        if (slice_eq(name, slice_of_text(s->name)))
            return s;
    }
    return NULL;
}
