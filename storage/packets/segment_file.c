#include "storage/packets/segment_file.h"

#include "analyzer/base/slice.h"
#include "storage/packets/chunk_index.h"
#include "storage/packets/packet_log.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const kind_names[PACKET_KINDS] = {
    [PACKET_SIP] = "sip", [PACKET_MEDIA] = "media", [PACKET_AUDIO] = "audio"
};

const char *segment_kind_name(uint8_t kind)
{
    return kind < PACKET_KINDS ? kind_names[kind] : "unknown";
}

int segment_file_path(char out[STORE_PATH_MAX], const char *store_dir, int32_t day, uint8_t kind,
                      uint32_t number)
{
    char name[STORE_NAME_MAX];

    snprintf(name, sizeof name, "%s-%06u.seg", kind_names[kind], (unsigned)number);
    return store_dir_path(out, store_dir, day, name);
}

bool segment_file_parse(const char *name, uint8_t kind, uint32_t *number)
{
    struct slice s = slice_of_text(name), head = slice_of_text(kind_names[kind]);
    uint64_t n;

    if (!slice_starts_with(s, head) || s.len < head.len + 6 || s.p[head.len] != '-')
        return false;
    s.p += head.len + 1;
    s.len -= head.len + 1;
    if (!slice_eq(slice_of(s.p + s.len - 4, 4), SLICE(".seg")) ||
        !slice_to_u64(slice_of(s.p, s.len - 4), CHUNK_SEGMENT_MAX, &n))
        return false;
    *number = (uint32_t)n;
    return true;
}

int segment_file_newest(const char *store_dir, int32_t day, uint8_t kind, uint32_t *newest)
{
    char path[STORE_PATH_MAX];
    struct dirent *entry;
    uint32_t number;
    DIR *dir;
    int err = store_dir_path(path, store_dir, day, NULL);

    if (err)
        return err;
    dir = opendir(path);
    if (!dir)
        return -errno;
    *newest = 0;
    while ((entry = readdir(dir)) != NULL) {
        if (segment_file_parse(entry->d_name, kind, &number) && number > *newest)
            *newest = number;
    }
    closedir(dir);
    return 0;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static int collect_numbers(DIR *dir, uint8_t kind, uint32_t **numbers, size_t *count)
{
    struct dirent *entry;
    size_t room = 0;
    uint32_t number;

    while ((entry = readdir(dir)) != NULL) {
        if (!segment_file_parse(entry->d_name, kind, &number))
            continue;
        if (*count == room) {
            uint32_t *grown = realloc(*numbers, (room = room ? room * 2 : 16) * sizeof *grown);

            if (!grown)
                return -ENOMEM;
            *numbers = grown;
        }
        (*numbers)[(*count)++] = number;
    }
    if (*count)
        qsort(*numbers, *count, sizeof **numbers, by_number);
    return 0;
}

int segment_file_list(const char *store_dir, int32_t day, uint8_t kind, uint32_t **numbers,
                      size_t *count)
{
    char path[STORE_PATH_MAX];
    DIR *dir;
    int err = store_dir_path(path, store_dir, day, NULL);

    *numbers = NULL;
    *count = 0;
    if (err)
        return err;
    dir = opendir(path);
    if (!dir)
        return -errno;
    err = collect_numbers(dir, kind, numbers, count);
    closedir(dir);
    if (err) {
        free(*numbers);
        *numbers = NULL;
        *count = 0;
    }
    return err;
}

bool segment_file_exists(const char *store_dir, int32_t day, uint8_t kind, uint32_t number)
{
    char path[STORE_PATH_MAX];

    return segment_file_path(path, store_dir, day, kind, number) == 0 && access(path, F_OK) == 0;
}

int segment_file_read(int fd, uint8_t *out, size_t len, uint64_t offset)
{
    size_t done = 0;

    while (done < len) {
        ssize_t n = pread(fd, out + done, len - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}

int segment_file_write(int fd, const uint8_t *p, size_t len, uint64_t offset)
{
    size_t done = 0;

    while (done < len) {
        ssize_t n = pwrite(fd, p + done, len - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}
