#include "probe/cmd/sparkline.h"

#include "analyzer/base/json_item.h"
#include "analyzer/interval.h"

#include <math.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_MIN = 40, WIDTH_USUAL = 80, LEVELS = 8 };
static const double mos_lowest = 1.0, mos_highest = 4.5;

/* MOS by MOS, of either form. */
struct series {
    struct slice json;
    struct interval_reader reader;
    bool is_json;
};

static void series_open(struct series *s, struct slice intervals)
{
    *s = (struct series){ .json = intervals };
    s->is_json = intervals.len && intervals.p[0] == '[';
    if (!s->is_json && (!intervals.p || !interval_read_series(&s->reader, intervals)))
        s->reader = (struct interval_reader){ .left = 0 };
}

static bool series_next(struct series *s, double *mos)
{
    struct interval i;
    struct slice item;
    int64_t time_ns;

    if (s->is_json) {
        if (!json_item_next(&s->json, &item))
            return false;
        *mos = json_item_number(item, "mos_lq");
        return true;
    }
    if (!interval_next(&s->reader, &i, &time_ns))
        return false;
    *mos = i.mos_lq;
    return true;
}

void sparkline_add_step(struct strbuf *out, double share)
{
    static const char *const blocks[LEVELS] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    int level = (int)(fmin(fmax(share, 0), 1) * (LEVELS - 1) + 0.5);

    strbuf_add_text(out, isnan(share) ? "·" : blocks[level]);
}

static void add_block(struct strbuf *out, double mos)
{
    sparkline_add_step(out, (mos - mos_lowest) / (mos_highest - mos_lowest));
}

size_t sparkline_add_mos(struct strbuf *out, struct slice intervals, size_t width)
{
    double columns[SPARKLINE_WIDTH_MAX], mos;
    size_t count = 0, at = 0;
    bool any = false;
    struct series s;

    width = width < 1 ? 1 : width > SPARKLINE_WIDTH_MAX ? SPARKLINE_WIDTH_MAX : width;
    for (series_open(&s, intervals); series_next(&s, &mos); count++)
        any = any || !isnan(mos);
    if (!any)
        return 0;
    width = count < width ? count : width;
    for (size_t i = 0; i < width; i++)
        columns[i] = NAN;
    for (series_open(&s, intervals); series_next(&s, &mos); at++) {
        size_t column = at * width / count;

        columns[column] = fmin(columns[column], mos); /* of a number and NaN: the number */
    }
    for (size_t i = 0; i < width; i++)
        add_block(out, columns[i]);
    return count;
}

void sparkline_add_bar(struct strbuf *out, double share, size_t width)
{
    static const char *const parts[LEVELS] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
    size_t eighths = isnan(share) ? 0 : (size_t)(fmin(fmax(share, 0), 1) * (double)width * 8 + 0.5);

    for (size_t i = 0; i < eighths / 8; i++)
        strbuf_add_text(out, "█");
    strbuf_add_text(out, parts[eighths % 8]);
}

size_t sparkline_terminal_width(void)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_USUAL;
    if (size.ws_col < WIDTH_MIN)
        return WIDTH_MIN;
    return size.ws_col > SPARKLINE_WIDTH_MAX ? SPARKLINE_WIDTH_MAX : size.ws_col;
}
