#include "feature_flag/acknowledgement.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace sotto::feature_flag {

namespace {

Result<std::vector<Acknowledgement>> look(ports::FlagStore& store, const std::string& name,
                                          const ports::FlagRevision& revision) {
  return store.readers(name).map([&](const std::vector<ports::FlagReaderState>& readers) {
    std::vector<Acknowledgement> found;
    for (const ports::FlagReaderState& reader : readers)
      found.push_back({reader.process, reader.version >= revision.version,
                       std::max(milliseconds{0}, reader.at - revision.changed_at), reader.version,
                       reader.sessions, reader.gone, reader.heard_at});
    return found;
  });
}

bool worth_no_wait(const std::vector<Acknowledgement>& acknowledgements) {
  return std::all_of(acknowledgements.begin(), acknowledgements.end(),
                     [](const Acknowledgement& known) { return known.given || known.gone; });
}

std::string with_sessions(const Acknowledgement& known) {
  if (!known.sessions) return known.process;
  return known.process + " (at version " + std::to_string(known.version) + ", " +
         std::to_string(*known.sessions) + " live " +
         (*known.sessions == 1 ? "session)" : "sessions)");
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
  const milliseconds ask_list = store.following().ask_list;
  for (;;) {
    auto seen = look(store, name, revision);
    const auto now = std::chrono::steady_clock::now();
    if (!seen || worth_no_wait(*seen) || now >= deadline) return seen;
    std::unique_lock lock(mutex);
    changed.wait_until(lock, told ? deadline : std::min(deadline, now + ask_list),
                       [&] { return news; });
    news = false;
  }
}

bool is_acknowledged(const std::vector<Acknowledgement>& acknowledgements,
                     const ports::FlagFollowing& following) {
  if (acknowledgements.empty()) return following.not_listed.empty();
  return std::all_of(acknowledgements.begin(), acknowledgements.end(),
                     [](const Acknowledgement& known) { return known.given && !known.gone; });
}

std::string to_line(const std::vector<Acknowledgement>& acknowledgements) {
  milliseconds longest{0};
  std::size_t given = 0, alive = 0;
  std::string missing;
  for (const Acknowledgement& known : acknowledgements) {
    if (known.gone) continue;
    ++alive;
    if (known.given) {
      ++given;
      longest = std::max(longest, known.took);
    } else {
      missing += (missing.empty() ? "" : ", ") + with_sessions(known);
    }
  }
  if (alive == 0) return "no process has signed in as a reader of this flag";
  std::string line = std::to_string(given) + " of " + std::to_string(alive) +
                     (alive == 1 ? " process" : " processes") + " acknowledged";
  if (given > 0) line += " in " + std::to_string(longest.count()) + " ms";
  if (!missing.empty()) line += "; not yet: " + missing;
  return line;
}

std::vector<std::string> not_known(const std::vector<Acknowledgement>& acknowledgements,
                                   const ports::FlagFollowing& following) {
  std::vector<std::string> lines;
  for (const Acknowledgement& known : acknowledgements)
    if (known.gone)
      lines.push_back("gone: " + with_sessions(known) + " was heard of last at " +
                      format_utc(known.heard_at) + "; whether it still runs is not known");
  if (!following.not_listed.empty()) lines.push_back("not known: " + following.not_listed);
  return lines;
}

}  // namespace sotto::feature_flag
