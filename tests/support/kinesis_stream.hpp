#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/encoding.hpp"
#include "providers/aws/client/client.hpp"

namespace sotto::testing {

/// A stream as a reader of it sees it, for tests against moto_server. Throws where a call fails.
class KinesisStream {
 public:
  struct Record {
    std::string key, data;
  };

  KinesisStream(std::shared_ptr<providers::aws::Client> client, std::string name)
      : client_(std::move(client)), name_(std::move(name)) {}

  void create(int shards) {
    (void)call("CreateStream", {{"StreamName", name_}, {"ShardCount", shards}});
  }

  /// All records, those of a shard in its order.
  std::vector<Record> records() const {
    std::vector<Record> all;
    const auto stream = call("ListShards", {{"StreamName", name_}});
    for (const auto& shard : stream.at("Shards").as_array()) {
      auto iterator = call("GetShardIterator", {{"StreamName", name_},
                                                {"ShardId", shard.at("ShardId")},
                                                {"ShardIteratorType", "TRIM_HORIZON"}})
                          .at("ShardIterator");
      for (std::size_t found = 1; found > 0;) {
        const auto page = call("GetRecords", {{"ShardIterator", iterator}});
        found = page.at("Records").as_array().size();
        for (const auto& record : page.at("Records").as_array())
          all.push_back(
              {text(record.at("PartitionKey")), from_base64(text(record.at("Data"))).value()});
        if (found > 0) iterator = page.at("NextShardIterator");
      }
    }
    return all;
  }

 private:
  static std::string text(const boost::json::value& value) {
    return std::string(value.as_string());
  }

  boost::json::object call(const char* operation, const boost::json::object& input) const {
    auto answer = client_->call(providers::aws::services::kinesis, operation, input,
                                {std::chrono::minutes{1}, 1});
    if (!answer) throw std::runtime_error(answer.error().message);
    return std::move(*answer);
  }

  const std::shared_ptr<providers::aws::Client> client_;
  const std::string name_;
};

/// The lines of a text, without their ends.
inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace sotto::testing
