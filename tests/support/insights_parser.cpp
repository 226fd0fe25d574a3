#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <regex>
#include <utility>

#include "tests/support/insights_query.hpp"
#include "tests/support/insights_tokens.hpp"

namespace sotto::testing::insights {

namespace {

constexpr std::string_view commands = "fields, filter, stats, sort, limit and dedup";
constexpr std::string_view functions =
    "count, sum, avg, min, max and pct in stats, bin after by, ispresent in filter";

const std::map<std::string, Function, std::less<>> aggregate_functions = {
    {"count", Function::count}, {"sum", Function::sum}, {"avg", Function::avg},
    {"min", Function::min},     {"max", Function::max}, {"pct", Function::pct}};

const std::map<std::string, Comparison, std::less<>> comparisons = {
    {"=", Comparison::equal},   {"!=", Comparison::not_equal},
    {"<", Comparison::less},    {"<=", Comparison::less_or_equal},
    {">", Comparison::greater}, {">=", Comparison::greater_or_equal}};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Condition negated_if(bool negated, Condition condition) {
  if (!negated) return condition;
  return [inner = std::move(condition)](const Row& row) { return !inner(row); };
}

// True where the row has the field and `matches` (negated: does not match) its value.
Condition on_field(std::string field, bool negated, std::function<bool(const Value&)> matches) {
  return [field = std::move(field), negated, matches = std::move(matches)](const Row& row) {
    const Value& value = value_of(row, field);
    return !is_null(value) && matches(value) != negated;
  };
}

// Keeps the first error. From there on it sees the query's end, so that every loop comes to an end
// and nobody needs to look whether there was one before parse() is through.
class Parser {
 public:
  Parser(std::string_view query, std::vector<Token> tokens)
      : query_(query), tokens_(std::move(tokens)) {}

  Result<std::vector<Command>> parse() {
    std::vector<Command> query;
    if (next().kind == TokenKind::end)
      wrong("the query is empty, must have a command such as fields @timestamp, @message");
    do {
      if (!query.empty() && std::holds_alternative<Dedup>(query.back()) && !is_word("limit"))
        wrong("only limit can follow dedup, not " + shown());
      query.push_back(command());
    } while (take_symbol("|"));
    if (next().kind != TokenKind::end)
      wrong("the query cannot have " + shown() + " there; | separates commands");
    if (error_) return tl::unexpected(*error_);
    return query;
  }

 private:
  const Token& next() const { return error_ ? tokens_.back() : tokens_[at_]; }
  Token take() { return next().kind == TokenKind::end ? next() : tokens_[at_++]; }
  bool is_symbol(std::string_view symbol) const {
    return next().kind == TokenKind::symbol && next().text == symbol;
  }
  bool is_word(std::string_view word) const {
    return next().kind == TokenKind::name && lower(next().text) == word;
  }
  bool take_symbol(std::string_view symbol) {
    const bool found = is_symbol(symbol);
    if (found) take();
    return found;
  }
  bool take_word(std::string_view word) {
    const bool found = is_word(word);
    if (found) take();
    return found;
  }
  void expect(std::string_view symbol, const std::string& where) {
    if (!take_symbol(symbol)) wrong(where + " needs " + std::string(symbol) + " before " + shown());
  }
  bool calls() const {
    return next().kind == TokenKind::name && tokens_[at_ + 1].text == "(" &&
           tokens_[at_ + 1].kind == TokenKind::symbol;
  }

  // What comes next, as the query has it.
  std::string shown() const {
    if (next().kind == TokenKind::end) return "the query's end";
    return std::string(query_.substr(next().begin, next().end - next().begin));
  }
  // The query from `begin` to the last token taken.
  std::string written_from(std::size_t begin) const {
    if (error_ || at_ == 0) return {};
    return std::string(query_.substr(begin, tokens_[at_ - 1].end - begin));
  }

  void wrong(std::string message) {
    if (!error_) error_ = Error{ErrorCode::invalid_argument, std::move(message), "query"};
  }

  // Insights has no p50(), p95() or p99.9(), which other query languages have.
  void unknown_function() {
    const std::string name = next().text;
    const std::string rank = name.substr(1);
    if (lower(name.substr(0, 1)) == "p" && number_of(Value(rank))) {
      const Token& argument = tokens_[at_ + 2];
      const std::string field = argument.kind == TokenKind::name ? argument.text : "field";
      return wrong("Insights has no function " + name + "; write pct(" + field + ", " + rank +
                   ") for " + name + "(" + field + ")");
    }
    wrong(name + " is no function that can stand there; there are " + std::string(functions));
  }

  std::string field_name(const std::string& where) {
    if (calls()) {
      unknown_function();
      return {};
    }
    if (next().kind != TokenKind::name && next().kind != TokenKind::quoted_name) {
      wrong(where + " needs a field before " + shown());
      return {};
    }
    return take().text;
  }
  std::string alias_or(std::string name) {
    return take_word("as") ? field_name("as") : std::move(name);
  }
  double number(const std::string& where) {
    const auto value = number_of(Value(next().text));
    if (next().kind != TokenKind::number || !value) wrong(where + ", not " + shown());
    take();
    return value.value_or(0);
  }

  Command command() {
    if (take_word("fields")) return fields();
    if (take_word("filter")) return Filter{either()};
    if (take_word("stats")) return stats();
    if (take_word("sort")) return sort();
    if (take_word("limit")) return limit();
    if (take_word("dedup")) return dedup();
    wrong(shown() + " is no command that this interpreter has; it has " + std::string(commands));
    return Limit{};
  }

  Fields fields() {
    Fields found;
    do {
      const std::string field = field_name("fields");
      found.fields.push_back({field, alias_or(field)});
    } while (take_symbol(","));
    return found;
  }

  Sort sort() {
    Sort found;
    do {
      Sort::Key key{field_name("sort"), take_word("desc")};
      if (!key.descending && !take_word("asc"))
        wrong("sort needs asc or desc after " + key.field + ", before " + shown());
      found.keys.push_back(std::move(key));
    } while (take_symbol(","));
    return found;
  }

  Limit limit() {
    const std::string range =
        "limit must be a whole number from 1 to " + std::to_string(max_insights_limit);
    const std::string given = shown();
    const double rows = number(range);
    if (!(rows >= 1 && rows <= double{max_insights_limit}) || rows != std::floor(rows)) {
      wrong(range + ", not " + given);
      return {};
    }
    return {static_cast<std::size_t>(rows)};
  }

  Dedup dedup() {
    Dedup found;
    do found.fields.push_back(field_name("dedup"));
    while (take_symbol(","));
    return found;
  }

  Stats stats() {
    Stats found;
    do found.aggregates.push_back(aggregate());
    while (take_symbol(","));
    if (!take_word("by")) return found;
    do found.groups.push_back(group());
    while (take_symbol(","));
    return found;
  }

  Stats::Aggregate aggregate() {
    Stats::Aggregate found;
    const std::size_t begin = next().begin;
    const auto function = aggregate_functions.find(lower(next().text));
    if (!calls()) {
      wrong("stats needs a function such as count() before " + shown());
      return found;
    }
    if (function == aggregate_functions.end()) {
      unknown_function();
      return found;
    }
    found.function = function->second;
    const std::string name = take().text;
    expect("(", name);
    if (found.function != Function::count || (!is_symbol(")") && !take_symbol("*")))
      found.field = field_name(name);
    if (found.function == Function::pct) {
      expect(",", name);
      found.percent = number("pct needs a percentage from 0 to 100");
      if (found.percent < 0 || found.percent > 100)
        wrong("pct needs a percentage from 0 to 100, not " + text_of(found.percent));
    }
    expect(")", name);
    found.name = alias_or(written_from(begin));
    return found;
  }

  Stats::Group group() {
    const std::size_t begin = next().begin;
    Stats::Group found;
    if (calls() && take_word("bin")) {
      expect("(", "bin");
      found.bin = period();
      expect(")", "bin");
      found.name = alias_or(written_from(begin));
    } else {
      found.field = field_name("by");
      found.name = alias_or(found.field);
    }
    return found;
  }

  std::chrono::milliseconds period() {
    static const std::map<std::string, std::chrono::milliseconds, std::less<>> units = {
        {"ms", std::chrono::milliseconds(1)},
        {"s", std::chrono::seconds(1)},
        {"m", std::chrono::minutes(1)},
        {"h", std::chrono::hours(1)},
        {"d", std::chrono::days(1)}};
    const std::string example = "bin needs a period such as 5m (ms, s, m, h, d)";
    const double count = number(example);
    const auto unit = units.find(next().text);
    if (!(count >= 1 && count <= 1e6) || count != std::floor(count) || unit == units.end()) {
      wrong(example + ", not " + shown());
      return std::chrono::milliseconds(1);
    }
    take();
    return unit->second * static_cast<int>(count);
  }

  Condition either() {
    Condition left = both();
    while (take_word("or")) {
      Condition right = both();
      left = [left = std::move(left), right = std::move(right)](const Row& row) {
        return left(row) || right(row);
      };
    }
    return left;
  }

  Condition both() {
    Condition left = one();
    while (take_word("and")) {
      Condition right = one();
      left = [left = std::move(left), right = std::move(right)](const Row& row) {
        return left(row) && right(row);
      };
    }
    return left;
  }

  Condition one() {
    if (take_word("not")) return negated_if(true, one());
    if (take_symbol("(")) {
      Condition inner = either();
      expect(")", "filter");
      return inner;
    }
    if (calls() && take_word("ispresent")) {
      expect("(", "ispresent");
      const std::string field = field_name("ispresent");
      expect(")", "ispresent");
      return [field](const Row& row) { return !is_null(value_of(row, field)); };
    }
    return comparison();
  }

  Condition comparison() {
    std::string field = field_name("filter");
    const bool negated = take_word("not");
    if (take_word("like")) return like(std::move(field), negated);
    if (take_word("in")) return in(std::move(field), negated);
    if (!negated && take_symbol("=~")) {
      if (next().kind != TokenKind::regex) wrong("=~ needs a /regular expression/");
      return like(std::move(field), false);
    }
    const auto found = comparisons.find(next().text);
    if (negated || next().kind != TokenKind::symbol || found == comparisons.end()) {
      wrong("filter needs a comparison after " + field + ", before " + shown());
      return {};
    }
    take();
    return [field = std::move(field), how = found->second, right = operand()](const Row& row) {
      return holds(value_of(row, field), how, right(row));
    };
  }

  std::function<Value(const Row&)> operand() {
    if (next().kind == TokenKind::text || next().kind == TokenKind::number)
      return [constant = constant("filter")](const Row&) { return constant; };
    return [field = field_name("a comparison")](const Row& row) { return value_of(row, field); };
  }

  Value constant(const std::string& where) {
    if (next().kind == TokenKind::text) return take().text;
    return number(where + " needs a \"text\" or a number");
  }

  Condition like(std::string field, bool negated) {
    if (next().kind == TokenKind::text)
      return on_field(std::move(field), negated, [part = take().text](const Value& value) {
        return text_of(value).find(part) != std::string::npos;
      });
    if (next().kind != TokenKind::regex) {
      wrong("like needs a \"text\" or a /regular expression/, not " + shown());
      return {};
    }
    return on_field(std::move(field), negated,
                    [pattern = regular_expression(take().text)](const Value& value) {
                      return std::regex_search(text_of(value), pattern);
                    });
  }

  std::regex regular_expression(const std::string& pattern) {
    constexpr std::string_view any_case = "(?i)";
    try {
      if (!pattern.starts_with(any_case)) return std::regex(pattern);
      return std::regex(pattern.substr(any_case.size()), std::regex::icase);
    } catch (const std::regex_error& error) {
      wrong("/" + pattern + "/ is no regular expression: " + error.what());
      return {};
    }
  }

  Condition in(std::string field, bool negated) {
    std::vector<Value> values;
    expect("[", "in");
    do values.push_back(constant("in"));
    while (take_symbol(","));
    expect("]", "in");
    return on_field(std::move(field), negated, [values](const Value& value) {
      return std::any_of(values.begin(), values.end(), [&](const Value& candidate) {
        return holds(value, Comparison::equal, candidate);
      });
    });
  }

  const std::string_view query_;
  const std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<std::vector<Command>> parse_query(std::string_view query) {
  auto tokens = tokens_of(query);
  if (!tokens) return tl::unexpected(tokens.error());
  return Parser(query, *std::move(tokens)).parse();
}

}  // namespace sotto::testing::insights
