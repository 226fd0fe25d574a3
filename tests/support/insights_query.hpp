#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "tests/support/insights_values.hpp"

namespace sotto::testing::insights {

struct Fields {
  struct Field {
    std::string field;
    std::string name;  ///< its alias, or itself
  };
  std::vector<Field> fields;
};

using Condition = std::function<bool(const Row&)>;
struct Filter {
  Condition condition;
};

enum class Function : unsigned char { count, sum, avg, min, max, pct };
struct Stats {
  struct Aggregate {
    Function function = Function::count;
    std::string field;   ///< empty for count() and count(*)
    double percent = 0;  ///< of pct: 0 to 100
    std::string name;
  };
  struct Group {
    std::string field;                             ///< empty for bin()
    std::optional<std::chrono::milliseconds> bin;  ///< more than 0
    std::string name;
  };
  std::vector<Aggregate> aggregates;  ///< at least one
  std::vector<Group> groups;
};

struct Sort {
  struct Key {
    std::string field;
    bool descending = false;
  };
  std::vector<Key> keys;
};

struct Limit {
  std::size_t rows = 0;
};

struct Dedup {
  std::vector<std::string> fields;
};

using Command = std::variant<Fields, Filter, Stats, Sort, Limit, Dedup>;

/// Reads a query as run_insights() describes it. Errors: `invalid_argument`, field "query".
Result<std::vector<Command>> parse_query(std::string_view query);

}  // namespace sotto::testing::insights
