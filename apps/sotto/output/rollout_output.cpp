#include "output/rollout_output.hpp"

#include <algorithm>
#include <iomanip>

namespace sotto::app {

namespace {

std::string percent(int percentage) { return std::to_string(percentage) + " %"; }

std::ostream& line(std::ostream& out, const char* label) {
  return out << std::left << std::setw(12) << label;
}

void print_readers(std::ostream& out, std::uint64_t version,
                   const std::vector<ports::FlagReaderState>& readers) {
  if (readers.empty()) {
    line(out, "Processes") << "none has signed in as a reader\n";
    return;
  }
  const auto current = std::count_if(readers.begin(), readers.end(), [&](const auto& reader) {
    return reader.version == version && !reader.gone;
  });
  line(out, "Processes") << current << " of " << readers.size() << " act by version " << version
                         << '\n';
  for (const auto& reader : readers) {
    if (reader.gone)
      line(out, "") << printable(reader.process) << " is gone: heard of last at "
                    << format_utc(reader.heard_at) << ", by version " << reader.version << '\n';
    else if (reader.version != version)
      line(out, "") << printable(reader.process) << " acts by version " << reader.version << '\n';
  }
}

}  // namespace

std::string ago(UtcTime then, UtcTime now) {
  using std::chrono::duration_cast;
  const auto seconds = duration_cast<std::chrono::seconds>(now - then).count();
  if (seconds < 1) return "just now";
  if (seconds < 60) return std::to_string(seconds) + " s ago";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min ago";
  if (seconds < 172800) return std::to_string(seconds / 3600) + " h ago";
  return std::to_string(seconds / 86400) + " days ago";
}

std::string printable(std::string text, std::size_t max_size) {
  if (text.size() > max_size) text = text.substr(0, max_size - 3) + "...";
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }, ' ');
  return text;
}

std::string meaning(const rollout::Flag& flag) {
  if (!flag.enabled)
    return "off for everybody (disabled; " + percent(flag.rollout_percentage) +
           " once it is enabled again)";
  if (flag.rollout_percentage == 0) return "on for nobody (0 %)";
  if (flag.rollout_percentage == 100) return "on for every new session (100 %)";
  return "on for " + percent(flag.rollout_percentage) + " of new sessions";
}

void print_status(std::ostream& out, const std::string& parameter_name, const std::string& store,
                  const feature_flag::FlagVersion& version,
                  const std::vector<ports::FlagReaderState>& readers, UtcTime now) {
  const auto& [flag, revision] = version;
  line(out, "Flag") << parameter_name << '\n';
  line(out, "Store") << store << '\n';
  line(out, "State") << meaning(flag) << '\n';
  line(out, "Threshold") << "words count as stable from " << flag.min_stability_threshold << '\n';
  line(out, "Buffer") << "stable text is held for " << to_seconds(flag.max_buffer_timeout)
                      << " s at most\n";
  if (!flag.salt.empty()) line(out, "Salt") << flag.salt << '\n';
  if (flag.control_percentage > 0)
    line(out, "Control group") << percent(flag.control_percentage) << " of new sessions\n";
  if (flag.recall_live)
    line(out, "Stepped back") << "live sessions beyond the percentage lose partial results too\n";
  if (flag.a_a) line(out, "A/A trial") << "the canary does not get partial results either\n";
  for (const rollout::Override& known : flag.overrides)
    line(out, "Override") << known.session_id << " is " << (known.enabled ? "on" : "off")
                          << (known.expires_at > now ? " until " : ", expired at ")
                          << format_utc(known.expires_at) << '\n';
  line(out, "Version") << revision.version << ", by " << printable(revision.changed_by) << ' '
                       << ago(revision.changed_at, now) << " (" << format_utc(revision.changed_at)
                       << ")\n";
  if (!revision.reason.empty()) line(out, "Reason") << printable(revision.reason, 500) << '\n';
  print_readers(out, revision.version, readers);
}

void print_changed(std::ostream& out, const feature_flag::FlagChanged& changed, bool dry_run) {
  const rollout::Flag& flag = changed.after.flag;
  if (changed.differences.empty() && changed.before) {
    out << "nothing to change; version " << changed.after.revision.version
        << " stays: partial results are " << meaning(flag) << '\n';
    return;
  }
  if (dry_run) {
    out << "would change: ";
  } else {
    out << "version " << changed.after.revision.version << ": ";
  }
  out << (changed.before || !changed.differences.empty()
              ? printable(rollout::to_line(changed.differences), 2000)
              : "the first, with the defaults")
      << '\n';
  out << "partial results " << (dry_run ? "would be " : "are ") << meaning(flag) << '\n';
  if (dry_run && !changed.switches_on.empty())
    out << "it " << printable(changed.switches_on, 1000) << '\n';
  if (!flag.enabled && !changed.differences.empty() &&
      changed.differences.front().field != "enabled")
    out << "to switch them on: sotto rollout --enable\n";
}

void print_history(std::ostream& out, const std::vector<feature_flag::HistoryEntry>& entries,
                   UtcTime now) {
  for (const feature_flag::HistoryEntry& entry : entries) {
    const auto& revision = entry.revision;
    out << std::right << std::setw(5) << revision.version << "  " << format_utc(revision.changed_at)
        << "  " << printable(revision.changed_by) << " (" << ago(revision.changed_at, now) << ")\n";
    out << "       "
        << (entry.refused               ? "refused: " + printable(entry.refused->message)
            : entry.differences.empty() ? "as before"
                                        : printable(rollout::to_line(entry.differences), 2000))
        << '\n';
    if (!revision.reason.empty()) out << "       " << printable(revision.reason, 500) << '\n';
  }
}

}  // namespace sotto::app
