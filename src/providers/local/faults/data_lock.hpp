#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "base/utc_time.hpp"

namespace sotto::providers::local {

/// One server at a time uses a data folder: who has this has it until it is destroyed or its
/// process ends, however that ends. The lock is the kernel's, on `serve.lock` in the folder (mode
/// 0600), so that what a killed process leaves there is no lock. The file says who has it, for the
/// message that the next one gets. On NFS it is as good as the server's locks: version 4 has them,
/// version 3 with its lock daemon. Thread-safe.
class DataLock {
 public:
  /// Makes the folder where there is none, for its owner alone. Does not wait. Errors:
  /// `already_exists` where another process has it, named by its pid, host, start and address;
  /// `permission_denied` and `unavailable` for a folder in which no file can be locked.
  static Result<DataLock> take(const std::filesystem::path& folder, UtcTime now);
  ~DataLock();
  DataLock(DataLock&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), holder_(std::move(other.holder_)) {}
  DataLock& operator=(DataLock&&) = delete;

  /// Says where this server listens.
  void say_address(const std::string& address) const;

 private:
  DataLock(int fd, std::string holder) : fd_(fd), holder_(std::move(holder)) {}

  int fd_;
  std::string holder_;
};

}  // namespace sotto::providers::local
