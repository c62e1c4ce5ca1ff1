#include "storage/packets/chunk_loader.h"

#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/packets/segment_file.h"

#include <stdlib.h>
#include <unistd.h>

void chunk_loader_init(struct chunk_loader *l, const char *store_dir)
{
    *l = (struct chunk_loader){ .store_dir = store_dir,
                                .chunks = { .fd = -1 },
                                .payloads = { .fd = -1 } };
}

static void close_file(struct loader_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

void chunk_loader_fini(struct chunk_loader *l)
{
    close_file(&l->chunks);
    close_file(&l->payloads);
    free(l->stored);
    free(l->audio);
    l->stored = l->audio = NULL;
}

enum chunk_parse chunk_read_joined(int fd, int audio_fd, const struct chunk_place *place,
                                   uint8_t *stored, uint8_t *audio, uint8_t *raw,
                                   struct chunk_header *h)
{
    struct bytes payloads = bytes_of(NULL, 0);
    enum chunk_parse result;

    if (place->stored_bytes > CHUNK_STORED_MAX ||
        segment_file_read(fd, stored, place->stored_bytes, place->offset) != 0)
        return CHUNK_SHORT;
    if (place->audio_bytes && place->audio_bytes <= CHUNK_STORED_MAX && audio_fd >= 0 &&
        segment_file_read(audio_fd, audio, place->audio_bytes, place->audio_offset) == 0)
        payloads = bytes_of(audio, place->audio_bytes);
    result = media_chunk_decode(bytes_of(stored, place->stored_bytes), payloads, h, raw);
    if (result == CHUNK_OK && h->payload_bytes + CHUNK_HEADER_BYTES != place->stored_bytes)
        result = CHUNK_BAD_FIELD;
    return result;
}

static int use_file(struct chunk_loader *l, struct loader_file *file, int32_t day, uint8_t kind,
                    uint32_t segment)
{
    if (file->fd < 0 || file->day != day || file->kind != kind || file->segment != segment) {
        close_file(file);
        file->fd = segment_open_read(l->store_dir, day, kind, segment);
        file->day = day;
        file->kind = kind;
        file->segment = segment;
    }
    return file->fd;
}

enum chunk_parse chunk_loader_read(struct chunk_loader *l, int32_t day, uint8_t kind,
                                   const struct chunk_place *place, uint8_t *raw,
                                   struct chunk_header *h)
{
    int fd = use_file(l, &l->chunks, day, kind, place->segment), audio_fd = -1;
    enum chunk_parse result;

    if (fd < 0)
        return CHUNK_SHORT;
    if (!l->stored)
        l->stored = malloc(CHUNK_STORED_MAX);
    if (!l->audio && place->audio_bytes)
        l->audio = malloc(CHUNK_STORED_MAX);
    if (!l->stored || (!l->audio && place->audio_bytes))
        return CHUNK_NO_MEMORY;
    if (place->audio_bytes)
        audio_fd = use_file(l, &l->payloads, day, PACKET_AUDIO, place->audio_segment);
    result = chunk_read_joined(fd, audio_fd, place, l->stored, l->audio, raw, h);
    return result == CHUNK_OK && h->kind != kind ? CHUNK_BAD_FIELD : result;
}

enum chunk_parse chunk_loader_check_audio(struct chunk_loader *l, int32_t day,
                                          const struct media_audio *audio)
{
    int fd = use_file(l, &l->payloads, day, PACKET_AUDIO, audio->segment);

    if (!l->audio)
        l->audio = malloc(CHUNK_STORED_MAX);
    if (!l->audio)
        return CHUNK_NO_MEMORY;
    if (fd < 0 || audio->stored_bytes > CHUNK_STORED_MAX ||
        segment_file_read(fd, l->audio, audio->stored_bytes, audio->offset) != 0)
        return CHUNK_SHORT;
    return media_chunk_check_audio(bytes_of(l->audio, audio->stored_bytes), audio);
}
