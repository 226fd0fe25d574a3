#include "providers/aws/readers/ssm_readers.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cctype>
#include <utility>

#include "json/members.hpp"

namespace sotto::providers::aws {

namespace {

namespace json = boost::json;

constexpr CallOptions quick{std::chrono::seconds{2}};
constexpr int page = 10;         // GetParametersByPath's most
constexpr int most_pages = 100;  // 1,000 readers
constexpr std::size_t longest_process = 200;

std::string folder_of(const std::string& flag) { return flag + "/readers"; }

std::string place_of(const std::string& flag, const ReaderRecord& record) {
  std::string process = record.process.substr(0, longest_process);
  std::replace_if(
      process.begin(), process.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-' && c != '_'; },
      '_');
  return folder_of(flag) + "/" + process;
}

std::optional<ReaderRecord> record_of(const json::value& parameter) {
  const json::object* object = parameter.if_object();
  return object ? reader_record_of(sotto::json::text_member(*object, "Value").value_or(""))
                : std::nullopt;
}

class SsmReaders : public ReaderRecords {
 public:
  explicit SsmReaders(std::shared_ptr<Client> client) : client_(std::move(client)) {}

  std::string name() const override { return "ssm:" + client_->region(); }
  std::chrono::seconds lease() const override { return std::chrono::seconds{180}; }
  UtcTime now() const override { return client_->now(); }

  Result<> put(const std::string& flag, const ReaderRecord& record, bool again) override {
    const std::string place = place_of(flag, record);
    if (!again) {
      const auto before = get(place);
      if (!before) return tl::unexpected(before.error());
      if (*before && (*before)->instance != record.instance && (*before)->expires_at >= now())
        return fail(ErrorCode::already_exists,
                    name() + ": another process reads the flag as \"" + record.process + "\"",
                    "process");
    }
    const auto done = client_->call(
        services::ssm, "PutParameter",
        {{"Name", place}, {"Value", to_text(record)}, {"Type", "String"}, {"Overwrite", true}},
        quick);
    if (!done) return said(done.error(), place, "PutParameter");
    return {};
  }

  Result<> remove(const std::string& flag, const ReaderRecord& record) override {
    const std::string place = place_of(flag, record);
    const auto there = get(place);
    if (!there) return tl::unexpected(there.error());
    if (!*there || (*there)->instance != record.instance) return {};
    const auto done = client_->call(services::ssm, "DeleteParameter", {{"Name", place}}, quick);
    if (!done && done.error().field != "ParameterNotFound")
      return said(done.error(), place, "DeleteParameter");
    return {};
  }

  Result<std::vector<ReaderRecord>> all(const std::string& flag) override {
    const std::string folder = folder_of(flag);
    std::vector<ReaderRecord> found;
    json::object input{{"Path", folder}, {"MaxResults", page}};
    for (int pages = 0; pages < most_pages; ++pages) {
      const auto answer = client_->call(services::ssm, "GetParametersByPath", input, quick);
      if (!answer) return said(answer.error(), folder, "GetParametersByPath");
      if (const json::value* some = answer->if_contains("Parameters"); some && some->is_array())
        for (const json::value& parameter : some->get_array())
          if (auto record = record_of(parameter)) found.push_back(std::move(*record));
      const auto more = sotto::json::text_member(*answer, "NextToken");
      if (!more || more->empty()) return found;
      input["NextToken"] = *more;
    }
    return fail(ErrorCode::unavailable, name() + ": more than 1000 readers at " + folder);
  }

 private:
  Result<std::optional<ReaderRecord>> get(const std::string& place) {
    const auto answer = client_->call(services::ssm, "GetParameter", {{"Name", place}}, quick);
    if (!answer && answer.error().field == "ParameterNotFound") return std::nullopt;
    if (!answer) return said(answer.error(), place, "GetParameter");
    const json::value* parameter = answer->if_contains("Parameter");
    return parameter ? record_of(*parameter) : std::nullopt;
  }

  tl::unexpected<Error> said(Error error, const std::string& place, const std::string& call) const {
    error.message = name() + ": " + error.message;
    if (error.code == ErrorCode::permission_denied)
      error.message += "; allow ssm:" + call + " on " + place;
    else
      error.code = ErrorCode::unavailable;
    return tl::unexpected(std::move(error));
  }

  const std::shared_ptr<Client> client_;
};

}  // namespace

std::shared_ptr<ReaderRecords> make_ssm_readers(std::shared_ptr<Client> client) {
  return std::make_shared<SsmReaders>(std::move(client));
}

}  // namespace sotto::providers::aws
