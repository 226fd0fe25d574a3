# cmake -DOUT=report_page.cpp -DPAGE=report.html -DSTYLE=report.css -DSCRIPT=report.js
#       -P report_page.cmake
#
# Writes the report's page as one constant, its style and its script within it. The page's policy
# has the script's hash, so that no other runs.
cmake_minimum_required(VERSION 3.25)  # an @ is an @

file(READ "${PAGE}" page)
file(READ "${STYLE}" style)
file(READ "${SCRIPT}" script)
string(STRIP "${style}" style)
string(STRIP "${script}" script)
foreach(end "</script" "</style" "<!--" ")sotto\"" "@@")
  string(FIND "${style}${script}" "${end}" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "the report's style or script holds ${end}, which ends its place")
  endif()
endforeach()

# In base64, as policies want it: six bits at a time.
file(WRITE "${OUT}.script" "${script}")
file(SHA256 "${OUT}.script" digits)
file(REMOVE "${OUT}.script")
set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
set(hash "")
foreach(at RANGE 0 60 6)
  string(SUBSTRING "${digits}00" ${at} 6 three_bytes)
  foreach(shift 18 12 6 0)
    math(EXPR index "(0x${three_bytes} >> ${shift}) & 63")
    string(SUBSTRING "${alphabet}" ${index} 1 digit)
    string(APPEND hash "${digit}")
  endforeach()
endforeach()
string(REGEX REPLACE ".$" "=" hash "${hash}")

string(REPLACE "@@script-hash@@" "sha256-${hash}" page "${page}")
string(REPLACE "@@style@@" "${style}" page "${page}")
string(REPLACE "@@script@@" "${script}" page "${page}")
file(WRITE "${OUT}.new"
  "// Generated from web/report.html, report.css and src/console/report.ts; change the sources there.\n"
  "#include \"web/report_page.hpp\"\n\n"
  "namespace sotto::web {\n\n"
  "std::string_view report_page() { return R\"sotto(${page})sotto\"; }\n\n"
  "}  // namespace sotto::web\n")
file(RENAME "${OUT}.new" "${OUT}")
