// A real Prometheus scrapes a live server; its answer to each of the dashboard's queries is
// compared with what the embedded series says.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "server/server.hpp"
#include "supervision/test_support.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_flag.hpp"

namespace sotto::server {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using telemetry::Arm;
using telemetry::Counter;
using telemetry::Histogram;

const fs::path deploy = fs::path(SOTTO_SOURCE_DIR) / "deploy";
const char* const prometheus_program = "/usr/bin/prometheus";

std::uint16_t free_port() {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor taken(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  return taken.local_endpoint().port();
}

std::string percent_encoded(const std::string& text) {
  std::ostringstream encoded;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      encoded << c;
    } else {
      encoded << '%' << std::hex << std::uppercase << (static_cast<unsigned char>(c) >> 4U)
              << (static_cast<unsigned char>(c) & 0xFU) << std::dec;
    }
  }
  return encoded.str();
}

// The value of + - * / ( ) and numbers, for queries whose terms have been replaced by numbers.
class Arithmetic {
 public:
  explicit Arithmetic(std::string text) : text_(std::move(text)) {}
  double value() {
    double sum = product();
    while (next() == '+') ++at_, sum += product();
    return sum;
  }

 private:
  double product() {
    double value = factor();
    for (char c = next(); c == '*' || c == '/'; c = next()) {
      ++at_;
      const double other = factor();
      value = c == '*' ? value * other : value / other;
    }
    return value;
  }
  double factor() {
    if (next() == '(') {
      ++at_;
      const double inner = value();
      ++at_;  // )
      return inner;
    }
    std::size_t used = 0;
    const double number = std::stod(text_.substr(at_), &used);
    at_ += used;
    return number;
  }
  char next() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  const std::string text_;
  std::size_t at_ = 0;
};

class Prometheus : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::access(prometheus_program, X_OK) != 0)
      GTEST_SKIP() << "there is no " << prometheus_program << "; scripts/setup test installs it";
    recogniser.calibration_.emplace();
    pipeline::SessionParts parts;
    parts.recogniser = &recogniser;
    parts.translator = &translator;
    parts.cache = &cache;
    ServerConfig config;
    config.port = 0;
    config.application.flag = flag.access();
    config.application.flag.now = [this] {
      return testing::TestFlag::now + std::chrono::minutes(minute.load());
    };
    config.application.telemetry = flag.telemetry();
    config.application.phases = flag.phases();
    auto made = Server::create(config, io, parts, &log);
    ASSERT_TRUE(made) << made.error().message;
    server = std::move(*made);
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { io.run(); });
    start_prometheus();
  }

  void TearDown() override {
    if (process > 0) {
      ::kill(process, SIGKILL);
      ::waitpid(process, nullptr, 0);
    }
    if (server) server->stop(std::chrono::milliseconds{100});
    for (std::thread& thread : threads) thread.join();
  }

  void start_prometheus() {
    const fs::path config = folder.path() / "prometheus.yml";
    std::ofstream(config) << "global: {scrape_interval: 100ms, scrape_timeout: 100ms, "
                             "evaluation_interval: 100ms}\nrule_files: ["
                          << (deploy / "prometheus" / "rules.yml").string()
                          << "]\nscrape_configs: [{job_name: sotto, static_configs: [{targets: "
                             "['127.0.0.1:"
                          << server->port() << "']}]}]\n";
    port = free_port();
    const std::vector<std::string> arguments = {
        prometheus_program, "--config.file=" + config.string(),
        "--storage.tsdb.path=" + (folder.path() / "data").string(),
        "--web.listen-address=127.0.0.1:" + std::to_string(port), "--log.level=error"};
    process = ::fork();
    if (process != 0) return;
    std::vector<char*> argv;
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it goes with the test, however that ends
    if (!std::freopen("/dev/null", "w", stdout) || !std::freopen("/dev/null", "w", stderr))
      ::_exit(126);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }

  // The single value of a query, or nothing for an empty answer.
  std::optional<double> query(const std::string& text) {
    const auto answer =
        testing::HttpClient(port).ask("GET", "/api/v1/query?query=" + percent_encoded(text));
    if (answer.status == 503) return std::nullopt;  // it is about to begin
    EXPECT_EQ(answer.status, 200) << text << "\n" << answer.body;
    if (answer.status != 200) return std::nullopt;
    const json::value parsed = json::parse(answer.body);
    const json::array& result = parsed.at("data").at("result").as_array();
    if (result.empty()) return std::nullopt;
    EXPECT_EQ(result.size(), 1u) << text;
    return std::stod(std::string(result[0].at("value").at(1).as_string()));
  }

  // Until a query has at least this value; false when Prometheus does not get there in a minute.
  bool await(const std::string& text, double least) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (std::chrono::steady_clock::now() < deadline) {
      try {
        if (query(text).value_or(-1) >= least) return true;
      } catch (const std::exception&) {
        std::this_thread::yield();  // it does not listen yet
      }
    }
    return false;
  }

  // What a quarter of an hour might bring, in one moment.
  void measure() {
    std::mt19937 random(7);
    std::lognormal_distribution<double> latency(std::log(900), 0.8), erasure(std::log(150), 0.5),
        cost(std::log(40'000), 0.4);
    std::poisson_distribution<std::uint64_t> orphans(6);
    std::uint64_t times = 11;
    for (const Arm arm : telemetry::arms) {
      for (std::size_t i = 0; i < telemetry::counter_count; ++i)
        flag.metrics.count(arm, telemetry::counter_at(i), times += 37);
      for (const auto which :
           {Histogram::processing_latency, Histogram::decision_latency, Histogram::word_lag})
        for (int i = 0; i < 2000; ++i)
          flag.metrics.record(arm, which, static_cast<std::uint64_t>(latency(random)));
      for (int i = 0; i < 200; ++i) {
        flag.metrics.record(arm, Histogram::orphaned_results_flushed, orphans(random));
        flag.metrics.record(arm, Histogram::normalized_erasure,
                            static_cast<std::uint64_t>(erasure(random)));
        flag.metrics.record(arm, Histogram::cost_per_listener_hour,
                            static_cast<std::uint64_t>(cost(random)));
      }
    }
  }

  telemetry::ArmSnapshot in_series(Arm arm) {
    return telemetry::total(
        *flag.series.read(UtcTime{}, testing::TestFlag::now + std::chrono::hours(1)), arm);
  }

  testing::TemporaryFolder folder;
  testing::TestFlag flag;
  std::atomic<int> minute{0};
  boost::asio::io_context io;
  testing::FakeRecogniser recogniser;
  testing::FakeTranslator translator;
  pipeline::TranslationCache cache;
  telemetry::Log log{telemetry::Level::error, [](const std::string&) {}, telemetry::utc_timestamp};
  std::unique_ptr<Server> server;
  std::vector<std::thread> threads;
  pid_t process = 0;
  std::uint16_t port = 0;
};

// A metric's sum over the series: a counter's, or a histogram's _sum and _count.
std::optional<double> total_of(const std::string& name, const telemetry::ArmSnapshot& series) {
  for (std::size_t i = 0; i < telemetry::counter_count; ++i)
    if (name == telemetry::info(telemetry::counter_at(i)).prometheus)
      return static_cast<double>(series.counters[i]);
  for (std::size_t i = 0; i < telemetry::histogram_count; ++i) {
    const auto& about = telemetry::info(telemetry::histogram_at(i));
    const QuantileSketch& sketch = series.histograms[i];
    if (name == std::string(about.prometheus) + "_sum")
      return sketch.sum() / about.per_prometheus_unit;
    if (name == std::string(about.prometheus) + "_count")
      return static_cast<double>(sketch.count());
  }
  if (name == "instance:sotto_orphaned_results_flushed:over_10") {
    const QuantileSketch& orphans = series[Histogram::orphaned_results_flushed];
    return static_cast<double>(orphans.count() - orphans.count_up_to(10));
  }
  return std::nullopt;
}

double seconds_of(const std::string& window) {
  const double number = std::stod(window);
  return window.back() == 'h' ? number * 3600 : window.back() == 'm' ? number * 60 : number;
}

// The bucket of a histogram that a value lies in: its bounds.
std::pair<double, double> bucket_of(const telemetry::HistogramInfo& about, double value) {
  const auto upper = std::lower_bound(about.bounds.begin(), about.bounds.end(), value - 1e-9);
  return {upper == about.bounds.begin() ? 0 : *(upper - 1),
          upper == about.bounds.end() ? about.bounds.back() : *upper};
}

std::vector<std::string> dashboard_queries() {
  std::ifstream in(deploy / "grafana" / "audio-transcription-partial-results.json");
  const auto dashboard = json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
  std::vector<std::string> queries;
  for (const auto& panel : dashboard.at("panels").as_array())
    if (const auto* targets = panel.as_object().if_contains("targets"))
      for (const auto& target : targets->as_array())
        queries.emplace_back(target.at("expr").as_string());
  return queries;
}

std::string for_arm(std::string query, Arm arm) {
  query = std::regex_replace(query, std::regex(R"(\$environment)"), "test");
  query = std::regex_replace(query, std::regex(R"(\$__rate_interval)"), "1m");
  return std::regex_replace(query, std::regex(R"(\$arm)"), std::string(telemetry::to_string(arm)));
}

TEST_F(Prometheus, AnswersEachDashboardQueryAsTheEmbeddedSeriesDoes) {
  if (IsSkipped()) return;
  // It has scraped the zeros, and recorded what its rules make of them.
  const std::string recorded = "instance:sotto_orphaned_results_flushed:over_10";
  ASSERT_TRUE(await("count(" + recorded + ")", 2));
  measure();
  ++minute;  // the minute is over: the series has it all
  ASSERT_TRUE(await("min(count_over_time(" + recorded + "[1h]))", 45));
  ASSERT_TRUE(supervision::test::eventually([&] { return !in_series(Arm::control).empty(); }));

  const std::regex quantile(
      R"(^histogram_quantile\(([0-9.]+), sum by \([a-z, ]+\) \(rate\((\w+)_bucket\{.*)");
  const std::regex gauge(R"(^(sum|max)( by \(\w+\) ?)?\((sotto_\w+)\{[^}]*\}\)$)");
  const std::regex term(
      R"re(sum(?: by \(arm\) )?\((increase|rate)\(([\w:]+)\{[^}]*\}\[(\w+)\]\)\))re");
  int compared = 0;
  for (const std::string& template_of : dashboard_queries()) {
    for (const Arm arm : telemetry::arms) {
      const std::string text = for_arm(template_of, arm);
      const telemetry::ArmSnapshot series = in_series(arm);
      std::smatch match;
      if (text.find("ALERTS") != std::string::npos || text.find("sotto_alarm") != std::string::npos)
        continue;  // states of alarms, not of the series
      const auto answer = query(text);
      ASSERT_TRUE(answer) << text;
      ++compared;
      if (std::regex_match(text, match, quantile)) {
        for (std::size_t i = 0; i < telemetry::histogram_count; ++i) {
          const auto& about = telemetry::info(telemetry::histogram_at(i));
          if (match[2].str() != about.prometheus) continue;
          const double exact =
              series.histograms[i].quantile(std::stod(match[1])) / about.per_prometheus_unit;
          const auto [low, high] = bucket_of(about, exact);
          EXPECT_GE(*answer, low - 0.005 * high) << text << " exact " << exact;
          EXPECT_LE(*answer, high * 1.005) << text << " exact " << exact;
        }
      } else if (std::regex_match(text, match, gauge)) {
        const bool standing = match[3] == "sotto_live_sessions" || match[3] == "sotto_listeners" ||
                              match[3] == "sotto_not_stored";
        EXPECT_EQ(*answer, standing ? 0 : match[3] == "sotto_flag_version" ? 1 : 100) << text;
      } else {
        std::string numbers = text;
        for (std::smatch found; std::regex_search(numbers, found, term);) {
          const auto total = total_of(found[2], series);
          ASSERT_TRUE(total) << found[2];
          const double value = found[1] == "rate" ? *total / seconds_of(found[3]) : *total;
          std::ostringstream number;
          number << std::fixed << std::setprecision(9) << value;
          numbers = found.prefix().str() + number.str() + found.suffix().str();
        }
        if (numbers.starts_with("round")) numbers = numbers.substr(5);
        const double expected = Arithmetic(numbers).value();
        // Prometheus stretches an increase to half a scrape beyond its first and last sample.
        EXPECT_NEAR(*answer, expected, 0.1 * expected + (text.starts_with("round") ? 0.5 : 0))
            << text << " = " << numbers;
      }
    }
  }
  EXPECT_GT(compared, 50);
}

TEST_F(Prometheus, FindsEveryMetricOfTheList) {
  if (IsSkipped()) return;
  const std::string text = testing::HttpClient(server->port()).ask("GET", "/metrics").body;
  FILE* const check = ::popen("promtool check metrics >/dev/null 2>&1", "w");
  ASSERT_NE(check, nullptr);
  std::fwrite(text.data(), 1, text.size(), check);
  EXPECT_EQ(::pclose(check), 0) << "promtool check metrics";
  std::ifstream list(fs::path(SOTTO_SOURCE_DIR) / "tests" / "deploy" / "metrics.txt");
  std::set<std::string> listed;
  for (std::string name, type, labels; list >> name >> type >> labels;) {
    EXPECT_NE(text.find("# TYPE " + name + " " + type + "\n"), std::string::npos) << name;
    listed.insert(name);
  }
  const std::regex type(R"(# TYPE (\w+) )");
  for (auto it = std::sregex_iterator(text.begin(), text.end(), type); it != std::sregex_iterator();
       ++it)
    EXPECT_TRUE(listed.contains((*it)[1])) << (*it)[1] << " is in no dashboard";
}

}  // namespace
}  // namespace sotto::server
