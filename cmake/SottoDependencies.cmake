# Every outside library, found once; docs/adr/0002-dependencies.md says why each is here.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(simdjson REQUIRED)
find_package(tl-expected REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(sndfile REQUIRED IMPORTED_TARGET sndfile)
pkg_check_modules(samplerate REQUIRED IMPORTED_TARGET samplerate)
pkg_check_modules(webrtc REQUIRED IMPORTED_TARGET webrtc-audio-processing)
pkg_check_modules(pocketsphinx REQUIRED IMPORTED_TARGET pocketsphinx sphinxbase)

# Asio and Beast are compiled once, here; everyone else sees declarations only.
add_library(sotto_asio OBJECT ${CMAKE_SOURCE_DIR}/cmake/boost_asio.cpp)
target_compile_definitions(sotto_asio PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(sotto_asio PUBLIC Boost::headers Threads::Threads)
add_library(sotto_beast OBJECT ${CMAKE_SOURCE_DIR}/cmake/boost_beast.cpp)
target_compile_definitions(sotto_beast PUBLIC BOOST_BEAST_SEPARATE_COMPILATION)
target_link_libraries(sotto_beast PUBLIC sotto_asio OpenSSL::SSL)
