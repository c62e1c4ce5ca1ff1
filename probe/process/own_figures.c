#include "probe/process/own_figures.h"

#include <dirent.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

/* Of /proc/self/stat, counted from the first field behind the name, which may hold anything. */
enum { FIELD_THREADS = 17, FIELD_STARTED = 19, TEXT_MAX = 1024 };

/* Absent when it cannot be read. */
static struct slice read_text(const char *path, char text[TEXT_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, TEXT_MAX);

    if (fd >= 0)
        close(fd);
    return n < 0 ? SLICE_ABSENT : slice_of(text, (size_t)n);
}

/* The number at that place of a list with blanks between. */
static int64_t number_at(struct slice list, int place)
{
    uint64_t number;

    for (int i = 0; i < place; i++)
        (void)slice_cut(&list, ' ');
    return slice_to_u64(slice_cut(&list, ' '), INT64_MAX, &number) ? (int64_t)number
                                                                   : OWN_FIGURES_NONE;
}

static int64_t count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    int64_t count = -1; /* that of the folder itself */

    if (!dir)
        return OWN_FIGURES_NONE;
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* The ticks of its start count from the boot of the machine. */
static int64_t start_of(int64_t ticks)
{
    struct timespec now, boot;
    long per_s = sysconf(_SC_CLK_TCK);

    if (ticks < 0 || per_s <= 0)
        return OWN_FIGURES_NONE;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &boot);
    return ((int64_t)(now.tv_sec - boot.tv_sec) * NS_PER_S + (now.tv_nsec - boot.tv_nsec) +
            ticks * (NS_PER_S / per_s)) /
           NS_PER_S;
}

void own_figures_read(struct own_figures *out)
{
    char text[TEXT_MAX];
    struct slice stat = read_text("/proc/self/stat", text);
    size_t name_end = stat.len;
    struct timespec cpu;
    int64_t pages, of_files;

    while (name_end > 0 && stat.p[name_end - 1] != ')')
        name_end--;
    if (name_end + 1 < stat.len)
        stat = slice_of(stat.p + name_end + 1, stat.len - name_end - 1);
    out->pid = getpid();
    out->threads = number_at(stat, FIELD_THREADS);
    out->started_s = start_of(number_at(stat, FIELD_STARTED));
    pages = number_at(read_text("/proc/self/statm", text), 1);
    of_files = number_at(read_text("/proc/self/statm", text), 2);
    out->rss_bytes = pages < 0 ? OWN_FIGURES_NONE : pages * sysconf(_SC_PAGESIZE);
    out->own_bytes = of_files < 0 || pages < of_files ? OWN_FIGURES_NONE
                                                      : (pages - of_files) * sysconf(_SC_PAGESIZE);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    out->cpu_s = (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9;
    out->fds = count_descriptors();
}

static void write_known(struct jsonw *j, const char *key, int64_t value)
{
    jsonw_key(j, key);
    if (value < 0)
        jsonw_null(j);
    else
        jsonw_int(j, value);
}

void own_figures_write(struct jsonw *j, const char *name, const struct own_figures *figures)
{
    jsonw_object_open(j);
    jsonw_key(j, "name");
    jsonw_text(j, slice_of_text(name));
    write_known(j, "pid", figures->pid);
    write_known(j, "started", figures->started_s);
    write_known(j, "rss_bytes", figures->rss_bytes);
    write_known(j, "own_bytes", figures->own_bytes);
    jsonw_key(j, "cpu_s");
    jsonw_real(j, figures->cpu_s, 2);
    write_known(j, "threads", figures->threads);
    write_known(j, "fds", figures->fds);
    jsonw_object_close(j);
}
