#include "tests/support/insights.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "base/utc_time.hpp"
#include "json/members.hpp"
#include "tests/support/insights_query.hpp"
#include "tests/support/insights_values.hpp"

namespace sotto::testing {

namespace insights {
namespace {

constexpr std::string_view time_field = "@timestamp";
constexpr std::string_view message_field = "@message";

void add_fields(const boost::json::value& value, const std::string& name, Row& row) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object)
      add_fields(member.value(), name + "." + std::string(member.key()), row);
  } else if (const auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i)
      add_fields((*array)[i], name + "." + std::to_string(i), row);
  } else if (const auto* text = value.if_string()) {
    row[name] = std::string(*text);
  } else if (const auto* flag = value.if_bool()) {
    row[name] = *flag ? 1.0 : 0.0;
  } else if (value.is_number()) {
    row[name] = value.to_number<double>();
  }
}

std::optional<UtcTime> time_of(const Row& row, std::string_view field) {
  const auto* text = std::get_if<std::string>(&value_of(row, field));
  if (!text) return std::nullopt;
  const auto time = parse_utc(*text);
  return time ? std::optional(*time) : std::nullopt;
}

Row discovered(const std::string& line) {
  Row row;
  if (const auto object = json::parse_object(line))
    for (const auto& member : *object) {
      const std::string key = member.key();
      add_fields(member.value(), key.starts_with('@') ? "@" + key : key, row);
    }
  if (const auto time = time_of(row, "timestamp")) row[std::string(time_field)] = format_utc(*time);
  row[std::string(message_field)] = line;
  return row;
}

bool precedes(const Row& left, const Row& right, const std::vector<Sort::Key>& keys) {
  for (const Sort::Key& key : keys)
    if (const int order = sort_order(value_of(left, key.field), value_of(right, key.field)))
      return key.descending ? order > 0 : order < 0;
  return false;
}

std::vector<double> numbers_of(const std::vector<const Row*>& rows, const std::string& field) {
  std::vector<double> numbers;
  for (const Row* row : rows)
    if (const auto number = number_of(value_of(*row, field))) numbers.push_back(*number);
  return numbers;
}

// One of the values, the smallest by the order in which `sort` has them; null without any.
Value smallest(const std::vector<const Row*>& rows, const std::string& field, bool largest) {
  Value found;
  for (const Row* row : rows) {
    const Value& value = value_of(*row, field);
    if (is_null(value)) continue;
    const int order = sort_order(value, found);
    if (is_null(found) || (largest ? order > 0 : order < 0)) found = value;
  }
  return found;
}

Value nearest_rank(std::vector<double> numbers, double percent) {
  if (numbers.empty()) return {};
  std::sort(numbers.begin(), numbers.end());
  const double rank = std::ceil(percent * static_cast<double>(numbers.size()) / 100);
  return numbers[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

Value aggregated(const Stats::Aggregate& aggregate, const std::vector<const Row*>& rows) {
  const std::string& field = aggregate.field;
  if (aggregate.function == Function::count) {
    if (field.empty()) return static_cast<double>(rows.size());
    return static_cast<double>(std::count_if(
        rows.begin(), rows.end(), [&](const Row* row) { return !is_null(value_of(*row, field)); }));
  }
  if (aggregate.function == Function::min) return smallest(rows, field, false);
  if (aggregate.function == Function::max) return smallest(rows, field, true);
  std::vector<double> numbers = numbers_of(rows, field);
  if (aggregate.function == Function::pct)
    return nearest_rank(std::move(numbers), aggregate.percent);
  if (numbers.empty()) return {};
  const double sum = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  return aggregate.function == Function::sum ? sum : sum / static_cast<double>(numbers.size());
}

Value key_of(const Row& row, const Stats::Group& group) {
  if (!group.bin) return value_of(row, group.field);
  const auto time = time_of(row, time_field);
  if (!time) return {};
  const auto into = time->time_since_epoch() % *group.bin;
  return format_utc(*time - (into < into.zero() ? into + *group.bin : into));
}

struct KeyOrder {
  bool operator()(const std::vector<Value>& left, const std::vector<Value>& right) const {
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (const int order = sort_order(left[i], right[i])) return order < 0;
      if (const int order = text_of(left[i]).compare(text_of(right[i]))) return order < 0;
    }
    return false;
  }
};

// The rows that the commands so far have left, and the columns that they ask for.
class Run {
 public:
  explicit Run(const std::vector<std::string>& log_lines) {
    for (const std::string& line : log_lines) rows_.push_back(discovered(line));
    apply(Sort{{{std::string(time_field), true}}});
  }

  void apply(const Fields& command) {
    for (const auto& [field, name] : command.fields) {
      add_column(name);
      if (field == name) continue;
      for (Row& row : rows_) row[name] = value_of(row, field);
    }
  }

  void apply(const Filter& command) {
    std::erase_if(rows_, [&](const Row& row) { return !command.condition(row); });
  }

  void apply(const Stats& command) {
    std::map<std::vector<Value>, std::vector<const Row*>, KeyOrder> groups;
    for (const Row& row : rows_) {
      std::vector<Value> key;
      key.reserve(command.groups.size());
      for (const Stats::Group& group : command.groups) key.push_back(key_of(row, group));
      groups[std::move(key)].push_back(&row);
    }
    std::vector<Row> results;
    for (const auto& [key, rows] : groups) {
      Row& result = results.emplace_back();
      for (std::size_t i = 0; i < key.size(); ++i) result[command.groups[i].name] = key[i];
      for (const Stats::Aggregate& aggregate : command.aggregates)
        result[aggregate.name] = aggregated(aggregate, rows);
    }
    rows_ = std::move(results);
    columns_.clear();
    for (const Stats::Group& group : command.groups) add_column(group.name);
    for (const Stats::Aggregate& aggregate : command.aggregates) add_column(aggregate.name);
  }

  void apply(const Sort& command) {
    std::stable_sort(rows_.begin(), rows_.end(), [&](const Row& left, const Row& right) {
      return precedes(left, right, command.keys);
    });
  }

  void apply(const Limit& command) {
    keep(command.rows);
    limited_ = true;
  }

  void apply(const Dedup& command) {
    std::set<std::vector<std::string>> seen;
    std::erase_if(rows_, [&](const Row& row) {
      std::vector<std::string> values;
      for (const std::string& field : command.fields) {
        const Value& value = value_of(row, field);
        if (is_null(value)) return false;
        values.push_back(text_of(value));
      }
      return !seen.insert(std::move(values)).second;
    });
  }

  Table table() && {
    if (!limited_) keep(default_insights_limit);
    Table table;
    table.columns = columns_;
    if (columns_.empty()) table.columns = {std::string(time_field), std::string(message_field)};
    for (const Row& row : rows_) {
      std::vector<Value>& values = table.rows.emplace_back();
      for (const std::string& column : table.columns) values.push_back(value_of(row, column));
    }
    return table;
  }

 private:
  void add_column(const std::string& name) {
    if (std::find(columns_.begin(), columns_.end(), name) == columns_.end())
      columns_.push_back(name);
  }

  void keep(std::size_t rows) {
    if (rows_.size() > rows) rows_.resize(rows);
  }

  std::vector<Row> rows_;
  std::vector<std::string> columns_;
  bool limited_ = false;
};

}  // namespace
}  // namespace insights

Result<Table> run_insights(std::string_view query, const std::vector<std::string>& log_lines) {
  const auto commands = insights::parse_query(query);
  if (!commands) return tl::unexpected(commands.error());
  insights::Run run(log_lines);
  for (const insights::Command& command : *commands)
    std::visit([&](const auto& known) { run.apply(known); }, command);
  return std::move(run).table();
}

}  // namespace sotto::testing
