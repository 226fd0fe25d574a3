#include "output/download_progress.hpp"

#include <unistd.h>

#include <utility>

#include "output/models_output.hpp"

namespace sotto::app {

DownloadProgress::DownloadProgress(std::FILE* out, std::string name)
    : out_(out),
      name_(std::move(name)),
      is_terminal_(::isatty(::fileno(out)) != 0),
      said_(Clock::now()) {}

model_download::Hooks DownloadProgress::hooks() {
  model_download::Hooks hooks;
  hooks.on_start = [this](std::uint64_t missing, const std::string& host) {
    std::fprintf(out_, "%s: fetching %s from %s\n", name_.c_str(), megabytes(missing).c_str(),
                 host.c_str());
    std::fflush(out_);
  };
  hooks.on_progress = [this](std::uint64_t done, std::uint64_t all) { look(done, all); };
  hooks.on_retry = [this](const Error& reason, milliseconds wait) {
    end();
    std::fprintf(out_, "%s: %s; trying again in %.0f s\n", name_.c_str(), reason.message.c_str(),
                 static_cast<double>(wait.count()) / 1000.0);
    std::fflush(out_);
  };
  hooks.on_busy = [this] {
    std::fprintf(out_, "%s: another process is fetching it; waiting for that\n", name_.c_str());
    std::fflush(out_);
  };
  return hooks;
}

void DownloadProgress::look(std::uint64_t done, std::uint64_t all) {
  const auto now = Clock::now();
  const auto between = is_terminal_ ? milliseconds{200} : milliseconds{10'000};
  if (now - said_ < between) return;
  said_ = now;
  std::fprintf(out_, is_terminal_ ? "\r%s: %s of %s " : "%s: %s of %s\n", name_.c_str(),
               megabytes(done).c_str(), megabytes(all).c_str());
  in_line_ = is_terminal_;
  std::fflush(out_);
}

void DownloadProgress::end() {
  if (in_line_) std::fputs("\r\033[K", out_);
  in_line_ = false;
}

}  // namespace sotto::app
