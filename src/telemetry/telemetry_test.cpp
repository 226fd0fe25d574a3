#include "telemetry/log.hpp"
#include "telemetry/process_usage.hpp"

namespace sotto::telemetry {
namespace {

TEST(Log, WritesOneJsonObjectALineFromItsLevelUp) {
  std::vector<std::string> lines;
  Log log(
      Level::info, [&](const std::string& line) { lines.push_back(line); },
      [] { return std::string("2026-01-31T12:00:00.000Z"); });
  log.write(Level::debug, "not this");
  log.write(Level::warning, "a \"quoted\"\nline",
            {{"session_id", "golden-eagle-427"}, {"enabled", true}, {"bucket", 7.0}});
  EXPECT_EQ(
      lines,
      std::vector<std::string>{
          R"({"timestamp":"2026-01-31T12:00:00.000Z","level":"WARNING",)"
          R"("message":"a \"quoted\"\nline","session_id":"golden-eagle-427","enabled":true,"bucket":7})"});
}

TEST(Log, LevelsByName) {
  EXPECT_EQ(parse_level("Warning"), Level::warning);
  EXPECT_EQ(parse_level("loud").error().field, "LOG_LEVEL");
}

TEST(ProcessUsage, CountsThisProcess) {
  const ProcessUsage usage = process_tree_usage();
  EXPECT_GT(usage.memory_bytes, 100'000u);
  EXPECT_GE(usage.cpu_seconds, 0);
}

}  // namespace
}  // namespace sotto::telemetry
