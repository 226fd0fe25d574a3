#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/result.hpp"

namespace sotto::model_download {

/// What has come of a file: `TARGET.part` beside it, which a later run goes on with. For one
/// process at a time; the caller has a lock. Errors name the file: `permission_denied`,
/// `resource_exhausted` where the disk is full, `unavailable`. Not thread-safe.
class PartFile {
 public:
  /// Opens or makes it, and the folder that it is in. One that is larger than `most` bytes is begun
  /// again: it is not of this file.
  static Result<PartFile> open(const std::filesystem::path& target, std::uint64_t most);
  ~PartFile();
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;

  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

  Result<> append(std::string_view piece);

  /// Drops what has come.
  Result<> restart();

  /// Puts it in the target's place, at once and for good: fsync(2), rename(2), fsync of the folder.
  Result<> finish();

  /// Removes it, and its folder where nothing else is in it.
  void remove();

 private:
  PartFile(int descriptor, std::filesystem::path target, std::filesystem::path path);
  tl::unexpected<Error> failed(int error) const;

  int descriptor_;
  std::filesystem::path target_, path_;
  std::uint64_t size_ = 0;
};

}  // namespace sotto::model_download
