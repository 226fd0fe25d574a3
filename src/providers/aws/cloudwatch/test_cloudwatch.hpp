#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "providers/aws/client/client.hpp"
#include "providers/aws/client/test_server.hpp"
#include "providers/aws/credentials/test_credentials.hpp"

namespace sotto::providers::aws::testing {

/// A CloudWatch that gives what a test has put there by GetMetricData's rules: periods begin at
/// StartTime, EndTime is exclusive, a period without data has no datapoint. Its percentiles are the
/// nearest rank's.
class FakeCloudWatch {
 public:
  /// One value of a metric, at a second since 1970.
  void put(const std::string& arm, const std::string& metric, std::int64_t at, double value) {
    const std::lock_guard lock(mutex_);
    values_[arm + " " + metric].push_back({at, value});
  }

  /// The requests of GetMetricData so far, as they came.
  std::vector<boost::json::object> asked() const {
    std::vector<boost::json::object> inputs;
    for (const HttpRequest& request : server_.requests())
      inputs.push_back(boost::json::parse(request.body).as_object());
    return inputs;
  }
  std::vector<HttpRequest> requests() const { return server_.requests(); }

  /// In place of the answers from here on, where it gives one.
  using Instead = std::function<std::optional<Reply>(const boost::json::object& input)>;
  void answer_by(Instead instead) {
    const std::lock_guard lock(mutex_);
    instead_ = std::move(instead);
  }

  std::shared_ptr<Client> client() const {
    ClientConfig config;
    config.region = "eu-west-1";
    config.endpoints[""] = server_.endpoint();
    ClientDependencies dependencies = ClientDependencies::real();
    dependencies.sleep = [](milliseconds) {};
    return std::make_shared<Client>(config, testing::test_credentials(),
                                    HttpClient::create({}).value(), dependencies);
  }

 private:
  static double statistic(const std::string& name, std::vector<double> values) {
    std::sort(values.begin(), values.end());
    double sum = 0;
    for (const double value : values) sum += value;
    if (name == "Sum") return sum;
    if (name == "SampleCount") return static_cast<double>(values.size());
    if (name == "Maximum") return values.back();
    const double rank = std::stod(name.substr(1)) / 100 * static_cast<double>(values.size());
    return values.at(static_cast<std::size_t>(std::max(1.0, std::ceil(rank))) - 1);
  }

  Reply answer(const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    const auto input = boost::json::parse(request.body).as_object();
    if (instead_)
      if (auto other = instead_(input)) return *other;
    const auto start = input.at("StartTime").to_number<std::int64_t>();
    const auto end = input.at("EndTime").to_number<std::int64_t>();
    boost::json::array results;
    for (const auto& query : input.at("MetricDataQueries").as_array()) {
      const auto& stat = query.at("MetricStat").as_object();
      const auto& metric = stat.at("Metric").as_object();
      const auto period = stat.at("Period").to_number<std::int64_t>();
      std::map<std::int64_t, std::vector<double>> by_period;
      const std::string arm(metric.at("Dimensions").at(1).at("Value").as_string());
      for (const auto& [at, value] :
           values_[arm + " " + std::string(metric.at("MetricName").as_string())])
        if (at >= start && at < end)
          by_period[start + (at - start) / period * period].push_back(value);
      boost::json::array times, values;
      for (const auto& [at, of] : by_period) {
        times.emplace_back(static_cast<double>(at));
        values.emplace_back(statistic(std::string(stat.at("Stat").as_string()), of));
      }
      results.push_back(boost::json::object{{"Id", query.at("Id")},
                                            {"StatusCode", "Complete"},
                                            {"Timestamps", std::move(times)},
                                            {"Values", std::move(values)}});
    }
    return {200,
            boost::json::serialize(boost::json::object{{"MetricDataResults", std::move(results)},
                                                       {"Messages", boost::json::array()}}),
            {}};
  }

  std::mutex mutex_;
  std::map<std::string, std::vector<std::pair<std::int64_t, double>>> values_;  // guarded by mutex_
  Instead instead_;                                                             // guarded by mutex_
  TestServer server_{[this](const HttpRequest& request) { return answer(request); }};
};

}  // namespace sotto::providers::aws::testing
