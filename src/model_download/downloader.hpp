#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.hpp"
#include "model_download/file_download.hpp"
#include "models/translation.hpp"

namespace sotto::model_download {

struct Settings {
  /// A server with the repository's folders in place of GitHub's: URL/models/KIND/PAIR/FILE. Empty:
  /// GitHub's, at the commit of the list. A mirror with http is taken at its word.
  std::string mirror = {};
  std::string ca_file = {};  ///< certificates to trust, PEM; empty: the system's
  Patience patience = {};
  /// For another process that fetches the same model.
  milliseconds lock_patience = std::chrono::minutes{30};
};

/// Told on the thread of get(); each may be empty.
struct Hooks {
  /// Before anything is asked for: how many bytes are missing, and of which host.
  std::function<void(std::uint64_t missing, const std::string& host)> on_start = {};
  /// What is there of the model's missing files, bytes; often.
  std::function<void(std::uint64_t done, std::uint64_t missing)> on_progress = {};
  OnRetry on_retry = {};
  /// Another process is fetching the same model, and is waited for.
  std::function<void()> on_busy = {};
};

/// Fetches translation models. Thread-safe.
class Downloader {
 public:
  /// Errors: `invalid_argument` for a mirror that is no URL, and for a `ca_file` that cannot be
  /// read.
  static Result<Downloader> create(Settings settings);

  /// Fetches what is missing of a model's files, or is damaged, into `folder`, and forgets that the
  /// model was removed from it. Each file is in its place only when its SHA-256 was right; the
  /// weights (`model.*`) come last, so that where they are all is. Several processes may do so at
  /// once: one fetches, the others wait for it. Blocks; every wait has an end, and `stop` ends it.
  /// Returns the bytes that were missing: 0 where all was there.
  /// Errors, one line that says what to do: download()'s, PartFile's, `resource_exhausted` where
  /// the disk has too little room.
  Result<std::uint64_t> get(const models::TranslationModel& model,
                            const std::filesystem::path& folder, const Hooks& hooks = {},
                            const std::stop_token& stop = {}) const;

 private:
  Downloader(Settings settings, std::shared_ptr<http_client::HttpClient> client);
  Result<http_client::Url> url_of(const models::TranslationModel& model,
                                  const models::File& file) const;
  Result<> get_file(const models::TranslationModel& model, const models::File& file,
                    const std::filesystem::path& folder, const OnBytes& on_bytes,
                    const Hooks& hooks, const std::stop_token& stop) const;

  Settings settings_;
  std::shared_ptr<http_client::HttpClient> client_;
};

}  // namespace sotto::model_download
