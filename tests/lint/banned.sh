#!/usr/bin/env bash
# banned.sh - functions that cannot be used safely on a stranger's bytes, or at all.
. "$(dirname "$0")/sources.sh"

functions='strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|atoi|atol|scanf|sscanf|fscanf'
functions+='|alloca|localtime|gmtime|ctime|asctime|inet_ntoa|inet_addr|system|popen|tmpnam|mktemp|rand|srand'

# A name in a comment is followed by no parenthesis, or stands behind the comment's star.
sources '*.c' '*.h' | xargs grep -nHE "(^|[^A-Za-z0-9_>.\"])($functions)[[:space:]]*\(" |
    grep -vE '^[^:]*:[0-9]+:[[:space:]]*(\*|/\*)' | report "banned functions"
