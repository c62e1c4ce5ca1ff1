/*
 * scenes - the scenes of the corpus: a table of rows, each a name, how often, and a script.
 *
 * To add one is to write a script (scene_*.c) and a row of the table beside it.
 */
#ifndef TESTS_SUPPORT_SCENES_H
#define TESTS_SUPPORT_SCENES_H

#include "tests/support/play_media.h"
#include "tests/support/play_say.h"

/* What a row is good for besides the corpus of all. */
enum {
    SCENE_HARMLESS = 1, /* media that looks one way, and is not */
    SCENE_ALIKE = 2,    /* legs that only a score can join, and calls that are none */
    SCENE_AT_END = 4,   /* the capture ends in the middle of it: begun last */
    SCENE_APART = 8,    /* in no mixture: by its name alone */
};

struct scene {
    const char *name;
    void (*script)(struct play *p);
    uint16_t weight;
    uint8_t groups;
};

struct scene_table {
    const struct scene *rows;
    size_t count;
};

/* One a file. */
struct scene_table scene_basic_table(void);
struct scene_table scene_dialog_table(void);
struct scene_table scene_defect_table(void);
struct scene_table scene_transfer_table(void);
struct scene_table scene_media_table(void);
struct scene_table scene_address_table(void);
struct scene_table scene_leg_table(void);
struct scene_table scene_peer_table(void);
struct scene_table scene_guard_table(void);
struct scene_table scene_trouble_table(void);

/* Of that name; NULL: there is none. */
const struct scene *scene_find(struct slice name);
/* All of them, one after the other; NULL: no more. */
const struct scene *scene_next(size_t *at);

#endif
