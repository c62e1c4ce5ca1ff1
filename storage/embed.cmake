# Writes OUT, a C file that holds schema.sql and the steps of migrations/ as arrays of characters
# (a string literal of that length is more than C11 promises).
#   cmake -DOUT=... -DSCHEMA=... [-DSTEPS=001.sql,002.sql] -P embed.cmake

function(embed variable file)
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "((0x..,){16})" "\\1\n    " bytes "${bytes}")
  set(${variable} "${bytes}" PARENT_SCOPE)
endfunction()

embed(schema "${SCHEMA}")
set(text "/* Made by storage/embed.cmake. */\n#include \"storage/day_db.h\"\n\n")
string(APPEND text "const char day_db_schema[] = {\n    ${schema}0\n};\n\n")
set(table "")
string(REPLACE "," ";" steps "${STEPS}")
foreach(step IN LISTS steps)
  get_filename_component(name "${step}" NAME_WE)
  math(EXPR version "1${name} - 1000")
  embed(bytes "${step}")
  string(APPEND text "static const char step_${name}[] = {\n    ${bytes}0\n};\n\n")
  string(APPEND table "    { ${version}, step_${name} },\n")
endforeach()
string(APPEND text "const struct day_db_step day_db_steps[] = {\n${table}    { 0, NULL },\n};\n")
file(WRITE "${OUT}" "${text}")
