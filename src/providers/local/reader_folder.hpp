#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ports/flag_store.hpp"

namespace sotto::providers::local {

/// The processes of this machine that read flags. Each has a file in one folder, with the version
/// that it acts on, and locks it (flock(2)) until the process ends, in whatever way. Files without
/// a lock are removed by the next process that reads the folder. Thread-safe.
class ReaderFolder {
 public:
  explicit ReaderFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }

  /// Takes a place under `process`: the file's name is that with anything but letters, digits and
  /// `.-_` replaced. Errors: `already_exists` for a name in use, and those of the file system.
  Result<std::unique_ptr<ports::FlagReaderSeat>> join(const std::string& flag,
                                                      const std::string& process) const;

  /// The flag's readers that are alive, by name; none where the folder is not there.
  Result<std::vector<ports::FlagReaderState>> readers(const std::string& flag) const;

 private:
  const std::filesystem::path folder_;
};

}  // namespace sotto::providers::local
