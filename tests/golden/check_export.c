/*
 * check_export - is every frame of an export a frame of the capture that it came from?
 *
 *     check_export CAPTURE EXPORT...
 *     check_export --wrapped MAP CAPTURE WRAPPED EXPORT-OF-CAPTURE EXPORT-OF-WRAPPED ...
 *
 * Bytes, lengths, time and link type must be those of a frame of CAPTURE that no export has claimed
 * before, and an export is in order of time. Prints "EXPORT FRAMES" for each; what does not fit is
 * named, and the exit status 1. libpcap reads both sides, none of Earshot's code does.
 *
 * WRAPPED is what earshot-rewrap made of CAPTURE, and MAP what it says of each frame. Of each call
 * there are two exports then, and the second must have just those frames of WRAPPED that carry a
 * frame of the first, or a piece of one: every fragment, every segment, and nothing else.
 */
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct frame {
    int64_t time_ns;
    uint32_t captured, wire;
    uint8_t *data;
    size_t number;  /* its place in the file, from 0 on */
    size_t claimed; /* by which export, from 1 on; 0: by none */
};

struct capture {
    struct frame *frames;
    size_t count, room, exports;
    int link_type;
};

static pcap_t *open_capture(const char *path)
{
    char text[PCAP_ERRBUF_SIZE];
    pcap_t *file = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, text);

    if (!file) {
        fprintf(stderr, "check_export: %s: %s\n", path, text);
        exit(1);
    }
    return file;
}

/* The next frame, its data lent; false at the end. A damaged file ends the program. */
static bool next_frame(pcap_t *file, const char *path, struct frame *out)
{
    struct pcap_pkthdr *header;
    const u_char *data;
    int result = pcap_next_ex(file, &header, &data);

    if (result == PCAP_ERROR) {
        fprintf(stderr, "check_export: %s: %s\n", path, pcap_geterr(file));
        exit(1);
    }
    if (result != 1)
        return false;
    *out = (struct frame){ .time_ns = (int64_t)header->ts.tv_sec * 1000000000 + header->ts.tv_usec,
                           .captured = header->caplen,
                           .wire = header->len,
                           .data = (uint8_t *)(uintptr_t)data };
    return true;
}

static void *must(void *p)
{
    if (p)
        return p;
    fputs("check_export: out of memory\n", stderr);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    const struct frame *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    if (x->captured != y->captured)
        return x->captured < y->captured ? -1 : 1;
    if (x->wire != y->wire)
        return x->wire < y->wire ? -1 : 1;
    return memcmp(x->data, y->data, x->captured);
}

static void load(struct capture *c, const char *path)
{
    pcap_t *file = open_capture(path);
    struct frame frame;

    c->link_type = pcap_datalink(file);
    while (next_frame(file, path, &frame)) {
        if (c->count == c->room) {
            c->room = c->room ? c->room * 2 : 1024;
            c->frames = must(realloc(c->frames, c->room * sizeof *c->frames));
        }
        c->frames[c->count] = frame;
        c->frames[c->count].number = c->count;
        c->frames[c->count].data = must(malloc(frame.captured ? frame.captured : 1));
        memcpy(c->frames[c->count++].data, frame.data, frame.captured);
    }
    pcap_close(file);
    if (c->count)
        qsort(c->frames, c->count, sizeof *c->frames, compare);
}

/* An equal frame that is still free, now claimed. Equals lie side by side. */
static bool claim(struct capture *c, const struct frame *frame)
{
    struct frame *found =
        c->count ? bsearch(frame, c->frames, c->count, sizeof *c->frames, compare) : NULL;

    while (found && found > c->frames && compare(found - 1, frame) == 0)
        found--;
    for (; found && found < c->frames + c->count && compare(found, frame) == 0; found++) {
        if (!found->claimed) {
            found->claimed = c->exports;
            return true;
        }
    }
    return false;
}

static bool check(struct capture *c, const char *path)
{
    pcap_t *file = open_capture(path);
    unsigned long frames = 0, strange = 0, disordered = 0;
    struct frame frame;
    int64_t last_ns = INT64_MIN;
    bool good;

    c->exports++;
    while (next_frame(file, path, &frame)) {
        frames++;
        disordered += frame.time_ns < last_ns;
        last_ns = frame.time_ns;
        if (!claim(c, &frame) && strange++ == 0)
            fprintf(stderr, "%s: frame %lu (%u bytes at %lld ns) is not in the capture\n", path,
                    frames, frame.captured, (long long)frame.time_ns);
    }
    good = strange == 0 && disordered == 0 && pcap_datalink(file) == c->link_type;
    if (!good)
        fprintf(stderr,
                "%s: %lu of %lu frames are not the capture's, %lu out of order; link type "
                "%d, the capture's is %d\n",
                path, strange, frames, disordered, pcap_datalink(file), c->link_type);
    printf("%s %lu\n", path, frames);
    pcap_close(file);
    return good;
}

static void unload(struct capture *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->frames[i].data);
    free(c->frames);
}

/* Which export has each frame, in the order of the file. */
static size_t *owners(const struct capture *c)
{
    size_t *out = must(calloc(c->count + 1, sizeof *out));

    for (size_t i = 0; i < c->count; i++)
        out[c->frames[i].number] = c->frames[i].claimed;
    return out;
}

/* Of each wrapped frame: has it the call's export that has what it carries? */
static bool compare_owners(const char *map_path, const struct capture *plain,
                           const struct capture *wrapped, char **exports)
{
    size_t *of_plain = owners(plain), *of_wrapped = owners(wrapped), i, missing = 0, strange = 0;
    FILE *map = fopen(map_path, "r");
    char line[32];

    for (i = 0; map && i < wrapped->count && fgets(line, sizeof line, map); i++) {
        size_t origin = strtoul(line, NULL, 10);
        size_t wanted = origin && origin <= plain->count ? of_plain[origin - 1] : 0;

        if (wanted == of_wrapped[i])
            continue;
        if (missing + strange == 0)
            fprintf(stderr, "frame %zu carries (some of) frame %zu of %s; it is in %s\n", i + 1,
                    origin, wanted ? exports[2 * (wanted - 1)] : "no export",
                    of_wrapped[i] ? exports[2 * of_wrapped[i] - 1] : "no export");
        missing += wanted != 0;
        strange += wanted == 0;
    }
    if (i != wrapped->count)
        fprintf(stderr, "%s: not as long as the capture\n", map_path);
    else if (missing || strange)
        fprintf(stderr, "%zu frames are missing in an export, %zu do not belong there\n", missing,
                strange);
    if (map)
        fclose(map);
    free(of_plain);
    free(of_wrapped);
    return i == wrapped->count && missing + strange == 0;
}

static int check_wrapped(int argc, char **argv)
{
    struct capture plain = { .frames = NULL }, wrapped = { .frames = NULL };
    bool good = true;

    load(&plain, argv[1]);
    load(&wrapped, argv[2]);
    for (int i = 3; i + 1 < argc; i += 2) {
        good = check(&plain, argv[i]) && good;
        good = check(&wrapped, argv[i + 1]) && good;
    }
    good = compare_owners(argv[0], &plain, &wrapped, argv + 3) && good;
    unload(&plain);
    unload(&wrapped);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct capture capture = { .frames = NULL };
    bool good = true;

    if (argc >= 7 && strcmp(argv[1], "--wrapped") == 0)
        return check_wrapped(argc - 2, argv + 2);
    if (argc < 2 || argv[1][0] == '-') {
        fputs("usage: check_export CAPTURE EXPORT...\n"
              "       check_export --wrapped MAP CAPTURE WRAPPED EXPORT EXPORT...\n",
              stderr);
        return 2;
    }
    load(&capture, argv[1]);
    for (int i = 2; i < argc; i++)
        good = check(&capture, argv[i]) && good;
    unload(&capture);
    return good ? 0 : 1;
}
