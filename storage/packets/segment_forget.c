#define _GNU_SOURCE /* fallocate, sync_file_range */
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/packets/segment_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Zeros, on the disk when they must not only be read there. */
static int write_zeros(int fd, uint64_t offset, uint32_t len, bool on_disk)
{
    static const uint8_t zeros[16384];
    uint32_t done = 0;

    while (done < len) {
        size_t n = len - done < sizeof zeros ? len - done : sizeof zeros;
        int err = segment_file_write(fd, zeros, n, offset + done);

        if (err)
            return err;
        done += (uint32_t)n;
    }
    if (on_disk &&
        sync_file_range(fd, (off_t)offset, (off_t)len,
                        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                            SYNC_FILE_RANGE_WAIT_AFTER) != 0 &&
        fdatasync(fd) != 0)
        return -errno;
    return 0;
}

/* The gravestone first: whatever is cut short leaves a segment that can be walked, and a chunk that
 * is forgotten when this is done again. */
static int bury(int fd, uint64_t offset, uint8_t kind, bool on_disk)
{
    uint8_t header[CHUNK_HEADER_BYTES];
    struct chunk_header h;
    enum chunk_parse is;
    struct stat st;
    uint64_t payload = offset + CHUNK_HEADER_BYTES;
    int err;

    if (fstat(fd, &st) != 0)
        return -errno;
    if ((uint64_t)st.st_size < payload)
        return -EUCLEAN;
    err = segment_file_read(fd, header, sizeof header, offset);
    if (err)
        return err;
    is = chunk_parse_header(bytes_of(header, sizeof header), &h);
    if ((is != CHUNK_OK && is != CHUNK_FORGOTTEN) || h.kind != kind ||
        (uint64_t)st.st_size - payload < h.payload_bytes)
        return -EUCLEAN;
    if (is == CHUNK_OK) {
        chunk_put_gravestone(header, kind, h.payload_bytes);
        err = segment_file_write(fd, header, sizeof header, offset);
        if (err)
            return err;
    }
    if (on_disk)
        err = write_zeros(fd, payload, h.payload_bytes, true);
    if (err == 0 &&
        fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)payload,
                  (off_t)h.payload_bytes) != 0 &&
        !on_disk)
        err = write_zeros(fd, payload, h.payload_bytes, false);
    return err;
}

static int forget(const char *store_dir, int32_t day, uint8_t kind, uint32_t segment,
                  uint64_t offset, bool on_disk)
{
    char path[STORE_PATH_MAX];
    int fd, err = segment_file_path(path, store_dir, day, kind, segment);

    if (err)
        return err;
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    err = bury(fd, offset, kind, on_disk);
    close(fd);
    return err;
}

int segment_forget(const char *store_dir, int32_t day, uint8_t kind, uint32_t segment,
                   uint64_t offset)
{
    return forget(store_dir, day, kind, segment, offset, true);
}

int segment_release(const char *store_dir, int32_t day, uint8_t kind, uint32_t segment,
                    uint64_t offset)
{
    return forget(store_dir, day, kind, segment, offset, false);
}

/* Of neighbours, the first is made to reach to the end of the last: its gravestone is the only one. */
static int bury_run(int fd, uint64_t offset, uint8_t kind, uint32_t bytes)
{
    uint8_t header[CHUNK_HEADER_BYTES];
    struct chunk_header h;
    enum chunk_parse is;
    struct stat st;
    int err;

    if (fstat(fd, &st) != 0)
        return -errno;
    if (bytes <= CHUNK_HEADER_BYTES || bytes - CHUNK_HEADER_BYTES > CHUNK_RAW_MAX ||
        (uint64_t)st.st_size < offset + bytes)
        return -EUCLEAN;
    err = segment_file_read(fd, header, sizeof header, offset);
    if (err)
        return err;
    is = chunk_parse_header(bytes_of(header, sizeof header), &h);
    if ((is != CHUNK_OK && is != CHUNK_FORGOTTEN) || h.kind != kind)
        return -EUCLEAN;
    chunk_put_gravestone(header, kind, bytes - CHUNK_HEADER_BYTES);
    err = segment_file_write(fd, header, sizeof header, offset);
    if (err)
        return err;
    offset += CHUNK_HEADER_BYTES;
    bytes -= CHUNK_HEADER_BYTES;
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)bytes) == 0)
        return 0;
    return write_zeros(fd, offset, bytes, false);
}

int segment_release_run(const char *store_dir, int32_t day, uint8_t kind, uint32_t segment,
                        uint64_t offset, uint32_t bytes)
{
    char path[STORE_PATH_MAX];
    int fd, err = segment_file_path(path, store_dir, day, kind, segment);

    if (err)
        return err;
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    err = bury_run(fd, offset, kind, bytes);
    close(fd);
    return err;
}
