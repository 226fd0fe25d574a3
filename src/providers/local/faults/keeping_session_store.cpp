#include "providers/local/faults/keeping_session_store.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.hpp"

namespace sotto::providers::local {

namespace {

using ports::StoredCaption;
using ports::StoredFeedback;
using ports::StoredSession;

// A transaction takes so many: as many as would be lost with it.
constexpr std::size_t most_at_once = 512;

bool is_for_good(const Error& error) {
  return error.code == ErrorCode::not_found || error.code == ErrorCode::invalid_argument ||
         error.code == ErrorCode::already_exists;
}

struct Decision {
  bool partial_results = false;
  std::string reason;
  std::uint64_t flag_version = 0;
};

struct Kept {
  SessionId id;
  std::variant<StoredCaption, Decision, UtcTime> what;  // a time: it ended then

  const StoredCaption* caption() const { return std::get_if<StoredCaption>(&what); }
};

bool is_same(const Kept& one, const Kept& other) {
  const StoredCaption *const a = one.caption(), *const b = other.caption();
  return !a || !b || a->segment.seq == b->segment.seq;
}

// What is kept, oldest first, of each segment in each language its latest revision. Not
// thread-safe.
class Memory {
 public:
  bool empty() const { return jobs_.empty(); }
  std::size_t size() const { return jobs_.size(); }

  void add(Kept job) {
    const StoredCaption* const caption = job.caption();
    if (!caption) {
      jobs_.emplace(++last_, std::move(job));
      return;
    }
    const auto [known, is_new] = places_.try_emplace(key_of(job.id, *caption), last_ + 1);
    if (is_new)
      jobs_.emplace(++last_, std::move(job));
    else if (jobs_.at(known->second).caption()->segment.seq < caption->segment.seq)
      jobs_.at(known->second) = std::move(job);
  }

  std::vector<std::pair<std::uint64_t, Kept>> oldest(std::size_t count) const {
    std::vector<std::pair<std::uint64_t, Kept>> found;
    for (auto it = jobs_.begin(); it != jobs_.end() && found.size() < count; ++it)
      found.emplace_back(*it);
    return found;
  }

  // It was stored; a later revision may have come meanwhile.
  void stored(std::uint64_t place, const Kept& job) {
    const auto known = jobs_.find(place);
    if (known != jobs_.end() && is_same(known->second, job)) erase(known);
  }

  void forget(const SessionId& id) {
    for (auto it = jobs_.begin(); it != jobs_.end();)
      it = it->second.id == id ? erase(it) : std::next(it);
  }

  // Puts what is kept of a session in one language in place of what is older.
  void merge_into(std::vector<StoredCaption>& captions, const SessionId& id,
                  const Language& language) const {
    std::map<SegmentId, StoredCaption> all;
    for (auto it = places_.lower_bound({id, language, SegmentId{}});
         it != places_.end() && std::get<0>(it->first) == id && std::get<1>(it->first) == language;
         ++it)
      all[std::get<2>(it->first)] = *jobs_.at(it->second).caption();
    if (all.empty()) return;
    for (StoredCaption& caption : captions) {
      const auto kept = all.try_emplace(caption.segment.id, caption).first;
      if (kept->second.segment.seq < caption.segment.seq) kept->second = caption;
    }
    captions.clear();
    for (auto& [segment, caption] : all) captions.push_back(std::move(caption));
  }

 private:
  using Key = std::tuple<SessionId, Language, SegmentId>;
  using Jobs = std::map<std::uint64_t, Kept>;

  static Key key_of(const SessionId& id, const StoredCaption& caption) {
    return {id, caption.language, caption.segment.id};
  }

  Jobs::iterator erase(Jobs::iterator job) {
    if (const StoredCaption* const caption = job->second.caption())
      places_.erase(key_of(job->second.id, *caption));
    return jobs_.erase(job);
  }

  Jobs jobs_;
  std::map<Key, std::uint64_t> places_;
  std::uint64_t last_ = 0;
};

}  // namespace

class KeepingSessionStore::Impl {
 public:
  Impl(std::unique_ptr<ports::SessionStore> store, KeepingNotices notices, milliseconds retry_every)
      : notices_(std::move(notices)),
        retry_every_(retry_every),
        store_(std::move(store)),
        thread_([this] { run(); }) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
    try_all();
    store_.reset();  // what waits there may still come back
    if (!kept_.empty() && notices_.on_lost) notices_.on_lost(kept_.size());
  }

  ports::SessionStore& store() { return *store_; }

  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }

  Result<> trouble() const {
    const std::lock_guard lock(mutex_);
    if (kept_.empty()) return {};
    return tl::unexpected(*trouble_);
  }

  // Keeps it behind what is kept already, and says why that is; nothing where nothing is, or where
  // the store still has to answer for an earlier caption, before which this one may not be shown.
  std::optional<Error> keep_behind(const Kept& job) {
    const std::lock_guard lock(mutex_);
    if (kept_.empty() || under_way_ > 0) return std::nullopt;
    kept_.add(job);
    return trouble_;
  }

  void keep(Kept job, const Error& why) {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = kept_.empty();
      kept_.add(std::move(job));
      trouble_ = why;
    }
    if (!first) return;
    changed_.notify_one();
    if (notices_.on_trouble) notices_.on_trouble(why);
  }

  void append(Kept job, std::function<void(Result<>)> done) {
    if (auto trouble = keep_behind(job)) return done(tl::unexpected(std::move(*trouble)));
    ++under_way_;
    const SessionId id = job.id;
    StoredCaption caption = *job.caption();
    store_->append(
        id, std::move(caption),
        [this, job = std::move(job), done = std::move(done)](const Result<>& stored) mutable {
          if (!stored && !is_for_good(stored.error())) keep(std::move(job), stored.error());
          done(stored);
          --under_way_;
        });
  }

  void forget(const SessionId& id) {
    const std::lock_guard lock(mutex_);
    kept_.forget(id);
  }

  void merge_into(std::vector<StoredCaption>& captions, const SessionId& id,
                  const Language& language) const {
    const std::lock_guard lock(mutex_);
    kept_.merge_into(captions, id, language);
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !kept_.empty(); });
      if (stopping_ || changed_.wait_for(lock, retry_every_, [this] { return stopping_; })) return;
      lock.unlock();
      const std::size_t stored = try_all();
      lock.lock();
      count_ += stored;
      if (!kept_.empty()) continue;
      const std::size_t all = std::exchange(count_, 0);
      lock.unlock();
      if (notices_.on_recovered) notices_.on_recovered(all);
      lock.lock();
    }
  }

  // Stores what is kept, up to the first that cannot be: how many. One at first, to see whether it
  // can be at all.
  std::size_t try_all() {
    std::size_t stored = 0;
    for (std::size_t count = 1;; count = std::min(2 * count, most_at_once)) {
      std::vector<std::pair<std::uint64_t, Kept>> jobs;
      {
        const std::lock_guard lock(mutex_);
        jobs = kept_.oldest(count);
      }
      if (jobs.empty()) return stored;
      const std::vector<Result<>> results = write(jobs);
      const std::lock_guard lock(mutex_);
      for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (!results[i] && !is_for_good(results[i].error())) {
          trouble_ = results[i].error();
          return stored;
        }
        kept_.stored(jobs[i].first, jobs[i].second);
        ++stored;
      }
    }
  }

  std::vector<Result<>> write(const std::vector<std::pair<std::uint64_t, Kept>>& jobs) {
    std::vector<std::future<Result<>>> answers;
    for (const auto& [place, job] : jobs) {
      const auto answer = std::make_shared<std::promise<Result<>>>();
      answers.push_back(answer->get_future());
      std::visit(
          Overloaded{[&, &id = job.id](const StoredCaption& caption) {
                       store_->append(id, caption, [answer](Result<> result) {
                         answer->set_value(std::move(result));
                       });
                     },
                     [&, &id = job.id](const Decision& decision) {
                       answer->set_value(store_->decide(id, decision.partial_results,
                                                        decision.reason, decision.flag_version));
                     },
                     [&, &id = job.id](UtcTime at) {
                       store_->end(id, at);  // which tries again by itself
                       answer->set_value({});
                     }},
          job.what);
    }
    std::vector<Result<>> results;
    for (auto& answer : answers) results.push_back(answer.get());
    return results;
  }

  // constant after construction
  const KeepingNotices notices_;
  const milliseconds retry_every_;

  mutable std::mutex mutex_;  // guards the next five
  std::condition_variable changed_;
  Memory kept_;
  std::optional<Error> trouble_;  // of the last try
  std::size_t count_ = 0;         // stored since the trouble began
  bool stopping_ = false;

  std::atomic<std::size_t> under_way_{0};       // appended, and not answered
  std::unique_ptr<ports::SessionStore> store_;  // self-synchronised
  std::thread thread_;                          // last: it uses the rest
};

KeepingSessionStore::KeepingSessionStore(std::unique_ptr<ports::SessionStore> store,
                                         KeepingNotices notices, milliseconds retry_every)
    : impl_(std::make_unique<Impl>(std::move(store), std::move(notices), retry_every)) {}

KeepingSessionStore::~KeepingSessionStore() = default;

std::size_t KeepingSessionStore::waiting() const { return impl_->waiting(); }

Result<> KeepingSessionStore::health() {
  if (auto trouble = impl_->trouble(); !trouble) return trouble;
  auto* const tried = dynamic_cast<TriedStore*>(&impl_->store());
  return tried ? tried->try_to_write() : Result<>();
}

Result<> KeepingSessionStore::begin(const StoredSession& session) {
  return impl_->store().begin(session);
}

Result<> KeepingSessionStore::decide(const SessionId& id, bool partial_results,
                                     const std::string& reason, std::uint64_t flag_version) {
  auto decided = impl_->store().decide(id, partial_results, reason, flag_version);
  if (!decided && !is_for_good(decided.error()))
    impl_->keep({id, Decision{partial_results, reason, flag_version}}, decided.error());
  return decided;
}

void KeepingSessionStore::end(const SessionId& id, UtcTime at) {
  if (!impl_->keep_behind({id, at})) impl_->store().end(id, at);
}

void KeepingSessionStore::append(const SessionId& id, StoredCaption caption,
                                 std::function<void(Result<>)> done) {
  impl_->append({id, std::move(caption)}, std::move(done));
}

Result<std::optional<StoredSession>> KeepingSessionStore::find(const SessionId& id) {
  return impl_->store().find(id);
}

Result<std::vector<StoredSession>> KeepingSessionStore::open_sessions() {
  return impl_->store().open_sessions();
}

Result<std::vector<StoredCaption>> KeepingSessionStore::captions(const SessionId& id,
                                                                 const Language& language) {
  auto captions = impl_->store().captions(id, language);
  if (captions) impl_->merge_into(*captions, id, language);
  return captions;
}

Result<bool> KeepingSessionStore::feedback(const SessionId& id, const StoredFeedback& feedback) {
  return impl_->store().feedback(id, feedback);
}

Result<bool> KeepingSessionStore::forget(const SessionId& id) {
  auto forgotten = impl_->store().forget(id);
  if (forgotten && *forgotten) impl_->forget(id);
  return forgotten;
}

Result<> KeepingSessionStore::prune(UtcTime before) { return impl_->store().prune(before); }

}  // namespace sotto::providers::local
