#include "probe/privacy_load.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_MAX = 4096 };

struct word {
    const char *word;
    uint8_t value;
};

static const struct word ways[] = {
    { "clear", PRIVACY_CLEAR },
    { "redact", PRIVACY_REDACT },
    { "pseudonym", PRIVACY_PSEUDONYM },
};

static const struct word secrets[] = {
    { "digest", PRIVACY_BLANK_DIGEST },
    { "sdes", PRIVACY_BLANK_SDES },
    { "dtmf", PRIVACY_BLANK_DTMF },
    { "message", PRIVACY_BLANK_MESSAGE },
};

/* The table of options lets no other word in. */
static uint8_t value_of(const struct word *words, size_t count, const char *word)
{
    for (size_t i = 0; word && i < count; i++) {
        if (strcmp(words[i].word, word) == 0)
            return words[i].value;
    }
    return 0;
}

static int complain(struct strbuf *errors, const char *path, const char *what)
{
    strbuf_addf(errors, "%s: %s\n", path, what);
    return -EINVAL;
}

/* Everything of it, up to KEY_MAX; its length or −errno. */
static ssize_t read_all(int fd, char *bytes)
{
    size_t len = 0;
    ssize_t n;

    while (len < KEY_MAX && (n = read(fd, bytes + len, KEY_MAX - len)) != 0) {
        if (n < 0 && errno != EINTR)
            return -errno;
        len += n > 0 ? (size_t)n : 0;
    }
    return (ssize_t)len;
}

static int take_key(struct privacy *p, int fd, const char *path, struct strbuf *errors)
{
    char bytes[KEY_MAX];
    struct stat st;
    ssize_t len;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return complain(errors, path, "the key of pseudonyms must be a file");
    if (st.st_mode & 077) {
        strbuf_addf(errors,
                    "%s: others may read the key of pseudonyms (mode %03o): 'chmod 600 %s'\n", path,
                    (unsigned)st.st_mode & 0777, path);
        return -EINVAL;
    }
    len = read_all(fd, bytes);
    if (len < 0)
        return complain(errors, path, strerror((int)-len));
    if (len < PRIVACY_KEY_MIN) {
        strbuf_addf(errors,
                    "%s: a key of %zd bytes is too short, %d or more it must be: "
                    "'head -c 32 /dev/urandom > %s'\n",
                    path, len, PRIVACY_KEY_MIN, path);
        return -EINVAL;
    }
    privacy_set_key(p, slice_of(bytes, (size_t)len));
    explicit_bzero(bytes, sizeof bytes);
    return 0;
}

static int load_key(struct privacy *p, const char *path, struct strbuf *errors)
{
    int fd, err;

    if (!path) {
        strbuf_add_text(errors, "privacy.key_file: pseudonyms need a key: "
                                "'head -c 32 /dev/urandom > KEY; chmod 600 KEY'\n");
        return -EINVAL;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return complain(errors, path, strerror(errno));
    err = take_key(p, fd, path, errors);
    close(fd);
    return err;
}

int privacy_load(struct privacy *out, const struct config *config, struct strbuf *errors)
{
    *out = (struct privacy){ .digits = (uint8_t)config->privacy_digits };
    out->numbers = value_of(ways, sizeof ways / sizeof ways[0], config->privacy_numbers);
    out->names = value_of(ways, sizeof ways / sizeof ways[0], config->privacy_names);
    for (size_t i = 0; i < config->privacy_blank.n; i++)
        out->blank |=
            value_of(secrets, sizeof secrets / sizeof secrets[0], config->privacy_blank.items[i]);
    if (out->numbers != PRIVACY_PSEUDONYM && out->names != PRIVACY_PSEUDONYM)
        return 0;
    return load_key(out, config->privacy_key_file, errors);
}
