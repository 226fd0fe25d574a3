#include "providers/aws/ssm/ssm_flag_store.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>
#include <cmath>
#include <map>
#include <mutex>
#include <utility>

#include "json/members.hpp"
#include "providers/aws/ssm/ssm_versions.hpp"

namespace sotto::providers::aws {

namespace {

namespace json = boost::json;
using ports::FlagRevision;
using Versions = std::vector<SsmVersion>;

constexpr CallOptions quick{std::chrono::seconds{2}};
constexpr int page = 50;        // GetParameterHistory's most
constexpr int most_pages = 10;  // of the two or three there can be
constexpr int put_back_attempts = 20;

// A kill is in force on every server within this and the time of a few calls.
constexpr std::chrono::seconds poll{5};
constexpr std::chrono::seconds patience{15};  // three of them

SsmVersion version_of(const json::object& from) {
  SsmVersion version;
  version.version = sotto::json::count_member(from, "Version").value_or(0);
  version.value = sotto::json::text_member(from, "Value").value_or("");
  version.description = sotto::json::text_member(from, "Description").value_or("");
  version.modified_by = sotto::json::text_member(from, "LastModifiedUser").value_or("unknown");
  if (const json::value* date = from.if_contains("LastModifiedDate"); date && date->is_number()) {
    const double seconds = date->to_number<double>();
    if (seconds > 0 && seconds < 1e11)
      version.modified_at = UtcTime{milliseconds{std::llround(seconds * 1000)}};
  }
  return version;
}

class SsmFlagStore : public ports::FlagStore {
 public:
  SsmFlagStore(std::shared_ptr<Client> client, std::shared_ptr<ReaderLeases> leases)
      : client_(std::move(client)), leases_(std::move(leases)) {}

  std::string name() const override { return "ssm:" + client_->region(); }

  Result<std::optional<FlagRevision>> read(const std::string& flag) override {
    const auto current = get(flag);
    if (!current) return tl::unexpected(current.error());
    if (!*current) return std::nullopt;
    return with_author(flag, **current);
  }

  Result<FlagRevision> write(const std::string& flag, std::uint64_t expected,
                             const ports::FlagChange& change) override {
    const auto current = get(flag);
    if (!current) return tl::unexpected(current.error());
    const std::uint64_t version = *current ? (*current)->version : 0;
    if (version != expected) return beaten(flag, expected);

    if (expected > 0) {
      // What we have seen may itself be of a writer who was too late, and gone in a moment.
      const auto all = put_back(flag, change.changed_at);
      if (!all && all.error().code != ErrorCode::permission_denied)
        return tl::unexpected(all.error());
      if (all && !all->empty() && all->back().version != expected) return beaten(flag, expected);
    }

    SsmVersion wanted;
    wanted.version = expected + 1;
    wanted.value = change.document;
    wanted.description = to_description(
        {change.changed_by, change.reason, change.changed_at, expected}, wanted.value);
    const auto put_as = put(flag, wanted, expected > 0);
    if (put_as && *put_as == wanted.version) return revision_of(wanted);
    if (put_as) return settle(flag, wanted, change.changed_at);
    const ErrorCode code = put_as.error().code;
    if (code != ErrorCode::unavailable && code != ErrorCode::already_exists)
      return tl::unexpected(put_as.error());
    // An answer that got lost is no change that did.
    if (const auto all = versions(flag); all && find_own(*all, wanted))
      return revision_of(*find_own(*all, wanted));
    if (code == ErrorCode::already_exists) return beaten(flag, expected);
    return tl::unexpected(put_as.error());
  }

  Result<std::vector<FlagRevision>> history(const std::string& flag, std::size_t limit) override {
    const auto all = versions(flag);
    if (!all) return tl::unexpected(all.error());
    std::vector<FlagRevision> found;
    for (auto it = all->rbegin(); it != all->rend() && found.size() < limit; ++it)
      found.push_back(revision_of(*it));
    return found;
  }

  Result<std::unique_ptr<ports::FlagWatch>> watch(const std::string&,
                                                  std::function<void()>) override {
    return nullptr;
  }
  Result<std::unique_ptr<ports::FlagReaderSeat>> join(const std::string& flag,
                                                      const std::string& process) override {
    if (!leases_) return nullptr;
    return leases_->join(flag, process);
  }
  Result<std::vector<ports::FlagReaderState>> readers(const std::string& flag) override {
    if (!leases_) return std::vector<ports::FlagReaderState>{};
    return leases_->readers(flag);
  }

  ports::FlagFollowing following() const override {
    ports::FlagFollowing following;
    following.poll = poll;
    if (leases_) following.renew = leases_->renew_every();
    following.ask_list = std::chrono::seconds{1};
    following.patience = patience;
    following.not_listed =
        "servers that could not sign in" + (leases_ ? " at " + leases_->name() : std::string()) +
        ", and Lambda functions, which never do: each reads the flag again after its "
        "FEATURE_FLAG_CACHE_TTL (60 s unless set)";
    return following;
  }

 private:
  Result<std::optional<SsmVersion>> get(const std::string& flag) {
    const auto answer = client_->call(services::ssm, "GetParameter",
                                      {{"Name", flag}, {"WithDecryption", true}}, quick);
    if (!answer && answer.error().field == "ParameterNotFound") return std::nullopt;
    if (!answer) return said(answer.error(), flag, "GetParameter");
    const json::value* parameter = answer->if_contains("Parameter");
    if (!parameter || !parameter->is_object() || version_of(parameter->as_object()).version == 0)
      return fail(ErrorCode::internal, name() + ": GetParameter answered without a parameter");
    return version_of(parameter->as_object());
  }

  // All that are kept, the oldest first; none where there is no such parameter.
  Result<Versions> versions(const std::string& flag) {
    Versions found;
    json::object input{{"Name", flag}, {"WithDecryption", true}, {"MaxResults", page}};
    for (int pages = 0; pages < most_pages; ++pages) {
      const auto answer = client_->call(services::ssm, "GetParameterHistory", input, quick);
      if (!answer && answer.error().field == "ParameterNotFound") return Versions{};
      if (!answer) return said(answer.error(), flag, "GetParameterHistory");
      if (const json::value* some = answer->if_contains("Parameters"); some && some->is_array())
        for (const json::value& one : some->as_array())
          if (one.is_object()) found.push_back(version_of(one.as_object()));
      const auto more = sotto::json::text_member(*answer, "NextToken");
      if (!more || more->empty()) break;
      input["NextToken"] = *more;
    }
    std::sort(found.begin(), found.end(),
              [](const SsmVersion& a, const SsmVersion& b) { return a.version < b.version; });
    return found;
  }

  // The version that the parameter has now.
  Result<std::uint64_t> put(const std::string& flag, const SsmVersion& wanted, bool overwrite) {
    json::object input{{"Name", flag},
                       {"Value", wanted.value},
                       {"Description", wanted.description},
                       {"Overwrite", overwrite}};
    if (!overwrite) input["Type"] = "String";
    const auto answer = client_->call(services::ssm, "PutParameter", input, quick);
    if (!answer) return said(answer.error(), flag, "PutParameter");
    const auto version = sotto::json::count_member(*answer, "Version");
    if (!version || *version == 0)
      return fail(ErrorCode::internal, name() + ": PutParameter answered without a version");
    return *version;
  }

  // GetParameter does not say who; the history does, asked once a version.
  Result<std::optional<FlagRevision>> with_author(const std::string& flag, SsmVersion current) {
    {
      const std::lock_guard lock(mutex_);
      const auto known = known_.find(flag);
      if (known != known_.end() && known->second.version == current.version &&
          known->second.document == current.value)
        return known->second;
    }
    const auto all = versions(flag);
    if (!all && all.error().code != ErrorCode::permission_denied)
      return tl::unexpected(all.error());
    if (all)
      for (const SsmVersion& version : *all)
        if (version.version == current.version && version.value == current.value) {
          FlagRevision revision = revision_of(version);
          const std::lock_guard lock(mutex_);
          return known_[flag] = std::move(revision);
        }
    current.modified_by = "unknown";
    return revision_of(current);
  }

  tl::unexpected<Error> beaten(const std::string& flag, std::uint64_t expected) {
    const auto current = read(flag);
    if (!current) return tl::unexpected(current.error());
    return tl::unexpected(ports::conflict(expected, *current ? **current : FlagRevision{}));
  }

  // The newest version that this write has made where it was to be made: more than one where the
  // call was made twice.
  static const SsmVersion* find_own(const Versions& all, const SsmVersion& wanted) {
    const SsmVersion* own = nullptr;
    for (const SsmVersion& version : all) {
      const std::uint64_t next = own ? own->version + 1 : wanted.version;
      if (version.version == next && version.value == wanted.value &&
          version.description == wanted.description)
        own = &version;
    }
    return own;
  }

  // All versions, once the newest is the one that counts, or says the same: else that is put back.
  Result<Versions> put_back(const std::string& flag, UtcTime now) {
    for (int attempt = 0; attempt < put_back_attempts; ++attempt) {
      auto all = versions(flag);
      if (!all) return tl::unexpected(all.error());
      const SsmVersion* const counts = counting_version(*all);
      if (!counts || counts->value == all->back().value) return all;
      // Theirs whose it was, so that whoever reads it knows whom to ask.
      SsmVersion again;
      again.value = counts->value;
      again.description =
          to_description({revision_of(*counts).changed_by,
                          "version " + std::to_string(counts->version) + " again, after one by " +
                              revision_of(all->back()).changed_by + ", who had not seen it",
                          now, all->back().version},
                         again.value);
      if (const auto done = put(flag, again, true); !done) return tl::unexpected(done.error());
    }
    return fail(ErrorCode::conflict,
                "others keep changing the flag at the same moment; look at it and say it again",
                "version");
  }

  // Our version came after one that we had not seen.
  Result<FlagRevision> settle(const std::string& flag, const SsmVersion& wanted, UtcTime now) {
    const auto all = put_back(flag, now);
    if (!all) return tl::unexpected(all.error());
    if (const SsmVersion* own = find_own(*all, wanted)) return revision_of(*own);
    const SsmVersion* const counts = counting_version(*all);
    FlagRevision winner = counts ? revision_of(*counts) : FlagRevision{};
    if (counts) winner.version = all->back().version;
    return tl::unexpected(ports::conflict(wanted.version - 1, winner));
  }

  tl::unexpected<Error> said(Error error, const std::string& flag, const std::string& call) const {
    error.message = name() + ": " + error.message;
    if (error.field.starts_with("AccessDenied"))
      error.message += "; allow ssm:" + call + " on the parameter " + flag;
    if (error.field == "ParameterMaxVersionLimitExceeded") {
      error.code = ErrorCode::resource_exhausted;
      error.message += "; take the label off its oldest version: aws ssm unlabel-parameter-version";
    } else if (error.code == ErrorCode::deadline_exceeded ||
               error.code == ErrorCode::resource_exhausted) {
      error.code = ErrorCode::unavailable;
    }
    return tl::unexpected(std::move(error));
  }

  const std::shared_ptr<Client> client_;
  const std::shared_ptr<ReaderLeases> leases_;  // null: no list of readers
  std::mutex mutex_;
  std::map<std::string, FlagRevision> known_;  // guarded by mutex_; the last one of each flag
};

}  // namespace

std::unique_ptr<ports::FlagStore> make_ssm_flag_store(std::shared_ptr<Client> client,
                                                      std::shared_ptr<ReaderLeases> leases) {
  return std::make_unique<SsmFlagStore>(std::move(client), std::move(leases));
}

}  // namespace sotto::providers::aws
