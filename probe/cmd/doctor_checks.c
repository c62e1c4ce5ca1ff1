#define _GNU_SOURCE /* O_TMPFILE */

#include "probe/cmd/doctor_checks.h"

#include "probe/capture/interface.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

enum {
    WRITE_BYTES_MAX = 64 << 20,
    WRITE_PIECE_BYTES = 1 << 20,
    SYNC_PIECES = 8, /* the time is looked at that often */
};

#define WRITE_NS_MAX   INT64_C(2000000000)
#define FREE_BYTES_MIN (INT64_C(1) << 30)
#define SLOW_BYTES_S   20e6 /* 100 Mbit/s of calls, and some room */

static int64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void check_link(struct doctor_report *r, const struct interface_facts *f)
{
    char speed[32] = "speed unknown", fix[64];

    if (f->speed_mbps > 0)
        snprintf(speed, sizeof speed, "%d Mbit/s", f->speed_mbps);
    snprintf(fix, sizeof fix, "ip link set %s up", f->name);
    if (!f->is_up)
        doctor_report_add(r, DOCTOR_WRONG, "link", fix, "the interface is down");
    else if (!f->has_link)
        doctor_report_add(r, DOCTOR_WRONG, "link",
                          "look at the cable, and whether the switch's port is up",
                          "the interface is up, but has no link");
    else
        doctor_report_add(r, DOCTOR_FINE, "link", NULL, "up, %s, MTU %d%s%s", speed, f->mtu,
                          *f->driver ? ", driver " : "", f->driver);
}

static void check_offloads(struct doctor_report *r, const struct interface_facts *f)
{
    int gluing = f->offloads & INTERFACE_RECEIVING & ~f->fixed;
    int cutting = f->offloads & INTERFACE_SENDING & ~f->fixed;
    struct strbuf names = { 0 }, fix = { 0 };

    if (!f->knows_offloads) {
        doctor_report_add(r, DOCTOR_NOTE, "offloads", NULL, "the driver does not tell");
    } else if (gluing && !f->is_loopback) {
        interface_name_offloads(gluing, &names);
        interface_add_fix(f, gluing, &fix);
        doctor_report_add(r, DOCTOR_WRONG, "offloads", fix.p,
                          "%s: the system glues packets together before they are captured",
                          names.p);
    } else if (f->offloads & INTERFACE_RECEIVING && !f->is_loopback) {
        interface_name_offloads(f->offloads & INTERFACE_RECEIVING, &names);
        doctor_report_add(r, DOCTOR_NOTE, "offloads", NULL,
                          "%s cannot be switched off: TCP segments may come glued together",
                          names.p);
    } else {
        doctor_report_add(r, DOCTOR_FINE, "offloads", NULL, "packets are captured as they came");
    }
    strbuf_reset(&names);
    strbuf_reset(&fix);
    if (cutting && f->has_address && !f->is_loopback) {
        interface_name_offloads(cutting, &names);
        interface_add_fix(f, cutting, &fix);
        doctor_report_add(r, DOCTOR_NOTE, "offloads", fix.p,
                          "%s: what this machine sends itself is seen before it is cut", names.p);
    }
    strbuf_fini(&names);
    strbuf_fini(&fix);
}

static void check_adapter_ring(struct doctor_report *r, const struct interface_facts *f)
{
    char fix[64];

    if (f->rx_ring <= 0)
        return;
    snprintf(fix, sizeof fix, "ethtool -G %s rx %d", f->name, f->rx_ring_max);
    if (f->rx_ring < f->rx_ring_max)
        doctor_report_add(r, DOCTOR_NOTE, "adapter", fix,
                          "its own ring has %d places, and could have %d", f->rx_ring,
                          f->rx_ring_max);
    else
        doctor_report_add(r, DOCTOR_FINE, "adapter", NULL, "its own ring has all of its %d places",
                          f->rx_ring);
}

void doctor_checks_interface(struct doctor_report *r, const char *interface)
{
    struct interface_facts facts;

    if (!interface_read(interface, &facts))
        return;
    check_link(r, &facts);
    check_offloads(r, &facts);
    check_adapter_ring(r, &facts);
}

/* Bytes that no disk and no file system makes smaller. */
static void fill(char *piece, size_t len, uint64_t *state)
{
    for (size_t i = 0; i + sizeof *state <= len; i += sizeof *state) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        memcpy(piece + i, state, sizeof *state);
    }
}

/* Bytes a second, the last one on the disk; negative: −errno. */
static double measure(int fd)
{
    int64_t begun = monotonic_ns(), took;
    uint64_t state = (uint64_t)begun | 1;
    double written = 0;
    char *piece = malloc(WRITE_PIECE_BYTES);
    int err = piece ? 0 : ENOMEM;

    for (int n = 1; !err && written < WRITE_BYTES_MAX; n++) {
        ssize_t got;

        fill(piece, WRITE_PIECE_BYTES, &state);
        got = write(fd, piece, WRITE_PIECE_BYTES);
        if (got < 0 || (n % SYNC_PIECES == 0 && fdatasync(fd) != 0))
            err = errno;
        else
            written += (double)got;
        if (n % SYNC_PIECES == 0 && monotonic_ns() - begun > WRITE_NS_MAX)
            break;
    }
    took = monotonic_ns() - begun;
    free(piece);
    if (err)
        return -(double)err;
    return written / ((double)(took > 0 ? took : 1) / 1e9);
}

/* The folder itself, or the nearest one above it that is there. */
static bool find_folder(const char *store, char room[PATH_MAX])
{
    struct stat st;

    if (snprintf(room, PATH_MAX, "%s", store) >= PATH_MAX)
        return false;
    while (stat(room, &st) != 0) {
        char *slash = strrchr(room, '/');

        if (errno != ENOENT || strcmp(room, "/") == 0 || strcmp(room, ".") == 0)
            return false;
        if (!slash)
            snprintf(room, PATH_MAX, ".");
        else
            slash[slash == room] = '\0';
    }
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}

/* Without a name where the file system can, so that not even a kill leaves it behind. */
static int open_nameless(const char *folder)
{
    char path[PATH_MAX];
    int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    if (snprintf(path, sizeof path, "%s/.earshot-doctor.%d", folder, (int)getpid()) >= PATH_MAX)
        return -1;
    fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static void check_room(struct doctor_report *r, const char *folder, struct doctor_disk *out)
{
    struct statvfs fs;

    if (statvfs(folder, &fs) != 0)
        return;
    out->free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
    if (out->free_bytes < FREE_BYTES_MIN)
        doctor_report_add(r, DOCTOR_WRONG, "disk",
                          "remove old days of the store, or use a larger disk",
                          "%s: only %.1f GB are free", folder, (double)out->free_bytes / 1e9);
}

void doctor_checks_disk(struct doctor_report *r, const char *store, struct doctor_disk *out)
{
    char folder[PATH_MAX];
    double speed;
    int fd;

    *out = (struct doctor_disk){ NAN, -1 };
    if (!find_folder(store, folder)) {
        doctor_report_add(r, DOCTOR_WRONG, "disk", "name another folder: --store DIR",
                          "%s: cannot be a store: %s", store, strerror(errno));
        return;
    }
    fd = open_nameless(folder);
    if (fd < 0) {
        doctor_report_add(r, DOCTOR_WRONG, "disk",
                          "let the user who runs earshot write there, or name another folder: "
                          "--store DIR",
                          "%s: cannot be written: %s", folder, strerror(errno));
        return;
    }
    speed = measure(fd);
    close(fd);
    if (speed < 0) {
        doctor_report_add(r, DOCTOR_WRONG, "disk", "look at the disk: df -h, dmesg",
                          "%s: writing failed: %s", folder, strerror((int)-speed));
        return;
    }
    out->bytes_per_s = speed;
    if (speed < SLOW_BYTES_S)
        doctor_report_add(r, DOCTOR_NOTE, "disk", NULL,
                          "%s: %.1f MB/s is slow: enough for some %.0f calls at a time", folder,
                          speed / 1e6, speed / 25e3);
    else
        doctor_report_add(r, DOCTOR_FINE, "disk", NULL, "%s: %.0f MB/s%s", folder, speed / 1e6,
                          strcmp(folder, store) == 0 ? "" : " (the store is not there yet)");
    check_room(r, folder, out);
}

void doctor_checks_clock(struct doctor_report *r)
{
    struct timex now = { .modes = 0 };
    int state = adjtimex(&now);

    if (state == -1)
        doctor_report_add(r, DOCTOR_NOTE, "clock", NULL, "the system does not tell: %s",
                          strerror(errno));
    else if (state == TIME_ERROR || now.status & STA_UNSYNC)
        doctor_report_add(r, DOCTOR_WRONG, "clock", "timedatectl set-ntp true, or install chrony",
                          "nobody keeps it right: times cannot be held against other machines'");
    else
        doctor_report_add(r, DOCTOR_FINE, "clock", NULL, "kept right, to %.1f ms at worst",
                          (double)now.maxerror / 1000);
}
