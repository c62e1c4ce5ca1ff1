#!/usr/bin/env bash
# bite.sh - each rule refuses what it is there to refuse, and lets a clean tree pass.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# fresh: a tree of one clean module, with the rules but without git.
fresh() {
    rm -rf "${work:?}/tree" && mkdir -p "$work/tree"/{tests/lint,analyzer/{base,sip,rtp},probe,build}
    cp "$here"/*.sh "$work/tree/tests/lint/" && cp "$here/../../.clang-format" "$work/tree/"
    cd "$work/tree" || exit 1
    printf '#ifndef ANALYZER_BASE_NOUN_H\n#define ANALYZER_BASE_NOUN_H\n\nint noun_verb(void);\n\n#endif\n' \
        >analyzer/base/noun.h
    printf '#include "analyzer/base/noun.h"\n\nint noun_verb(void)\n{\n    return 1;\n}\n' \
        >analyzer/base/noun.c
}

# bites RULE WHAT: the rule must fail (1) now; skips of missing tools are accepted.
bites() {
    BUILD_DIR=build "tests/lint/$1.sh" >out 2>&1
    case $? in
    1) ;;
    77) echo "not tried: $1 ($(cat out))" ;;
    *) echo "$1 lets pass: $2" && failed=1 ;;
    esac
    fresh
}

build() {
    objects=build/analyzer/base/CMakeFiles/analyzer_base.dir
    mkdir -p $objects
    "${CC:-cc}" -I. -c analyzer/base/noun.c -o "$objects/noun.c.o" || exit 1
}

fresh && build
for rule in banned format headers includes names scripts sizes text; do
    BUILD_DIR=build "tests/lint/$rule.sh" >out 2>&1
    case $? in 0 | 77) ;; *) echo "$rule refuses a clean tree:" && cat out && failed=1 ;; esac
done

fresh
echo 'void f(char *a, const char *b) { strcpy(a, b); }' >>analyzer/base/noun.c && bites banned strcpy
echo 'int   noun_x ( void );' >>analyzer/base/noun.h && bites format 'a prototype with blanks'
echo '#include "missing.h"' >>analyzer/base/noun.h && bites headers 'a header that is not there'
sed -i 's/BASE_NOUN_H/NOUN_H/' analyzer/base/noun.h && bites headers 'a guard that is not its path'
echo '#include "analyzer/rtp/x.h"' >analyzer/sip/y.c && bites includes 'sip includes rtp'
echo '#include "probe/config.h"' >analyzer/sip/y.c && bites includes 'analyzer includes probe'
echo '#include "analyzer/sip/y.h"' >>analyzer/base/noun.c && bites includes 'base includes sip'
echo '#include "noun.h"' >>analyzer/base/noun.c && bites includes 'an include not from the root'
echo '#include <pcap/pcap.h>' >>analyzer/base/noun.c && bites includes 'libpcap in the analyzer'
echo 'int elsewhere(void) { return 1; }' >>analyzer/base/noun.c && build && bites names 'a symbol'
echo 'int table[2];' >>analyzer/base/noun.c && build && bites names 'a global variable'
touch analyzer/base/string_utils.h && build && bites names 'a file called utils'
# shellcheck disable=SC2016 # the script is the bad one
printf '#!/bin/bash\nrm -r $1/*\n' >x.sh && chmod +x x.sh && bites scripts 'a variable without quotes'
printf '#!/bin/bash\ntrue\n' >x.sh && bites scripts 'no run bit'
yes '' | head -n 801 >>analyzer/base/noun.c && bites sizes 'a file of 801 lines'
{ printf 'void noun_long(void)\n{\n' && yes '    ;' | head -n 99 && echo '}'; } >>analyzer/base/noun.c &&
    bites sizes 'a function of 101 lines'
echo "/* TO""DO: the rest */" >>analyzer/base/noun.c && bites text 'unfinished'
echo "see /ho""me/me/notes" >notes.md && bites text 'a path of one machine'
echo '"resolved": "https://example.org/x.tgz"' >package-lock.json && bites text 'an address'
echo 'int noun; ' >>analyzer/base/noun.h && bites text 'a trailing blank'
head -c 1100000 /dev/zero >big.bin && bites text 'a large file'
exit $failed
