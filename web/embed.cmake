# cmake -DOUT=assets.cpp -DASSETS="path|file;…" [-DGZIP=gzip] -P embed.cmake
#
# Writes the files, text only, as raw string literals: the form that compiles fastest. Beside each
# its gzip form, which is not text and so goes in byte by byte.
set(type_of_html "text/html; charset=utf-8")
set(type_of_css "text/css; charset=utf-8")
set(type_of_js "text/javascript; charset=utf-8")
set(type_of_json "application/json")
set(type_of_svg "image/svg+xml")
if(NOT GZIP)
  set(GZIP gzip)
endif()

set(arrays "")
set(entries "")
set(number 0)
foreach(asset IN LISTS ASSETS)
  string(REPLACE "|" ";" parts "${asset}")
  list(GET parts 0 path)
  list(GET parts 1 file)
  file(READ "${file}" body)
  string(FIND "${body}" ")sotto\"" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "${file} holds the text that ends its literal")
  endif()
  file(SHA256 "${file}" digest)
  string(SUBSTRING "${digest}" 0 16 digest)
  string(REGEX MATCH "[a-z]+$" extension "${file}")
  if(NOT type_of_${extension})
    message(FATAL_ERROR "no content type is known for ${file}")
  endif()

  # -n: neither name nor time, so that the same text gives the same bytes.
  execute_process(
    COMMAND "${GZIP}" -9 -n -c "${file}" OUTPUT_FILE "${OUT}.gz" COMMAND_ERROR_IS_FATAL ANY)
  file(READ "${OUT}.gz" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND arrays "constexpr char kGzip${number}[] = {${bytes}};\n\n")
  string(APPEND entries
    "    Asset{\"${path}\", \"${type_of_${extension}}\", R\"sotto(${body})sotto\"sv, R\"(\"${digest}\")\",\n"
    "          {kGzip${number}, sizeof kGzip${number}}, R\"(\"${digest}-gzip\")\"},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(REMOVE "${OUT}.gz")
file(WRITE "${OUT}.new"
  "// Generated from web/; change the sources there.\n"
  "#include \"web/assets.hpp\"\n\n"
  "namespace sotto::web {\nnamespace {\n\n"
  "using namespace std::string_view_literals;\n\n"
  "${arrays}"
  "constexpr Asset kAssets[] = {\n${entries}};\n\n"
  "}  // namespace\n\n"
  "std::span<const Asset> assets() { return kAssets; }\n\n"
  "}  // namespace sotto::web\n")
file(RENAME "${OUT}.new" "${OUT}")
