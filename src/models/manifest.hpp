#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sotto::models {

/// A file that a model consists of.
struct File {
  std::filesystem::path path;  ///< in a models' folder, such as moonshine-tiny-en/tokenizer.bin
  std::uint64_t size = 0;      ///< bytes
  std::string sha256;          ///< 64 lower-case hexadecimal digits
  /// Made on this machine out of what the package carries. On another kind of processor it may come
  /// out otherwise; then `PATH.sha256` beside it has its own digest and size.
  bool prepared = false;
};

struct Model {
  std::string name;              ///< such as moonshine-tiny-en
  std::string purpose;           ///< what it is for, in some words
  std::string licence;           ///< SPDX identifier
  std::string package, version;  ///< of Python's package index
  std::vector<File> files;       ///< never empty
  bool optional = false;         ///< fetched only where it is named

  std::uint64_t size() const;  ///< of all files, bytes
};

struct Manifest {
  std::vector<Model> models;  ///< in the order in which they are shown

  /// Null where there is none of that name.
  const Model* find(std::string_view name) const;
};

/// Reads a manifest, with the files for `processor` (as `uname -m` says it: x86_64, aarch64). A
/// model that has no file for it is left out. Errors: `invalid_argument` naming the member.
Result<Manifest> parse_manifest(std::string_view text, std::string_view processor);

/// What this program was built for: `x86_64`, `aarch64` or `other`.
std::string_view processor();

/// The program's own manifest, for processor(). Thread-safe.
const Manifest& manifest();

}  // namespace sotto::models
