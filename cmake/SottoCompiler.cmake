# Warnings are errors for our own code; flags that every target shares.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

add_library(sotto_warnings INTERFACE)
target_compile_options(sotto_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Werror
  # GCC 12 sees overflows in inlined std::string concatenation that are not there (GCC bug 105651),
  # and a mismatch where Asio's coroutine frames, which have their own operator new, are inlined.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
    -Wno-mismatched-new-delete>)

if(SOTTO_SANITIZE)
  add_compile_options(-fsanitize=${SOTTO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SOTTO_SANITIZE})
  # GCC 12 reports false positives in inlined library code under sanitizers.
  target_compile_options(sotto_warnings INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-error=maybe-uninitialized -Wno-error=tsan>)
endif()

if(SOTTO_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
