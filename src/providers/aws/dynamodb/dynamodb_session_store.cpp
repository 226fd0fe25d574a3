#include "providers/aws/dynamodb/dynamodb_session_store.hpp"

#include <algorithm>
#include <functional>
#include <future>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "providers/aws/dynamodb/dynamodb_session_table.hpp"
#include "supervision/batch_thread.hpp"

namespace sotto::providers::aws {

namespace {

using dynamodb::CaptionToPut;
using dynamodb::SessionTable;
using ports::StoredCaption;
using ports::StoredFeedback;
using ports::StoredSession;

constexpr std::size_t captions_at_once = 64;
constexpr std::size_t most_missed_ends = 10'000;

// Something to write, and whom to tell.
struct Job {
  enum class Kind : unsigned char { caption, end, mark };
  Kind kind = Kind::mark;  // a mark is reached when all before it is written
  SessionId id;
  StoredCaption caption;
  UtcTime at{};                        // of an end
  std::function<void(Result<>)> done;  // none for an end
};

bool same_place(const Job& a, const Job& b) {
  return a.caption.segment.id == b.caption.segment.id && a.caption.language == b.caption.language &&
         a.id == b.id;
}

// Writes jobs. Not thread-safe.
class JobWriter {
 public:
  explicit JobWriter(SessionTable& table) : table_(&table) {}

  // Calls all `done`s, in order, and then writes what ends were missed before.
  void write(std::vector<Job> batch) {
    down_.reset();
    for (std::size_t i = 0; i < batch.size();) {
      if (batch[i].kind == Job::Kind::caption) {
        const std::size_t end = end_of_run(batch, i);
        put(batch, i, end);
        i = end;
      } else {
        Job job = std::move(batch[i++]);
        if (job.kind == Job::Kind::end)
          write_end(std::move(job));
        else
          job.done(down_ ? Result<>(tl::unexpected(*down_)) : Result<>());
      }
    }
    if (down_) return;
    for (Job& job : std::exchange(missed_ends_, {})) write_end(std::move(job));
  }

 private:
  // Captions that may be put at the same time: they are in different places.
  static std::size_t end_of_run(const std::vector<Job>& batch, std::size_t begin) {
    std::size_t end = begin + 1;
    for (; end < batch.size() && end - begin < captions_at_once; ++end) {
      if (batch[end].kind != Job::Kind::caption) break;
      const auto first = batch.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto last = batch.begin() + static_cast<std::ptrdiff_t>(end);
      if (std::any_of(first, last, [&](const Job& job) { return same_place(job, *last); })) break;
    }
    return end;
  }

  void put(std::vector<Job>& batch, std::size_t begin, std::size_t end) {
    std::vector<CaptionToPut> captions;
    for (std::size_t i = begin; i < end; ++i)
      captions.push_back({std::move(batch[i].id), std::move(batch[i].caption)});
    std::vector<Result<>> results =
        down_ ? std::vector<Result<>>(captions.size(), tl::unexpected(*down_))
              : table_->put(captions);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (!results[i] && dynamodb::of_the_table(results[i].error())) down_ = results[i].error();
      batch[begin + i].done(std::move(results[i]));
    }
  }

  // Nobody else knows that this session has ended. There are no more of these than sessions that
  // went on when the table went away, since none can begin.
  void write_end(Job job) {
    if (!down_) {
      const auto done = table_->end(job.id, job.at);
      if (done) return;
      down_ = done.error();
    }
    if (missed_ends_.size() < most_missed_ends) missed_ends_.push_back(std::move(job));
  }

  SessionTable* const table_;
  std::optional<Error> down_;  // the table did not answer in this batch
  std::vector<Job> missed_ends_;
};

class DynamoDbSessionStore : public ports::SessionStore {
 public:
  DynamoDbSessionStore(dynamodb::Table table, std::string instance, DynamoDbSessionLimits limits,
                       ClientDependencies dependencies)
      : limits_(limits),
        table_(std::move(table), std::move(instance), std::move(dependencies)),
        writer_(table_),
        queue_(limits.waiting_captions,
               [this](std::vector<Job> batch) { writer_.write(std::move(batch)); }) {}

  ~DynamoDbSessionStore() override {
    queue_.stop();
    writer_.write({});  // what was missed
  }

  Result<> begin(const StoredSession& session) override { return table_.add(session); }

  Result<> decide(const SessionId& id, bool partial_results, const std::string& reason,
                  std::uint64_t flag_version) override {
    return table_.decide(id, partial_results, reason, flag_version);
  }

  void end(const SessionId& id, UtcTime at) override {
    Job job;
    job.kind = Job::Kind::end;
    job.id = id;
    job.at = at;
    queue_.push(std::move(job));
  }

  void append(const SessionId& id, StoredCaption caption,
              std::function<void(Result<>)> done) override {
    auto refused =
        queue_.try_push({Job::Kind::caption, id, std::move(caption), {}, std::move(done)});
    if (!refused) return;
    refused->done(fail(ErrorCode::resource_exhausted,
                       table_.name() + ": " + std::to_string(limits_.waiting_captions) +
                           " captions wait to be written already: it does not keep up",
                       "store"));
  }

  Result<std::optional<StoredSession>> find(const SessionId& id) override {
    return table_.find(id).map([](std::optional<dynamodb::SessionRow> row) {
      return row ? std::optional(std::move(row->session)) : std::nullopt;
    });
  }

  Result<std::vector<StoredSession>> open_sessions() override { return table_.open_sessions(); }

  Result<std::vector<StoredCaption>> captions(const SessionId& id,
                                              const Language& language) override {
    return table_.captions(id, language);
  }

  Result<bool> feedback(const SessionId& id, const StoredFeedback& feedback) override {
    return table_.put(id, feedback, limits_.feedback);
  }

  Result<bool> forget(const SessionId& id) override {
    if (const auto written = catch_up(); !written) return tl::unexpected(written.error());
    return table_.forget(id);
  }

  Result<> prune(UtcTime before) override {
    if (const auto written = catch_up(); !written) return written;
    const auto old = table_.ended_before(before);
    if (!old) return tl::unexpected(old.error());
    for (const SessionId& id : *old)
      if (const auto gone = table_.forget(id, before); !gone) return tl::unexpected(gone.error());
    return {};
  }

 private:
  // Waits until all that was appended is written.
  Result<> catch_up() {
    const auto reached = std::make_shared<std::promise<Result<>>>();
    Job mark;
    mark.done = [reached](Result<> result) { reached->set_value(std::move(result)); };
    queue_.push(std::move(mark));
    return reached->get_future().get();
  }

  // constant after construction
  const DynamoDbSessionLimits limits_;

  SessionTable table_;  // thread-safe

  JobWriter writer_;                     // of the queue's thread, while it runs
  supervision::BatchThread<Job> queue_;  // last: its thread uses the rest
};

}  // namespace

std::unique_ptr<ports::SessionStore> make_dynamodb_session_store(std::shared_ptr<Client> client,
                                                                 std::string table,
                                                                 std::string instance,
                                                                 DynamoDbSessionLimits limits,
                                                                 ClientDependencies dependencies) {
  return std::make_unique<DynamoDbSessionStore>(
      dynamodb::Table(std::move(client), std::move(table)), std::move(instance), limits,
      std::move(dependencies));
}

}  // namespace sotto::providers::aws
