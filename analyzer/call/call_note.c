#include "analyzer/call/call_note.h"

bool call_notes_add(struct call_notes *notes, struct arena *arena, uint8_t kind, int64_t time_ns,
                    uint8_t by, struct slice detail, bool once)
{
    struct call_note *note;
    bool cut = false;

    for (note = notes->first; once && note; note = note->next) {
        if (note->kind == kind && note->by == by) {
            note->count += note->count < UINT32_MAX;
            return true;
        }
    }
    if (notes->count >= CALL_NOTES_MAX)
        return false;
    note = arena_take(arena, sizeof *note);
    if (!note)
        return false;
    *note = (struct call_note){ NULL, time_ns, 1, kind, by, SLICE_ABSENT };
    note->detail = arena_copy(arena, detail, CALL_NOTE_DETAIL_MAX_BYTES, &cut);
    if (notes->last)
        notes->last->next = note;
    else
        notes->first = note;
    notes->last = note;
    notes->count++;
    return true;
}

const struct call_note *call_notes_find(const struct call_notes *notes, uint8_t kind)
{
    for (const struct call_note *note = notes->first; note; note = note->next) {
        if (note->kind == kind)
            return note;
    }
    return NULL;
}

void call_notes_write(const struct call_notes *notes, const char *key,
                      struct slice (*name)(uint8_t kind), struct strbuf *out)
{
    static const struct slice sides[] = { { NULL, 0 }, SLICE_INIT("caller"), SLICE_INIT("callee") };
    struct jsonw j = jsonw_to(out);

    jsonw_array_open(&j);
    for (const struct call_note *note = notes->first; note; note = note->next) {
        jsonw_object_open(&j);
        jsonw_key(&j, "t");
        jsonw_time(&j, note->time_ns);
        jsonw_key(&j, key);
        jsonw_text(&j, name(note->kind));
        jsonw_key(&j, "by");
        jsonw_text(&j, sides[note->by]);
        jsonw_key(&j, "count");
        jsonw_int(&j, note->count);
        jsonw_key(&j, "detail");
        jsonw_text(&j, note->detail);
        jsonw_object_close(&j);
    }
    jsonw_array_close(&j);
}
