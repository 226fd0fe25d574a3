#include "feature_flag/acknowledgement.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace sotto::feature_flag {

namespace {

// Where a store cannot say that something changed, it is asked this often.
constexpr std::chrono::milliseconds ask_interval{50};

Result<std::vector<Acknowledgement>> look(ports::FlagStore& store, const std::string& name,
                                          const ports::FlagRevision& revision) {
  return store.readers(name).map([&](const std::vector<ports::FlagReaderState>& readers) {
    std::vector<Acknowledgement> found;
    for (const ports::FlagReaderState& reader : readers)
      found.push_back({reader.process, reader.version == revision.version,
                       std::max(milliseconds{0}, reader.at - revision.changed_at)});
    return found;
  });
}

bool all_given(const std::vector<Acknowledgement>& acknowledgements) {
  return std::all_of(acknowledgements.begin(), acknowledgements.end(),
                     [](const Acknowledgement& known) { return known.given; });
}

}  // namespace

Result<std::vector<Acknowledgement>> await_acknowledgements(ports::FlagStore& store,
                                                            const std::string& name,
                                                            const ports::FlagRevision& revision,
                                                            std::chrono::milliseconds patience) {
  std::mutex mutex;
  std::condition_variable changed;
  bool news = false;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const auto watch = store.watch(name, [&] {
    {
      const std::lock_guard lock(mutex);
      news = true;
    }
    changed.notify_all();
  });
  const bool told = watch && *watch;
  for (;;) {
    auto seen = look(store, name, revision);
    const auto now = std::chrono::steady_clock::now();
    if (!seen || all_given(*seen) || now >= deadline) return seen;
    std::unique_lock lock(mutex);
    changed.wait_until(lock, told ? deadline : std::min(deadline, now + ask_interval),
                       [&] { return news; });
    news = false;
  }
}

std::string to_line(const std::vector<Acknowledgement>& acknowledgements) {
  if (acknowledgements.empty()) return "no process has signed in as a reader of this flag";
  milliseconds longest{0};
  std::size_t given = 0;
  std::string missing;
  for (const Acknowledgement& known : acknowledgements) {
    if (known.given) {
      ++given;
      longest = std::max(longest, known.took);
    } else {
      missing += (missing.empty() ? "" : ", ") + known.process;
    }
  }
  std::string line = std::to_string(given) + " of " + std::to_string(acknowledgements.size()) +
                     (acknowledgements.size() == 1 ? " process" : " processes") + " acknowledged";
  if (given > 0) line += " in " + std::to_string(longest.count()) + " ms";
  if (!missing.empty()) line += "; not yet: " + missing;
  return line;
}

}  // namespace sotto::feature_flag
