#include "providers/aws/readers/dynamodb_readers.hpp"

#include <utility>

#include "providers/aws/dynamodb/dynamodb_table.hpp"

namespace sotto::providers::aws {

namespace {

namespace json = boost::json;
using dynamodb::Item;
using dynamodb::number;
using dynamodb::typed;

constexpr std::string_view prefix = "reader#";
constexpr std::size_t longest_process = 1000;  // a sort key has 1,024 bytes

std::int64_t ms(UtcTime time) { return time.time_since_epoch().count(); }

Item key_of(const std::string& flag, const ReaderRecord& record) {
  return {{"flag", typed("S", flag)},
          {"item", typed("S", std::string(prefix) + record.process.substr(0, longest_process))}};
}

class DynamoDbReaders : public ReaderRecords {
 public:
  DynamoDbReaders(std::shared_ptr<Client> client, std::string table)
      : table_(std::move(client), std::move(table)) {}

  std::string name() const override { return table_.name(); }
  std::chrono::seconds lease() const override { return std::chrono::seconds{90}; }
  UtcTime now() const override { return table_.now(); }

  Result<> put(const std::string& flag, const ReaderRecord& record, bool) override {
    Item item = key_of(flag, record);
    item["instance"] = typed("S", record.instance);
    item["expires_ms"] = number(ms(record.expires_at));
    item["text"] = dynamodb::text(to_text(record));
    const auto done = table_.call(
        "PutItem",
        {{"Item", std::move(item)},
         {"ConditionExpression",
          "attribute_not_exists(flag) OR #instance = :instance OR expires_ms < :now"},
         {"ExpressionAttributeNames", json::object{{"#instance", "instance"}}},
         {"ExpressionAttributeValues", json::object{{":instance", typed("S", record.instance)},
                                                    {":now", number(ms(table_.now()))}}}});
    if (done) return {};
    if (done.error().code == ErrorCode::conflict)
      return fail(ErrorCode::already_exists,
                  name() + ": another process reads the flag as \"" + record.process + "\"",
                  "process");
    return tl::unexpected(done.error());
  }

  Result<> remove(const std::string& flag, const ReaderRecord& record) override {
    const auto done = table_.call(
        "DeleteItem",
        {{"Key", key_of(flag, record)},
         {"ConditionExpression", "#instance = :instance"},
         {"ExpressionAttributeNames", json::object{{"#instance", "instance"}}},
         {"ExpressionAttributeValues", json::object{{":instance", typed("S", record.instance)}}}});
    if (done || done.error().code == ErrorCode::conflict) return {};
    return tl::unexpected(done.error());
  }

  Result<std::vector<ReaderRecord>> all(const std::string& flag) override {
    std::vector<ReaderRecord> found;
    const auto read = table_.query(
        {{"KeyConditionExpression", "flag = :flag AND begins_with(#item, :prefix)"},
         {"ExpressionAttributeNames", json::object{{"#item", "item"}}},
         {"ExpressionAttributeValues",
          json::object{{":flag", typed("S", flag)}, {":prefix", typed("S", std::string(prefix))}}},
         {"ConsistentRead", true}},
        [&](const Item& item) {
          auto record = reader_record_of(dynamodb::text_of(item, "text").value_or(""));
          if (record) found.push_back(std::move(*record));
          return true;
        });
    if (!read) return tl::unexpected(read.error());
    return found;
  }

 private:
  const dynamodb::Table table_;
};

}  // namespace

std::shared_ptr<ReaderRecords> make_dynamodb_readers(std::shared_ptr<Client> client,
                                                     std::string table) {
  return std::make_shared<DynamoDbReaders>(std::move(client), std::move(table));
}

}  // namespace sotto::providers::aws
