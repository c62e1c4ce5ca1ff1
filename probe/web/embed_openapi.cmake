# Writes OUT, a C file that holds docs/openapi.json without its indentation (a string literal of that length
# is more than C11 promises).
#   cmake -DOUT=... -DIN=docs/openapi.json -P embed_openapi.cmake

file(READ "${IN}" text)
string(REGEX REPLACE "\n *" "" text "${text}")
file(WRITE "${OUT}.json" "${text}")
file(READ "${OUT}.json" hex HEX)
file(SHA256 "${OUT}.json" hash)
string(SUBSTRING ${hash} 0 16 tag)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n    " bytes "${bytes}")
file(WRITE "${OUT}" "/* Made by probe/web/embed_openapi.cmake. */
#include \"probe/web/openapi.h\"

const char openapi_tag[] = \"\\\"${tag}\\\"\";
const unsigned char openapi_text[] = {
    ${bytes}
};
const unsigned openapi_size = sizeof openapi_text;
")
