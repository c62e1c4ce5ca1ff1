#include "storage/export/lz4_frame.h"

#include <errno.h>
#include <lz4frame.h>
#include <stdlib.h>

struct lz4_frame {
    LZ4F_cctx *context;
    LZ4F_preferences_t preferences;
    bool is_begun;
};

int lz4_frame_open(struct lz4_frame **fp)
{
    struct lz4_frame *f = calloc(1, sizeof *f);

    if (!f)
        return -ENOMEM;
    if (LZ4F_isError(LZ4F_createCompressionContext(&f->context, LZ4F_VERSION))) {
        free(f);
        return -ENOMEM;
    }
    f->preferences.frameInfo.blockSizeID = LZ4F_max256KB;
    f->preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    f->preferences.autoFlush = 1; /* pieces are large already: no copy of them */
    *fp = f;
    return 0;
}

void lz4_frame_close(struct lz4_frame *f)
{
    if (!f)
        return;
    LZ4F_freeCompressionContext(f->context);
    free(f);
}

/* What the library has written behind the end of `out`. */
static int take(struct strbuf *out, size_t written)
{
    if (LZ4F_isError(written))
        return -EIO;
    out->len += written;
    out->p[out->len] = '\0';
    return 0;
}

static int begin(struct lz4_frame *f, struct strbuf *out)
{
    if (f->is_begun)
        return 0;
    f->is_begun = true;
    if (!strbuf_reserve(out, LZ4F_HEADER_SIZE_MAX))
        return -ENOMEM;
    return take(out, LZ4F_compressBegin(f->context, out->p + out->len, out->room - out->len - 1,
                                        &f->preferences));
}

int lz4_frame_add(struct lz4_frame *f, struct slice bytes, struct strbuf *out)
{
    size_t bound = LZ4F_compressBound(bytes.len, &f->preferences);
    int err = begin(f, out);

    if (err)
        return err;
    if (!strbuf_reserve(out, bound))
        return -ENOMEM;
    return take(out, LZ4F_compressUpdate(f->context, out->p + out->len, out->room - out->len - 1,
                                         bytes.p, bytes.len, NULL));
}

int lz4_frame_end(struct lz4_frame *f, struct strbuf *out)
{
    int err = begin(f, out);

    if (err)
        return err;
    if (!strbuf_reserve(out, LZ4F_compressBound(0, &f->preferences)))
        return -ENOMEM;
    return take(out,
                LZ4F_compressEnd(f->context, out->p + out->len, out->room - out->len - 1, NULL));
}
