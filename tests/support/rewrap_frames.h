/*
 * rewrap_frames - a capture in memory: every frame of it, to be changed, added to and put in order.
 *
 * Ownership  Owns its frames' bytes; rewrap_frames_fini frees them.
 * Errors     What cannot go on (no memory, a file that cannot be read or written) ends the program
 *            with a word on stderr: this is a tool of tests.
 */
#ifndef TESTS_SUPPORT_REWRAP_FRAMES_H
#define TESTS_SUPPORT_REWRAP_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rewrap_frame {
    int64_t time_ns;
    int64_t late_ns; /* it stands that much further back in the file than its time says */
    uint8_t *p;
    size_t len;        /* captured */
    size_t wire_bytes; /* at least len */
    size_t origin;     /* the frame that it carries (a piece of), from 1 on; 0: none */
};

struct rewrap_frames {
    struct rewrap_frame *all;
    size_t count, room;
    uint32_t link_type; /* LINKTYPE_ number */
};

/* sysexits.h's number, then what is wrong. */
void rewrap_die(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

void rewrap_frames_load(struct rewrap_frames *f, const char *path);
/* "-" is standard output. */
void rewrap_frames_save(const struct rewrap_frames *f, const char *path);
void rewrap_frames_fini(struct rewrap_frames *f);

/* A frame of that many bytes at the end, to be filled in. Earlier pointers into the list die. */
struct rewrap_frame *rewrap_frames_add(struct rewrap_frames *f, int64_t time_ns, size_t len);
/* Hands the frame over, bytes and all. */
void rewrap_frames_move(struct rewrap_frames *f, struct rewrap_frame *frame);

/* In order of time; equal times stay as they are. */
void rewrap_frames_sort(struct rewrap_frames *f);

/* Takes `remove` bytes out at `at` and makes room for `insert`, which are left to be filled in. */
uint8_t *rewrap_frame_splice(struct rewrap_frame *frame, size_t at, size_t remove, size_t insert);

#endif
