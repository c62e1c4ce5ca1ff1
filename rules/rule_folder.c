#include "rules/rule_folder.h"

#include "analyzer/base/siphash.h"
#include "rules/rule_parse.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char ending[] = ".yaml";

static int is_rule_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), tail = sizeof ending - 1;

    return entry->d_name[0] != '.' && len > tail && strcmp(entry->d_name + len - tail, ending) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int fault_of_file(const char *path, int err, char *error, size_t room)
{
    snprintf(error, room, "%s: cannot be read: %s", path, strerror(-err));
    return err;
}

/* Up to one byte more than a rule may have, so that rule_parse sees and names the excess. */
static int read_file(const char *path, char *out, size_t room, size_t *len)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int err = 0;

    *len = 0;
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) != 0)
        err = -errno;
    else if (!S_ISREG(st.st_mode))
        err = -EINVAL;
    while (!err && *len < room) {
        ssize_t n = read(fd, out + *len, room - *len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            err = -errno;
        if (n <= 0)
            break;
        *len += (size_t)n;
    }
    close(fd);
    return err;
}

static int load_file(struct rule_folder *f, const char *path, uint32_t occasions, char *error,
                     size_t error_room)
{
    static const struct siphash_key one, other = { { 1, 1 } };
    struct rule_file file = { NULL, { 0, 0 } };
    char *text = malloc(RULE_FILE_MAX_BYTES + 1);
    size_t len;
    int err;

    if (!text)
        return -ENOMEM;
    err = read_file(path, text, RULE_FILE_MAX_BYTES + 1, &len);
    if (err)
        fault_of_file(path, err, error, error_room);
    else
        err = rule_parse(&file.rule, path, slice_of(text, len), error, error_room);
    file.content[0] = siphash(&one, text, len);
    file.content[1] = siphash(&other, text, len);
    free(text);
    if (err)
        return err;
    if (occasions && !(occasions & UINT32_C(1) << file.rule->occasion))
        rule_free(file.rule);
    else
        f->files[f->count++] = file;
    return 0;
}

static bool is_meant(const char *file, const char *only)
{
    size_t len = strlen(file) - (sizeof ending - 1);

    return !only || (strlen(only) == len && memcmp(file, only, len) == 0);
}

/* What rules say of each other. */
static int check_all(const struct rule_folder *f, const char *dir, struct strbuf *errors)
{
    const struct rule *rules[RULE_FILES_MAX];

    for (size_t i = 0; i < f->count; i++)
        rules[i] = f->files[i].rule;
    return rule_parse_check_set(rules, f->count, dir, errors);
}

/* The first of it. */
static int check_set(const struct rule_folder *f, const char *dir, char *error, size_t error_room)
{
    struct strbuf errors = { 0 };
    int err = check_all(f, dir, &errors);
    struct slice rest = strbuf_slice(&errors);
    struct slice first = slice_cut(&rest, '\n');

    if (err == -EINVAL)
        snprintf(error, error_room, "%.*s", (int)first.len, first.p);
    strbuf_fini(&errors);
    return err;
}

int rule_folder_read(struct rule_folder *f, const char *dir, const char *only, uint32_t occasions,
                     char *error, size_t error_room)
{
    struct dirent **files;
    int n = scandir(dir, &files, is_rule_file, by_name);
    int err = n < 0 ? fault_of_file(dir, -errno, error, error_room) : 0;

    f->count = 0;
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];

        if (!err && f->count == RULE_FILES_MAX) {
            snprintf(error, error_room, "%s: more than %d rules", dir, RULE_FILES_MAX);
            err = -E2BIG;
        }
        if (!err && is_meant(files[i]->d_name, only)) {
            snprintf(path, sizeof path, "%s/%s", dir, files[i]->d_name);
            err = load_file(f, path, occasions, error, error_room);
        }
        free(files[i]);
    }
    if (n >= 0)
        free(files);
    if (!err && !only && !occasions)
        err = check_set(f, dir, error, error_room);
    if (err)
        rule_folder_fini(f);
    return err;
}

/* --- with all that is wrong ----------------------------------------------------------------- */

static int check_file(struct rule_folder *f, const char *path, struct strbuf *errors)
{
    char *text = malloc(RULE_FILE_MAX_BYTES + 1);
    size_t len;
    int err;

    if (!text)
        return -ENOMEM;
    err = f->count < RULE_FILES_MAX ? read_file(path, text, RULE_FILE_MAX_BYTES + 1, &len) : -E2BIG;
    if (err)
        strbuf_addf(errors, "%s: cannot be read: %s\n", path,
                    err == -EINVAL ? "it is no file" : strerror(-err));
    else
        err = rule_parse_all(&f->files[f->count].rule, path, slice_of(text, len), errors);
    if (!err)
        f->count++;
    free(text);
    return err;
}

static int check_dir(struct rule_folder *f, const char *dir, struct strbuf *errors)
{
    struct dirent **files;
    int n = scandir(dir, &files, is_rule_file, by_name);
    int err = n < 0 ? -errno : 0, result = 0;

    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];

        snprintf(path, sizeof path, "%s/%s", dir, files[i]->d_name);
        err = result == -ENOMEM ? result : check_file(f, path, errors);
        result = err == -ENOMEM ? err : err ? -EINVAL : result;
        free(files[i]);
    }
    if (n >= 0)
        free(files);
    else
        return err;
    /* A rule that is wrong would be missing to those that name it. */
    return result ? result : check_all(f, dir, errors);
}

int rule_folder_check(struct rule_folder *f, const char *path, struct strbuf *errors)
{
    struct stat st;

    f->count = 0;
    if (stat(path, &st) != 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? check_dir(f, path, errors) : check_file(f, path, errors);
}

void rule_folder_fini(struct rule_folder *f)
{
    for (size_t i = 0; i < f->count; i++)
        rule_free(f->files[i].rule);
    f->count = 0;
}
