#include "providers/aws/cloudwatch/cloudwatch_metrics.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "telemetry/emf.hpp"

namespace sotto::providers::aws {

namespace json = boost::json;
using telemetry::Arm;
using telemetry::ArmSnapshot;

namespace {

constexpr std::size_t values_an_entry = 150;
constexpr std::size_t entries_a_request = 1000;
constexpr std::size_t bytes_a_request = 900'000;  // of a million, as estimated below

// What an entry takes at the most: names and braces, and a value with its count.
constexpr std::size_t bytes_an_entry = 400, bytes_a_value = 40;

class Requests {
 public:
  Requests(std::string_view environment, UtcTime at)
      : environment_(environment), at_(static_cast<double>(at.time_since_epoch().count()) / 1000) {}

  // The entry for both sets of dimensions.
  void add(Arm arm, std::string_view name, std::string_view unit, json::object figures,
           std::size_t values) {
    for (const bool with_arm : {true, false}) {
      json::array dimensions{json::object{{"Name", "environment"}, {"Value", environment_}}};
      if (with_arm)
        dimensions.push_back(json::object{{"Name", "arm"}, {"Value", telemetry::to_string(arm)}});
      json::object entry = figures;
      entry["MetricName"] = name;
      entry["Unit"] = unit;
      entry["Timestamp"] = at_;
      entry["Dimensions"] = std::move(dimensions);
      push(std::move(entry), bytes_an_entry + values * bytes_a_value);
    }
  }

  std::vector<json::object> take() {
    close();
    return std::move(done_);
  }

 private:
  void push(json::object entry, std::size_t bytes) {
    if (entries_.size() == entries_a_request || bytes_ + bytes > bytes_a_request) close();
    entries_.push_back(std::move(entry));
    bytes_ += bytes;
  }
  void close() {
    if (entries_.empty()) return;
    done_.push_back(
        {{"Namespace", telemetry::metric_namespace}, {"MetricData", std::move(entries_)}});
    entries_ = json::array();
    bytes_ = 0;
  }

  const std::string environment_;
  const double at_;
  json::array entries_;
  std::size_t bytes_ = 0;
  std::vector<json::object> done_;
};

void add_counters(Requests& requests, Arm arm, const ArmSnapshot& snapshot) {
  using telemetry::Counter;
  for (std::size_t i = 0; i < telemetry::counter_count; ++i)
    requests.add(arm, info(telemetry::counter_at(i)).cloudwatch, "Count",
                 {{"Value", static_cast<double>(snapshot.counters[i])}}, 1);
  const auto hits = snapshot[Counter::translation_cache_hits],
             misses = snapshot[Counter::translation_cache_misses];
  if (hits + misses > 0)
    requests.add(
        arm, "TranslationCacheHitRate", "Percent",
        {{"Value", 100.0 * static_cast<double>(hits) / static_cast<double>(hits + misses)}}, 1);
}

void add_histogram(Requests& requests, Arm arm, const telemetry::HistogramInfo& about,
                   const QuantileSketch& sketch) {
  json::array values, counts;
  const auto close = [&] {
    if (values.empty()) return;
    const std::size_t size = values.size();
    requests.add(arm, about.cloudwatch, about.cloudwatch_unit,
                 {{"Values", std::move(values)}, {"Counts", std::move(counts)}}, size);
    values = json::array();
    counts = json::array();
  };
  sketch.visit([&](std::uint64_t value, std::uint32_t count) {
    if (count == 0) return;
    values.emplace_back(static_cast<double>(value) / about.per_cloudwatch_unit);
    counts.emplace_back(static_cast<double>(count));
    if (values.size() == values_an_entry) close();
  });
  close();
}

// What another try cannot mend.
bool is_final(const Error& error) {
  return error.code == ErrorCode::invalid_argument || error.code == ErrorCode::internal;
}

}  // namespace

std::vector<json::object> metric_requests(std::string_view environment,
                                          const telemetry::Minute& minute) {
  Requests requests(environment, minute.start);
  for (const Arm arm : telemetry::arms) {
    const ArmSnapshot& snapshot = minute.arms[static_cast<std::size_t>(arm)];
    add_counters(requests, arm, snapshot);
    for (std::size_t i = 0; i < telemetry::histogram_count; ++i)
      add_histogram(requests, arm, info(telemetry::histogram_at(i)), snapshot.histograms[i]);
  }
  return requests.take();
}

CloudWatchMetrics::CloudWatchMetrics(std::shared_ptr<Client> client, std::string environment,
                                     std::function<void(const Error&)> on_problem)
    : client_(std::move(client)),
      environment_(std::move(environment)),
      on_problem_(std::move(on_problem)),
      thread_([this] { run(); }) {}

CloudWatchMetrics::~CloudWatchMetrics() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  news_.notify_all();
  thread_.join();
}

void CloudWatchMetrics::put(const telemetry::Minute& minute) {
  auto requests = metric_requests(environment_, minute);
  {
    const std::lock_guard lock(mutex_);
    for (json::object& request : requests) waiting_.push_back(std::move(request));
    while (waiting_.size() > most_waiting) waiting_.pop_front();
    fresh_ = true;
  }
  news_.notify_all();
}

std::size_t CloudWatchMetrics::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void CloudWatchMetrics::run() {
  std::unique_lock lock(mutex_);
  for (bool last = false; !last;) {
    news_.wait(lock, [this] { return fresh_ || stopping_; });
    last = stopping_;
    fresh_ = false;
    while (!waiting_.empty()) {
      json::object request = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      const bool done = send(request);
      lock.lock();
      if (done) continue;
      waiting_.push_front(std::move(request));
      break;
    }
  }
}

bool CloudWatchMetrics::send(const json::object& request) {
  const auto answer = client_->call(services::cloudwatch, "PutMetricData", request);
  if (!answer && !std::exchange(failing_, true)) on_problem_(answer.error());
  if (answer) failing_ = false;
  return answer || is_final(answer.error());
}

}  // namespace sotto::providers::aws
