#include "analyzer/base/utf8.h"

size_t utf8_decode(const char *text, size_t len, uint32_t *code_point)
{
    static const uint32_t smallest[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *p = (const unsigned char *)text;
    uint32_t code;
    size_t need;

    if (len == 0)
        return 0;
    if (p[0] < 0x80) {
        *code_point = p[0];
        return 1;
    }
    if ((p[0] & 0xe0) == 0xc0)
        need = 2;
    else if ((p[0] & 0xf0) == 0xe0)
        need = 3;
    else if ((p[0] & 0xf8) == 0xf0)
        need = 4;
    else
        return 0;
    if (len < need)
        return 0;
    code = p[0] & (0x7fu >> need);
    for (size_t i = 1; i < need; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3fu);
    }
    if (code < smallest[need] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *code_point = code;
    return need;
}
