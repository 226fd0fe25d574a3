#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace sotto::testing {

/// All that a file holds, byte for byte; nothing of one that cannot be read.
inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace sotto::testing
