#include "tests/support/insights.hpp"

namespace sotto::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Value = Table::Value;
using Values = std::vector<Value>;
using Rows = std::vector<Values>;
using Lines = std::vector<std::string>;

const Value null;

std::string line(int second, const std::string& members) {
  return R"({"timestamp":"2026-01-31T12:00:0)" + std::to_string(second) + ".000Z\"," + members +
         "}";
}

// What the guide's three queries ask for.
const Lines talk = {
    line(0, R"("level":"INFO","message":"a","session_id":"golden-eagle-427")"),
    line(1, R"("level":"INFO","message":"b","session_id":"golden-eagle-427",)"
            R"("event":"partial_result","action":"forwarded","processing_latency_ms":10)"),
    line(2, R"("level":"INFO","message":"c","session_id":"golden-eagle-427",)"
            R"("event":"partial_result","action":"buffered","processing_latency_ms":30)"),
    line(3, R"("level":"ERROR","message":"d","session_id":"calm-otter-12",)"
            R"("error_code":"unavailable")"),
    line(4, R"("level":"INFO","message":"e","session_id":"calm-otter-12",)"
            R"("event":"partial_result","action":"forwarded","processing_latency_ms":7)"),
    line(5, R"("level":"INFO","message":"f","session_id":"golden-eagle-427",)"
            R"("event":"final_result","action":"forwarded","processing_latency_ms":20)"),
    line(6, R"("level":"ERROR","message":"g","session_id":"golden-eagle-427")"),
    "Segmentation fault"};

Table run(std::string_view query, const Lines& lines) {
  auto table = run_insights(query, lines);
  EXPECT_TRUE(table) << query << "\n" << (table ? "" : table.error().message);
  return table ? *std::move(table) : Table{};
}

// The first column of what a query gives.
Values first(std::string_view query, const Lines& lines) {
  Values values;
  for (const Values& row : run(query, lines).rows) values.push_back(row.front());
  return values;
}

std::string refusal(std::string_view query) {
  const auto table = run_insights(query, {});
  EXPECT_FALSE(table) << query;
  if (table) return {};
  EXPECT_EQ(table.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(table.error().field, "query");
  return table.error().message;
}

TEST(InsightsGuide, FindsErrors) {
  const Table table = run(R"(fields @timestamp, @message, level, error_code
| filter level = "ERROR"
| sort @timestamp desc
| limit 100)",
                          talk);
  EXPECT_THAT(table.columns, ElementsAre("@timestamp", "@message", "level", "error_code"));
  EXPECT_EQ(table.rows, (Rows{{"2026-01-31T12:00:06.000Z", talk[6], "ERROR", null},
                              {"2026-01-31T12:00:03.000Z", talk[3], "ERROR", "unavailable"}}));
}

TEST(InsightsGuide, CountsWhatBecameOfPartialResults) {
  const Table table = run(R"(fields @timestamp, event, action, stability_score, session_id
| filter event = "partial_result"
| stats count() by action)",
                          talk);
  EXPECT_THAT(table.columns, ElementsAre("action", "count()"));
  EXPECT_EQ(table.rows, (Rows{{"buffered", 1.0}, {"forwarded", 2.0}}));
}

TEST(InsightsGuide, MeasuresLatencyBySession) {
  const Table table = run(R"(fields @timestamp, session_id, processing_latency_ms
| stats avg(processing_latency_ms), max(processing_latency_ms), pct(processing_latency_ms, 99) by session_id)",
                          talk);
  EXPECT_THAT(table.columns,
              ElementsAre("session_id", "avg(processing_latency_ms)", "max(processing_latency_ms)",
                          "pct(processing_latency_ms, 99)"));
  EXPECT_EQ(table.rows, (Rows{{null, null, null, null},
                              {"calm-otter-12", 7.0, 7.0, 7.0},
                              {"golden-eagle-427", 20.0, 30.0, 30.0}}));
}

TEST(InsightsGuide, ItsThirdQueryAsItStandsHasAFunctionThatInsightsHasNot) {
  const std::string message = refusal(R"(fields @timestamp, session_id, processing_latency_ms
| stats avg(processing_latency_ms), max(processing_latency_ms), p99(processing_latency_ms) by session_id)");
  EXPECT_THAT(message, HasSubstr("no function p99"));
  EXPECT_THAT(message, HasSubstr("pct(processing_latency_ms, 99)"));
}

TEST(InsightsGuide, ShowsOneSessionFromItsBeginning) {
  const Table table = run(
      R"(fields @timestamp, @message | filter session_id = "golden-eagle-427" | sort @timestamp asc)",
      talk);
  EXPECT_EQ(table.rows, (Rows{{"2026-01-31T12:00:00.000Z", talk[0]},
                              {"2026-01-31T12:00:01.000Z", talk[1]},
                              {"2026-01-31T12:00:02.000Z", talk[2]},
                              {"2026-01-31T12:00:05.000Z", talk[5]},
                              {"2026-01-31T12:00:06.000Z", talk[6]}}));
}

TEST(InsightsFields, AreDiscovered) {
  const Lines lines = {
      R"({"timestamp":"2026-01-31T12:00:00Z","a":{"b":{"c":1.5},"list":[{"x":"one"},2]},)"
      R"("yes":true,"no":false,"none":null,"odd-name":"o","@own":"w"})"};
  const Table table =
      run("fields a.b.c, a.list.0.x, a.list.1, yes, no, none, `odd-name`, @@own, a, timestamp, "
          "@timestamp, @message, nowhere",
          lines);
  EXPECT_EQ(table.rows,
            (Rows{{1.5, "one", 2.0, 1.0, 0.0, null, "o", "w", null, "2026-01-31T12:00:00Z",
                   "2026-01-31T12:00:00.000Z", lines[0], null}}));
}

TEST(InsightsFields, OfALineThatIsNoObjectAreTheLineAlone) {
  const Lines lines = {"plain", R"([1,{"a":2}])", R"({"a":1)", ""};
  EXPECT_EQ(run("fields @message, @timestamp, a", lines).rows, (Rows{{"plain", null, null},
                                                                     {lines[1], null, null},
                                                                     {lines[2], null, null},
                                                                     {"", null, null}}));
}

TEST(InsightsFields, WithoutTimestampThatIsATimeHaveNone) {
  EXPECT_EQ(first("fields @timestamp", {R"({"timestamp":"noon"})", R"({"timestamp":12})"}),
            (Values{null, null}));
}

TEST(InsightsFields, AreThoseOfAllFieldsCommandsAndTheirAliasesOrTimeAndMessage) {
  const Lines lines = {R"({"a":1,"b":2})"};
  const Table table = run("fields a as first, b | fields b, a AS again | filter first = 1", lines);
  EXPECT_THAT(table.columns, ElementsAre("first", "b", "again"));
  EXPECT_EQ(table.rows, (Rows{{1.0, 2.0, 1.0}}));
  EXPECT_THAT(run("filter a = 1", lines).columns, ElementsAre("@timestamp", "@message"));
}

struct FilterCase {
  std::string condition;
  Values found;  // values of `id`
};

TEST(InsightsFilter, Matches) {
  const Lines lines = {R"({"id":1,"level":"ERROR","ms":9,"status":"200"})",
                       R"({"id":2,"level":"INFO","ms":10,"limit":10,"status":200})",
                       R"({"id":3,"level":"info"})", R"({"id":4,"ms":11.5,"limit":2})"};
  const std::vector<FilterCase> cases = {
      {R"(level = "ERROR")", {1.0}},
      {R"(level = 'ERROR')", {1.0}},
      {R"(level != "ERROR")", {2.0, 3.0}},
      {"ms < 10", {1.0}},
      {"ms <= 10", {1.0, 2.0}},
      {"ms > 10", {4.0}},
      {"ms >= 10", {2.0, 4.0}},
      {"ms > -1.5", {1.0, 2.0, 4.0}},
      {"ms = limit", {2.0}},
      {"level = ERROR", {}},  // a field's name, which no line has
      {"status = 200", {1.0, 2.0}},
      {R"(status = "200")", {1.0, 2.0}},
      {R"(status = "0200")", {2.0}},
      {"status > 99", {1.0, 2.0}},
      {"level > 5", {}},
      {"level != 5", {1.0, 2.0, 3.0}},
      {R"(level < "J")", {1.0, 2.0}},
      {R"(level like "RRO")", {1.0}},
      {"level like /^I/", {2.0}},
      {"level like /(?i)^i/", {2.0, 3.0}},
      {"level =~ /^[a-z]+$/", {3.0}},
      {"ms like /5$/", {4.0}},
      {R"(@message like /"level":"\w+/)", {1.0, 2.0, 3.0}},
      {R"(level not like "RRO")", {2.0, 3.0}},
      {R"(level in ["ERROR", "INFO"])", {1.0, 2.0}},
      {R"(level not in ["ERROR", "INFO"])", {3.0}},
      {"ms in [9]", {1.0}},
      {"ispresent(ms)", {1.0, 2.0, 4.0}},
      {"not isPresent(level)", {4.0}},
      {R"(not level = "ERROR")", {2.0, 3.0, 4.0}},
      {R"(level = "ERROR" or ms > 9 and ms < 11)", {1.0, 2.0}},
      {R"((level = "ERROR" or ms > 9) and ms < 10)", {1.0}},
      {R"(not (level = "ERROR" OR level = "INFO") AND ispresent(level))", {3.0}},
  };
  for (const FilterCase& known : cases)
    EXPECT_EQ(first("fields id | filter " + known.condition, lines), known.found)
        << known.condition;
}

TEST(InsightsFilter, SeesWhatWasCalledOtherwise) {
  EXPECT_EQ(first("fields a as b | filter b = 2", {R"({"a":1})", R"({"a":2})"}), (Values{2.0}));
}

TEST(InsightsStats, SkipsRowsWithoutTheField) {
  const Lines lines = {R"({"ms":4,"who":"b"})", R"({"who":"a"})", R"({"ms":1})", R"({"ms":"7"})",
                       R"({"ms":"n/a"})"};
  const Table table =
      run("stats count(), count(*), count(ms), sum(ms), avg(ms), min(ms) as least, max(who), "
          "sum(nowhere), count(nowhere)",
          lines);
  EXPECT_THAT(table.columns, ElementsAre("count()", "count(*)", "count(ms)", "sum(ms)", "avg(ms)",
                                         "least", "max(who)", "sum(nowhere)", "count(nowhere)"));
  EXPECT_EQ(table.rows, (Rows{{5.0, 5.0, 4.0, 12.0, 4.0, "n/a", "b", null, 0.0}}));
}

TEST(InsightsStats, TakesTheNearestRank) {
  Lines hundred, five;
  for (int i = 100; i > 0; --i) hundred.push_back("{\"ms\":" + std::to_string(i) + "}");
  for (const int ms : {15, 20, 35, 40, 50}) five.push_back("{\"ms\":" + std::to_string(ms) + "}");
  EXPECT_EQ(
      run("stats pct(ms, 7), pct(ms, 50), pct(ms, 99), pct(ms, 99.1), pct(ms, 100)", hundred).rows,
      (Rows{{7.0, 50.0, 99.0, 100.0, 100.0}}));
  // https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method, its first example
  EXPECT_EQ(
      run("stats pct(ms,0), pct(ms,5), pct(ms,30), pct(ms,40), pct(ms,50), pct(ms,100)", five).rows,
      (Rows{{15.0, 15.0, 20.0, 20.0, 35.0, 50.0}}));
}

TEST(InsightsStats, GroupsByEachCombinationAndWhatIsMissing) {
  const Lines lines = {
      R"({"a":"x","b":1})", R"({"a":"x","b":2})", R"({"a":"x","b":"1"})", R"({"b":1})", "{}",
      R"({"b":1})"};
  const Table table = run("stats count(*) as n by a as letter, b", lines);
  EXPECT_THAT(table.columns, ElementsAre("letter", "b", "n"));
  EXPECT_EQ(table.rows,
            (Rows{{null, null, 1.0}, {null, 1.0, 2.0}, {"x", 1.0, 2.0}, {"x", 2.0, 1.0}}));
}

TEST(InsightsStats, CutsTimeIntoPeriods) {
  const Lines lines = {
      R"({"timestamp":"2026-01-31T12:09:59.999Z"})", R"({"timestamp":"2026-01-31T12:05:00Z"})",
      R"({"timestamp":"2026-01-31T12:04:59Z"})", R"({"timestamp":"1969-12-31T23:59:59Z"})", "{}"};
  const Table table = run("stats count() by bin(5m)", lines);
  EXPECT_THAT(table.columns, ElementsAre("bin(5m)", "count()"));
  EXPECT_EQ(table.rows, (Rows{{null, 1.0},
                              {"1969-12-31T23:55:00.000Z", 1.0},
                              {"2026-01-31T12:00:00.000Z", 1.0},
                              {"2026-01-31T12:05:00.000Z", 2.0}}));
  EXPECT_EQ(first("stats count() by bin(1d) as day | sort day desc | limit 1", lines),
            (Values{"2026-01-31T00:00:00.000Z"}));
}

TEST(InsightsStats, ReplacesTheRows) {
  const Lines lines = {R"({"a":"x","ms":1})", R"({"a":"x","ms":5})", R"({"a":"y","ms":9})"};
  EXPECT_EQ(run("fields ms | stats sum(ms) as total by a | sort total desc", lines).rows,
            (Rows{{"y", 9.0}, {"x", 6.0}}));
  EXPECT_EQ(run("stats sum(ms) as total by a | stats max(total), count(ms)", lines).rows,
            (Rows{{9.0, 0.0}}));
  EXPECT_THAT(run("filter ms > 9 | stats count()", lines).rows, SizeIs(0));
}

TEST(InsightsSort, PutsTextsBeforeNumbersAndReadsDigitsInThem) {
  // The example of CWL_QuerySyntax-Sort.html, and a line without the field before it.
  const Values ascending = {null, "!:", "#",         "*%04",      "0#", "5A", "111A", "2345_", "@",
                            "@_", "A",  "A9876fghj", "a12345hfh", "0",  "01", "1.5",  "2",     3.0};
  Lines lines = {"{}"};
  for (const char* text : {"2", "a12345hfh", "A", "5A", "01", "@_", "!:", "111A", "0#", "*%04", "0",
                           "1.5", "#", "2345_", "@", "A9876fghj"})
    lines.push_back("{\"v\":\"" + std::string(text) + "\"}");
  lines.push_back("{\"v\":3}");
  EXPECT_EQ(first("fields v | sort v asc", lines), ascending);
  EXPECT_EQ(first("fields v | SORT v DESC", lines), Values(ascending.rbegin(), ascending.rend()));
}

TEST(InsightsSort, GoesByTheNextFieldWhereOneIsTheSame) {
  const Lines lines = {R"({"id":1,"a":1,"b":1})", R"({"id":2,"a":2,"b":1})",
                       R"({"id":3,"a":1,"b":2})", R"({"id":4,"a":1,"b":2})"};
  EXPECT_EQ(first("fields id | sort a asc, b desc", lines), (Values{3.0, 4.0, 1.0, 2.0}));
}

TEST(InsightsSort, IsNewestFirstWhereNobodySays) {
  EXPECT_EQ(first("fields message | limit 3", talk), (Values{"g", "f", "e"}));
  EXPECT_EQ(first("fields message", talk).back(), null) << "no time comes last";
}

TEST(InsightsLimit, IsAThousandRowsUnlessItIsSaid) {
  const Lines lines(10'001, "{}");
  EXPECT_THAT(run("fields a", lines).rows, SizeIs(default_insights_limit));
  EXPECT_THAT(run("fields a | limit 1", lines).rows, SizeIs(1));
  EXPECT_THAT(run("fields a | limit 10000", lines).rows, SizeIs(max_insights_limit));
  EXPECT_EQ(run("stats count()", lines).rows, (Rows{{10'001.0}}))
      << "of results, not of lines read";
}

TEST(InsightsDedup, KeepsTheFirstOfEachAndWhatHasNone) {
  const Lines lines = {R"({"id":1,"a":"x","b":1})", R"({"id":2,"a":"x","b":2})",
                       R"({"id":3,"b":1})", R"({"id":4,"b":1})", R"({"id":5,"a":"x","b":1})"};
  EXPECT_EQ(first("fields id | sort id desc | dedup a", lines), (Values{5.0, 4.0, 3.0}));
  EXPECT_EQ(first("fields id | dedup a, b", lines), (Values{1.0, 2.0, 3.0, 4.0}));
  EXPECT_EQ(first("fields id | dedup a | limit 2", lines), (Values{1.0, 3.0}));
  EXPECT_EQ(first("fields message | dedup level | limit 2", talk), (Values{"g", "f"}));
}

TEST(InsightsQuery, MayHaveCommentsAndQuotedPipes) {
  EXPECT_EQ(first("fields a # | filter a = 1\n| filter a like \"|#\" # the end",
                  {R"({"a":"|#"})", R"({"a":1})"}),
            (Values{"|#"}));
  EXPECT_EQ(
      first(R"(fields a | filter a = "say \"\\\"" and a like /\"\\/)", {R"({"a":"say \"\\\""})"}),
      (Values{R"(say "\")"}));
  EXPECT_EQ(first(R"(fields a | filter a like /^\/v1\//)", {R"({"a":"/v1/x"})", R"({"a":"v1"})"}),
            (Values{"/v1/x"}));
}

struct RefusedCase {
  std::string query;
  std::string says;
};

const RefusedCase refused_cases[] = {
    {"", "empty"},
    {" # only a comment", "empty"},
    {"fields a |", "the query's end is no command"},
    {"fields a | | limit 1", "| is no command"},
    {"display a", "display is no command"},
    {"fields a limit 5", "cannot have limit there"},
    {"fields", "fields needs a field before the query's end"},
    {"fields a,", "fields needs a field"},
    {"fields a as", "as needs a field"},
    {"fields strlen(a)", "strlen is no function"},
    {"fields foo-bar", "backticks"},
    {"fields `foo", "no second `"},
    {"filter (a = 1", "filter needs ) before the query's end"},
    {"filter a = 1)", "cannot have ) there"},
    {"filter ((a = 1) or b = 2 | limit 5", "filter needs ) before |"},
    {"filter level", "filter needs a comparison after level"},
    {"filter level | limit 5", "filter needs a comparison after level"},
    {R"(filter level "ERROR")", "filter needs a comparison after level"},
    {R"(filter level == "ERROR")", "a comparison needs a field before ="},
    {"filter a = 1 and", "filter needs a field"},
    {"filter a =", "a comparison needs a field before the query's end"},
    {"filter a not = 1", "filter needs a comparison"},
    {"filter", "filter needs a field"},
    {"filter a like b", "like needs"},
    {"filter a like /(/", "no regular expression"},
    {"filter a like /x", "no second /"},
    {R"(filter a =~ "x")", "=~ needs"},
    {R"(filter a = "x)", "no second \""},
    {"filter a in []", "in needs"},
    {"filter a in [1", "in needs ]"},
    {"filter a in (1, 2)", "in needs ["},
    {"filter isblank(a)", "isblank is no function"},
    {"filter ispresent(a", "ispresent needs )"},
    {"stats", "stats needs a function"},
    {"stats a by b", "stats needs a function"},
    {"stats median(a)", "median is no function"},
    {"stats p50(ms)", "write pct(ms, 50) for p50(ms)"},
    {"stats P99.9(ms) by a", "write pct(ms, 99.9) for P99.9(ms)"},
    {"stats pct(ms)", "pct needs , before )"},
    {"stats pct(ms, 101)", "from 0 to 100, not 101"},
    {"stats pct(ms, x)", "from 0 to 100, not x"},
    {"stats avg()", "avg needs a field"},
    {"stats avg(*)", "avg needs a field"},
    {"stats count(a", "count needs )"},
    {"stats count() by", "by needs a field"},
    {"stats count() by bin(5)", "bin needs a period"},
    {"stats count() by bin(0m)", "bin needs a period"},
    {"stats count() by bin(5 fortnights)", "bin needs a period"},
    {"stats count() by datefloor(@timestamp, 5m)", "datefloor is no function"},
    {"sort a", "sort needs asc or desc after a"},
    {"sort desc", "sort needs asc or desc"},
    {"limit", "from 1 to 10000, not the query's end"},
    {"limit 0", "from 1 to 10000, not 0"},
    {"limit 10001", "from 1 to 10000, not 10001"},
    {"limit 1.5", "not 1.5"},
    {"limit -1", "not -1"},
    {"limit ten", "not ten"},
    {"dedup a | sort a asc", "only limit can follow dedup"},
};

TEST(InsightsQuery, IsRefusedWithWhatIsWrongWithIt) {
  for (const RefusedCase& known : refused_cases)
    EXPECT_THAT(refusal(known.query), HasSubstr(known.says)) << known.query;
}

}  // namespace
}  // namespace sotto::testing
