#include "probe/engine/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 28 };
#define REDRAW_NS INT64_C(200000000)

static int64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void progress_begin(struct progress *p)
{
    p->shown = isatty(STDERR_FILENO);
    p->start_ns = monotonic_ns();
    p->next_ns = p->start_ns + REDRAW_NS;
}

/* "1.4 GB", "2.1 M": three digits are enough. */
static const char *scaled(char text[16], double value, const char *unit)
{
    static const char *const prefixes[] = { "", "k", "M", "G", "T" };
    int i = 0;

    while (value >= 1000 && i < 4) {
        value /= 1000;
        i++;
    }
    snprintf(text, 16, "%.*f %s%s", value < 10 && i ? 1 : 0, value, prefixes[i], unit);
    return text;
}

static void draw_bar(double share)
{
    fputs("\r[", stderr);
    for (int i = 0; i < BAR_WIDTH; i++)
        fputs(i < (int)(share * BAR_WIDTH) ? "█" : "·", stderr);
    fprintf(stderr, "] %3.0f %%  ", share * 100);
}

static void draw_left(double share, double seconds)
{
    if (share > 0.01) {
        int left = (int)(seconds / share - seconds + 0.5);

        fprintf(stderr, "  %d:%02d left", left / 60, left % 60);
    }
    fputs("\033[K", stderr);
    fflush(stderr);
}

void progress_update(struct progress *p, const struct progress_state *s)
{
    char done[16], total[16], rate[16], calls[16];
    int64_t now = p->shown ? monotonic_ns() : 0;
    double seconds, share;

    if (!p->shown || now < p->next_ns)
        return;
    p->next_ns = now + REDRAW_NS;
    seconds = (double)(now - p->start_ns) / 1e9;
    share = s->total_bytes > 0 ? (double)s->done_bytes / (double)s->total_bytes : 0;
    if (share > 1)
        share = 1;
    if (s->total_bytes > 0)
        draw_bar(share);
    else
        fputc('\r', stderr);
    fprintf(stderr, "%s/%s  %s  %s", scaled(done, (double)s->done_bytes, "B"),
            s->total_bytes > 0 ? scaled(total, (double)s->total_bytes, "B") : "?",
            scaled(rate, (double)s->packets / seconds, "packets/s"),
            scaled(calls, (double)s->calls, "calls"));
    draw_left(share, seconds);
}

void progress_update_share(struct progress *p, double share)
{
    int64_t now = p->shown ? monotonic_ns() : 0;

    if (!p->shown || now < p->next_ns)
        return;
    p->next_ns = now + REDRAW_NS;
    draw_bar(share);
    draw_left(share, (double)(now - p->start_ns) / 1e9);
}

void progress_clear(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->next_ns = 0;
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
