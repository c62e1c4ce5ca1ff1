#include "storage/upkeep/pins.h"

#include "analyzer/base/json_item.h"
#include "analyzer/base/jsonw.h"
#include "analyzer/record.h"
#include "analyzer/record_id.h"
#include "storage/store_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIN_FILE_MAX = 8192, /* what is longer was not made here */
    PIN_TEXT_MAX = 1024, /* of by and of reason: a sentence */
};

#define PINS_FOLDER "pins"

static int folder_path(char out[STORE_PATH_MAX], const char *store_dir, int32_t day)
{
    return store_dir_path(out, store_dir, day, PINS_FOLDER);
}

static int pin_path(char out[STORE_PATH_MAX], const char *store_dir, uint64_t call)
{
    char name[STORE_NAME_MAX];

    snprintf(name, sizeof name, PINS_FOLDER "/%016" PRIx64, call);
    return store_dir_path(out, store_dir, record_id_day(call), name);
}

/* 16 hex digits as pin_path writes them; false: something else. */
static bool parse_id(struct slice name, uint64_t *call)
{
    uint64_t id = 0;

    if (name.len != RECORD_ID_TEXT_LEN)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];

        if (c >= '0' && c <= '9')
            id = id << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            id = id << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    *call = id;
    return true;
}

static struct slice cut(struct slice s)
{
    return s.len > PIN_TEXT_MAX ? slice_of(s.p, PIN_TEXT_MAX) : s;
}

static void write_line(struct strbuf *out, const struct pin *pin)
{
    struct jsonw j = jsonw_to(out);

    jsonw_object_open(&j);
    jsonw_key(&j, "time");
    if (pin->time == RECORD_NONE)
        jsonw_null(&j);
    else
        jsonw_time(&j, pin->time);
    jsonw_key(&j, "by");
    jsonw_text(&j, cut(pin->by));
    jsonw_key(&j, "reason");
    jsonw_text(&j, cut(pin->reason));
    jsonw_object_close(&j);
    strbuf_add_char(out, '\n');
}

/* Root pins for the probe, who has to read it: all of a day belongs to whom its folder belongs. */
static int give_away(int fd, const struct stat *day)
{
    if (geteuid() != 0 || day->st_uid == 0)
        return 0;
    return fchown(fd, day->st_uid, day->st_gid) == 0 ? 0 : -errno;
}

static int open_folder(const char *store_dir, int32_t day, struct stat *st, int *fdp)
{
    char path[STORE_PATH_MAX];
    int fd, err = store_dir_path(path, store_dir, day, NULL);
    bool made;

    /* A call that no day holds cannot be pinned. */
    if (err == 0 && stat(path, st) != 0)
        err = -errno;
    if (err == 0)
        err = folder_path(path, store_dir, day);
    if (err)
        return err;
    made = mkdir(path, 0700) == 0;
    if (!made && errno != EEXIST)
        return -errno;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    err = made ? give_away(fd, st) : 0;
    if (err) {
        close(fd);
        return err;
    }
    *fdp = fd;
    return 0;
}

static int write_file(int folder, const char *name, struct slice text, const struct stat *day)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), err;
    ssize_t n;

    if (fd < 0)
        return -errno;
    n = write(fd, text.p, text.len);
    err = n < 0 ? -errno : (size_t)n < text.len ? -ENOSPC : give_away(fd, day);
    close(fd);
    return err;
}

int pins_add(const char *store_dir, const struct pin *pin)
{
    char whole[RECORD_ID_TEXT_LEN + 1], begun[RECORD_ID_TEXT_LEN + 2];
    struct strbuf line = { 0 };
    uint64_t dice = pin->call;
    struct stat day;
    int folder, err;

    if (pins_has(store_dir, pin->call))
        return 0;
    write_line(&line, pin);
    err = line.failed ? -ENOMEM : open_folder(store_dir, record_id_day(pin->call), &day, &folder);
    if (err)
        goto fini_line;
    if (getrandom(&dice, sizeof dice, 0) != (ssize_t)sizeof dice)
        dice ^= (uint64_t)getpid();
    snprintf(whole, sizeof whole, "%016" PRIx64, pin->call);
    snprintf(begun, sizeof begun, ".%016" PRIx64, dice);
    err = write_file(folder, begun, strbuf_slice(&line), &day);
    /* A link, other than a rename, leaves the first pin as it is. */
    if (err == 0 && linkat(folder, begun, folder, whole, 0) != 0 && errno != EEXIST)
        err = -errno;
    unlinkat(folder, begun, 0);
    close(folder);

fini_line:
    strbuf_fini(&line);
    return err;
}

int pins_add_new(const char *store_dir, const struct pin *pin)
{
    int err = pins_add(store_dir, pin);

    if (err != -ENOENT)
        return err;
    err = store_dir_make_day(store_dir, record_id_day(pin->call));
    return err ? err : pins_add(store_dir, pin);
}

size_t pins_read_calls(struct slice json, uint64_t *calls, size_t room)
{
    struct slice item;
    size_t n = 0;

    while (n < room && json_item_next(&json, &item)) {
        if (item.len >= 2 && item.p[0] == '"' &&
            parse_id(slice_of(item.p + 1, item.len - 2), &calls[n]))
            n++;
    }
    return n;
}

int pins_remove(const char *store_dir, uint64_t call)
{
    char path[STORE_PATH_MAX];
    int err = pin_path(path, store_dir, call);

    if (err)
        return err;
    return unlink(path) == 0 ? 0 : -errno;
}

bool pins_has(const char *store_dir, uint64_t call)
{
    char path[STORE_PATH_MAX];
    struct stat st;

    return pin_path(path, store_dir, call) == 0 && stat(path, &st) == 0;
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static int list_folder(DIR *dir, uint64_t **calls, size_t *count)
{
    uint64_t *list = NULL, call;
    size_t n = 0, room = 0;
    struct dirent *entry;

    for (;;) {
        errno = 0;
        entry = readdir(dir);
        if (!entry)
            break;
        if (!parse_id(slice_of_text(entry->d_name), &call))
            continue;
        if (n == room) {
            uint64_t *grown = realloc(list, (room = room ? room * 2 : 16) * sizeof *list);

            if (!grown) {
                free(list);
                return -ENOMEM;
            }
            list = grown;
        }
        list[n++] = call;
    }
    /* Half a list would have the others removed. */
    if (errno) {
        int err = -errno;

        free(list);
        return err;
    }
    if (n)
        qsort(list, n, sizeof *list, by_id);
    *calls = list;
    *count = n;
    return 0;
}

int pins_of_day(const char *store_dir, int32_t day, uint64_t **calls, size_t *count)
{
    char path[STORE_PATH_MAX];
    int err = folder_path(path, store_dir, day);
    DIR *dir;

    if (err)
        return err;
    dir = opendir(path);
    if (!dir && errno != ENOENT)
        return -errno;
    *calls = NULL;
    *count = 0;
    if (!dir)
        return 0;
    err = list_folder(dir, calls, count);
    closedir(dir);
    return err;
}

/* What stands in the file; a pin without a readable one is a pin all the same. */
static void read_pin(const char *store_dir, struct pin *pin, struct strbuf *text)
{
    char path[STORE_PATH_MAX], raw[PIN_FILE_MAX];
    size_t by_len;
    struct slice line;
    ssize_t n = -1;
    int fd = pin_path(path, store_dir, pin->call) == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    pin->time = RECORD_NONE;
    pin->by = pin->reason = SLICE_ABSENT;
    if (fd >= 0) {
        n = read(fd, raw, sizeof raw);
        close(fd);
    }
    if (n <= 0)
        return;
    line = slice_of(raw, (size_t)n);
    pin->time = json_item_time(json_item_number(line, "time"));
    strbuf_reset(text);
    json_item_add_raw(text, json_item_get(line, "by"));
    by_len = text->len;
    json_item_add_raw(text, json_item_get(line, "reason"));
    if (text->failed || !text->p)
        return;
    pin->by = by_len ? slice_of(text->p, by_len) : SLICE_ABSENT;
    if (text->len > by_len)
        pin->reason = slice_of(text->p + by_len, text->len - by_len);
}

int pins_each(const char *store_dir, bool (*each)(void *ctx, const struct pin *pin), void *ctx)
{
    struct strbuf text = { 0 };
    bool goes_on = true;
    int32_t *days;
    size_t day_count;
    int err = store_dir_days(store_dir, &days, &day_count);

    if (err)
        return err;
    for (size_t d = 0; d < day_count && goes_on && err == 0; d++) {
        uint64_t *calls = NULL;
        size_t count = 0;

        err = pins_of_day(store_dir, days[d], &calls, &count);
        for (size_t i = 0; i < count && goes_on && err == 0; i++) {
            struct pin pin = { .call = calls[i] };

            read_pin(store_dir, &pin, &text);
            goes_on = each(ctx, &pin);
        }
        free(calls);
    }
    strbuf_fini(&text);
    free(days);
    return err;
}
