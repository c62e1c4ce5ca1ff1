#include "probe/cli.h"
#include "probe/cmd/cmd.h"
#include "storage/audio/audio_libraries.h"

#include <stdio.h>

int cmd_version(int argc, char **argv)
{
    const struct audio_library *library;

    (void)argc;
    (void)argv;
    puts("earshot " EARSHOT_VERSION "\n\nLibraries for sound ('earshot export CALL -o x.wav'):");
    for (size_t i = 0; (library = audio_library_at(i)) != NULL; i++)
        printf("  %-18s %-14s %s\n", library->name,
               library->version ? library->version : "not built in", library->purpose);
    return EXIT_OK;
}
