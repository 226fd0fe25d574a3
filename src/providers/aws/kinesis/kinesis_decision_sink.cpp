#include "providers/aws/kinesis/kinesis_decision_sink.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/encoding.hpp"
#include "json/members.hpp"

namespace sotto::providers::aws {

namespace {

constexpr CallOptions patient{std::chrono::seconds{5}};
constexpr std::size_t remembered_sessions = 4'096;
constexpr std::size_t longest_name = 128;

bool is_stream_name(const std::string& name) {
  return !name.empty() && name.size() <= longest_name &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
         });
}

class KinesisDecisionSink : public ports::DecisionSink {
 public:
  KinesisDecisionSink(std::shared_ptr<Client> client, std::string stream)
      : client_(std::move(client)), stream_(std::move(stream)) {}

  Result<> take(const SessionId& session, std::span<const std::string> decisions) override {
    const auto records = pack(session, decisions);
    if (!records) return tl::unexpected(records.error());
    for (const std::string& record : *records)
      if (const auto put = this->put(session, record); !put) return put;
    return {};
  }

 private:
  // The data of as few records as they fit into.
  Result<std::vector<std::string>> pack(const SessionId& session,
                                        std::span<const std::string> decisions) const {
    const std::size_t most = largest_kinesis_record - session.str().size();
    std::vector<std::string> records;
    for (const std::string& decision : decisions) {
      const std::size_t size = decision.size() + 1;
      if (size > most)
        return fail(ErrorCode::resource_exhausted,
                    name() + ": a decision of session " + session.str() + " has " +
                        std::to_string(size) + " bytes, a record takes " + std::to_string(most),
                    "decisions");
      if (records.empty() || records.back().size() + size > most) records.emplace_back();
      records.back().append(decision).append("\n");
    }
    return records;
  }

  Result<> put(const SessionId& session, const std::string& data) {
    const std::string last = last_number(session);
    auto answer = put_after(last, session, data);
    // Of a stream that was made anew: nothing is to be ordered behind what is gone.
    if (!answer && !last.empty() && answer.error().field == "InvalidArgument")
      answer = put_after("", session, data);
    if (!answer) return said(answer.error());
    auto number = json::text_member(*answer, "SequenceNumber");
    if (!number) return fail(ErrorCode::unavailable, name() + ": the answer has no SequenceNumber");
    remember(session, std::move(*number));
    return {};
  }

  Result<boost::json::object> put_after(const std::string& last, const SessionId& session,
                                        const std::string& data) {
    boost::json::object input{
        {"StreamName", stream_}, {"PartitionKey", session.str()}, {"Data", to_base64(data)}};
    if (!last.empty()) input["SequenceNumberForOrdering"] = last;
    return client_->call(services::kinesis, "PutRecord", input, patient);
  }

  std::string last_number(const SessionId& session) {
    const std::lock_guard lock(mutex_);
    const auto found = last_numbers_.find(session);
    return found == last_numbers_.end() ? std::string() : found->second;
  }

  void remember(const SessionId& session, std::string number) {
    const std::lock_guard lock(mutex_);
    if (last_numbers_.size() >= remembered_sessions && !last_numbers_.contains(session))
      last_numbers_.clear();
    last_numbers_[session] = std::move(number);
  }

  std::string name() const { return "kinesis:" + stream_; }

  tl::unexpected<Error> said(Error error) const {
    error.message = name() + ": " + error.message;
    if (error.code != ErrorCode::permission_denied) error.code = ErrorCode::unavailable;
    return tl::unexpected(std::move(error));
  }

  // constant after construction
  const std::shared_ptr<Client> client_;
  const std::string stream_;

  std::mutex mutex_;
  // Of a session's last record; guarded by mutex_. Forgotten when they are many.
  std::unordered_map<SessionId, std::string> last_numbers_;
};

}  // namespace

Result<std::unique_ptr<ports::DecisionSink>> make_kinesis_decision_sink(
    std::shared_ptr<Client> client, std::string stream) {
  if (!is_stream_name(stream))
    return fail(ErrorCode::invalid_argument,
                "the stream is called \"" + stream.substr(0, longest_name) +
                    "\", must be 1 to 128 letters, digits, _, . and -",
                "stream");
  return std::make_unique<KinesisDecisionSink>(std::move(client), std::move(stream));
}

}  // namespace sotto::providers::aws
