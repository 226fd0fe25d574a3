#pragma once

#include <filesystem>
#include <functional>
#include <thread>
#include <vector>

#include "model_download/downloader.hpp"

namespace sotto::model_download {

/// Fetches models while something else is done.
class Background {
 public:
  /// Told on a thread of its own; each may be empty.
  struct Events {
    /// Fetching begins: how much is missing, bytes, and of which host.
    std::function<void(const models::TranslationModel&, std::uint64_t missing,
                       const std::string& host)>
        on_start = {};
    /// All files are in their place, `missing` bytes of them only now: 0 where all was there.
    std::function<void(const models::TranslationModel&, std::uint64_t missing)> on_ready = {};
    /// It cannot be had, and the rest is not tried. Not told of a stop.
    std::function<void(const Error&)> on_failed = {};
  };

  /// Begins to fetch the models into `folder`, one after the other; each must outlive this. A model
  /// that was removed from the folder is left alone.
  Background(Downloader downloader, std::vector<const models::TranslationModel*> models,
             std::filesystem::path folder, Events events);

  /// Stops, within seconds; what has come is gone on with another time.
  ~Background() = default;

 private:
  std::jthread thread_;
};

}  // namespace sotto::model_download
