# sotto_module(NAME
#   [SOURCES a.cpp ...]       relative to the current folder; none makes a header-only module
#   [DEPENDS module ...]      other sotto modules: the only ones whose headers it can include
#   [LIBRARIES target ...]    outside libraries
#   [TESTS x_test.cpp ...]    unit tests beside their sources; one program NAME_tests
#   [TEST_DEPENDS module ...]
#   [TOGETHER pattern])       see sotto_test
#
# Each module sees its own headers and those of the modules it names, and no others: its include
# root holds one link, named after the module. A wrong arrow is a missing file, not a review comment.
function(sotto_module name)
  cmake_parse_arguments(arg "" "PATH;TOGETHER" "SOURCES;DEPENDS;LIBRARIES;TESTS;TEST_DEPENDS" ${ARGN})
  if(NOT arg_PATH)
    set(arg_PATH ${name})
  endif()
  set(target sotto_${name})
  set(root ${CMAKE_BINARY_DIR}/include-roots/${name})
  get_filename_component(parent ${root}/${arg_PATH} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${arg_PATH} SYMBOLIC)

  list(TRANSFORM arg_DEPENDS PREPEND sotto_)
  list(TRANSFORM arg_TEST_DEPENDS PREPEND sotto_)
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    target_include_directories(${target} PUBLIC ${root})
    target_link_libraries(${target} PUBLIC ${arg_DEPENDS} ${arg_LIBRARIES} PRIVATE sotto_warnings)
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${root})
    target_link_libraries(${target} INTERFACE ${arg_DEPENDS} ${arg_LIBRARIES})
  endif()

  if(SOTTO_BUILD_TESTS AND arg_TESTS)
    sotto_test(${name}_tests SOURCES ${arg_TESTS} LIBRARIES ${target} ${arg_TEST_DEPENDS}
      TOGETHER ${arg_TOGETHER})
  endif()
endfunction()

# sotto_test(NAME SOURCES ... [LIBRARIES ...] [LABELS ...] [TIMEOUT seconds] [TOGETHER pattern]): a
# GoogleTest program, each of its tests known to ctest by name. Those that match `pattern` share
# something that takes seconds to start, and are one test of ctest: NAME.together.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include-roots/tests)
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/tests ${CMAKE_BINARY_DIR}/include-roots/tests/tests SYMBOLIC)
function(sotto_test name)
  cmake_parse_arguments(arg "" "TIMEOUT;TOGETHER" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main sotto_warnings)
  # tests/support and tests/contract, which only tests may include
  target_include_directories(${name} PRIVATE ${CMAKE_BINARY_DIR}/include-roots/tests)
  target_precompile_headers(${name} PRIVATE <gmock/gmock.h> <gtest/gtest.h> <string> <vector>)
  set(alone "*")
  if(arg_TOGETHER)
    set(alone "-${arg_TOGETHER}")
    add_test(NAME ${name}.together COMMAND ${name} --gtest_filter=${arg_TOGETHER})
    set_tests_properties(${name}.together PROPERTIES
      TIMEOUT 600 LABELS "${arg_LABELS}" SKIP_REGULAR_EXPRESSION "moto_server is not installed")
  endif()
  gtest_discover_tests(${name} TEST_FILTER "${alone}"
    NO_PRETTY_VALUES TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
    # RapidCheck's seed, fixed so that a failure is a change's; RC_PARAMS="seed=2 max_success=100000"
    # with the program itself looks further.
    PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}" ENVIRONMENT "RC_PARAMS=seed=1")
endfunction()
