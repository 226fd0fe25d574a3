#include "feature_flag/flag_operations.hpp"

#include <algorithm>
#include <utility>

namespace sotto::feature_flag {

using ports::FlagRevision;
using rollout::Flag;

namespace {

constexpr std::size_t whole_history = 1000;
constexpr int kill_attempts = 100;

Result<> validate(const Author& author) {
  if (author.name.empty() || author.name.size() > 100)
    return fail(ErrorCode::invalid_argument, "by must be a name of 1 to 100 characters", "by");
  if (author.reason.size() > 500)
    return fail(ErrorCode::invalid_argument,
                "reason has " + std::to_string(author.reason.size()) + " characters, may have 500",
                "reason");
  return {};
}

tl::unexpected<Error> refused(const FlagRevision& revision, const Error& error) {
  return fail(ErrorCode::invalid_argument,
              "version " + std::to_string(revision.version) + " of the flag is refused: " +
                  error.message + "; undo goes back to the last valid one",
              error.field);
}

Result<FlagVersion> version_of(const FlagRevision& revision) {
  auto flag = rollout::parse_flag(revision.document);
  if (!flag) return refused(revision, flag.error());
  return FlagVersion{std::move(*flag), revision};
}

tl::unexpected<Error> no_version(std::uint64_t version) {
  return fail(ErrorCode::not_found,
              "there is no version " + std::to_string(version) + "; see the history", "version");
}

// A flag that is off for everybody, made to fit into its document whatever it was before: members
// that Sotto does not know go first, the last of them first, then the overrides.
Flag shed_to_fit(Flag flag) {
  const auto fits = [&] {
    return rollout::to_document(flag).size() <= rollout::max_document_bytes;
  };
  while (!fits() && !flag.extra.empty()) flag.extra.pop_back();
  while (!fits() && !flag.overrides.empty()) flag.overrides.pop_back();
  return flag;
}

// Writes a flag over what the author has seen.
Result<FlagChanged> put(ports::FlagStore& store, const std::string& name,
                        std::optional<FlagVersion> before, std::uint64_t over, Flag flag,
                        const Author& author, const Care& care) {
  if (care.if_version && *care.if_version != over)
    return tl::unexpected(
        ports::conflict(*care.if_version, before ? before->revision : FlagRevision{}));
  FlagChanged changed;
  changed.differences = rollout::differences(before ? before->flag : Flag{}, flag);
  changed.switches_on = rollout::switches_on(before ? before->flag : Flag{}, flag);
  changed.before = std::move(before);
  if (changed.before && changed.differences.empty()) {
    changed.after = *changed.before;
    return changed;
  }
  const std::string document = rollout::to_document(flag);
  if (document.size() > rollout::max_document_bytes)
    return fail(ErrorCode::resource_exhausted,
                "the flag's document would have " + std::to_string(document.size()) +
                    " bytes, may have 4096; clear some overrides",
                "document");
  changed.after.flag = std::move(flag);
  changed.after.revision = {0, document, author.name, author.reason, author.now};
  if (care.dry_run) return changed;
  auto written = store.write(name, over, {document, author.name, author.reason, author.now});
  if (!written) return tl::unexpected(written.error());
  changed.after.revision = std::move(*written);
  return changed;
}

Result<FlagChanged> change_once(ports::FlagStore& store, const std::string& name,
                                const rollout::FlagEdit& edit, const Author& author,
                                const Care& care) {
  const auto read = store.read(name);
  if (!read) return tl::unexpected(read.error());
  std::optional<FlagVersion> before;
  if (*read) {
    auto valid = version_of(**read);
    if (!valid && edit.enabled != false) return tl::unexpected(valid.error());
    if (valid) before = std::move(*valid);
  }
  auto flag = rollout::apply(edit, before ? before->flag : Flag{}, author.now);
  if (!flag) return tl::unexpected(flag.error());
  if (edit.enabled == false) flag = shed_to_fit(std::move(*flag));
  const std::uint64_t over = *read ? (*read)->version : 0;
  return put(store, name, std::move(before), over, std::move(*flag), author, care);
}

}  // namespace

Result<FlagVersion> current_flag(ports::FlagStore& store, const std::string& name) {
  const auto read = store.read(name);
  if (!read) return tl::unexpected(read.error());
  if (!*read)
    return fail(ErrorCode::not_found, "there is no flag " + name + " in " + store.name(),
                "parameter_name");
  return version_of(**read);
}

Result<FlagChanged> change_flag(ports::FlagStore& store, const std::string& name,
                                const rollout::FlagEdit& edit, const Author& author,
                                const Care& care) {
  if (auto valid = validate(author); !valid) return tl::unexpected(valid.error());
  const bool kill = edit.enabled == false && !care.if_version;
  for (int attempt = 1;; ++attempt) {
    auto changed = change_once(store, name, edit, author, care);
    const bool beaten = !changed && changed.error().code == ErrorCode::conflict;
    if (!beaten || !kill || attempt == kill_attempts) return changed;
  }
}

namespace {

// The version to go back to: `version`, or the last valid one before the current.
Result<FlagVersion> earlier(const std::vector<FlagRevision>& history,
                            std::optional<std::uint64_t> version) {
  const std::uint64_t current = history.front().version;
  for (const FlagRevision& revision : history) {
    if (version ? revision.version != *version : revision.version == current) continue;
    auto valid = version_of(revision);
    if (valid || version) return valid;
  }
  if (version) return no_version(*version);
  return fail(ErrorCode::not_found, "there is no version before this one to go back to", "version");
}

// Whom going back switches on. A refused document is in force nowhere: the last valid one is.
std::string switched_on_by(const std::vector<FlagRevision>& history, const Flag& target) {
  for (const FlagRevision& revision : history)
    if (const auto valid = version_of(revision)) return rollout::switches_on(valid->flag, target);
  return {};
}

}  // namespace

Result<FlagChanged> undo_flag(ports::FlagStore& store, const std::string& name,
                              std::optional<std::uint64_t> version, const Author& author,
                              const Care& care) {
  if (auto valid = validate(author); !valid) return tl::unexpected(valid.error());
  const auto history = store.history(name, whole_history);
  if (!history) return tl::unexpected(history.error());
  if (history->empty())
    return current_flag(store, name).map([](FlagVersion) { return FlagChanged{}; });
  auto target = earlier(*history, version);
  if (!target) return tl::unexpected(target.error());
  const FlagRevision& current = history->front();
  auto before = version_of(current);
  std::erase_if(target->flag.overrides,
                [&](const rollout::Override& known) { return known.expires_at <= author.now; });
  const std::string on = switched_on_by(*history, target->flag);
  const bool seen = !care.if_version || *care.if_version == current.version;
  if (seen && !on.empty() && !care.confirmed && !care.dry_run)
    return fail(ErrorCode::conflict,
                "going back to version " + std::to_string(target->revision.version) + " " + on +
                    ": confirm that",
                "confirm");
  Author said = author;
  if (said.reason.empty())
    said.reason = "back to version " + std::to_string(target->revision.version);
  auto changed = put(store, name, before ? std::optional(std::move(*before)) : std::nullopt,
                     current.version, std::move(target->flag), said, care);
  if (changed) changed->switches_on = on;
  return changed;
}

Result<std::vector<HistoryEntry>> flag_history(ports::FlagStore& store, const std::string& name,
                                               std::size_t limit) {
  auto revisions = store.history(name, limit + 1);
  if (!revisions) return tl::unexpected(revisions.error());
  std::vector<HistoryEntry> entries;
  Flag before;
  for (auto it = revisions->rbegin(); it != revisions->rend(); ++it) {
    HistoryEntry entry{*it, std::nullopt, {}};
    auto flag = rollout::parse_flag(it->document);
    if (flag) {
      entry.differences = rollout::differences(before, *flag);
      before = std::move(*flag);
    } else {
      entry.refused = flag.error();
    }
    entries.push_back(std::move(entry));
  }
  std::reverse(entries.begin(), entries.end());
  if (entries.size() > limit) entries.pop_back();  // it was there for the one after it
  return entries;
}

Result<FlagComparison> compare_versions(ports::FlagStore& store, const std::string& name,
                                        std::optional<std::uint64_t> before,
                                        std::optional<std::uint64_t> after) {
  const auto history = store.history(name, whole_history);
  if (!history) return tl::unexpected(history.error());
  if (history->empty())
    return current_flag(store, name).map([](FlagVersion) { return FlagComparison{}; });
  const std::uint64_t to = after.value_or(history->front().version);
  const std::uint64_t from = before.value_or(to - 1);
  const auto find = [&](std::uint64_t version) -> Result<FlagVersion> {
    const auto found =
        std::find_if(history->begin(), history->end(),
                     [&](const FlagRevision& known) { return known.version == version; });
    if (found == history->end()) return no_version(version);
    return version_of(*found);
  };
  auto old = find(from);
  if (!old) return tl::unexpected(old.error());
  auto now = find(to);
  if (!now) return tl::unexpected(now.error());
  auto differences = rollout::differences(old->flag, now->flag);
  return FlagComparison{std::move(*old), std::move(*now), std::move(differences)};
}

Result<bool> seed_flag(ports::FlagStore& store, const std::string& name, const Flag& first,
                       const Author& author) {
  const auto read = store.read(name);
  if (!read) return tl::unexpected(read.error());
  if (*read) return false;
  const auto written =
      store.write(name, 0, {rollout::to_document(first), author.name, author.reason, author.now});
  if (written) return true;
  if (written.error().code == ErrorCode::conflict) return false;  // somebody else has
  return tl::unexpected(written.error());
}

}  // namespace sotto::feature_flag
