#pragma once

#include <boost/json/object.hpp>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "providers/aws/client/client.hpp"
#include "telemetry/series.hpp"

namespace sotto::providers::aws {

/// A minute as inputs of PutMetricData: names, units and dimensions as telemetry::emf_lines() has
/// them, so that the same alarms and dashboards work. Distributions are Values and Counts, whole.
/// Of the API's bounds (its reference): 150 values an entry, 1,000 entries a request, 1 MB a
/// request.
std::vector<boost::json::object> metric_requests(std::string_view environment,
                                                 const telemetry::Minute& minute);

/// Sends minutes to CloudWatch, for hosts without an agent that reads EMF. Works on its own thread,
/// so nothing waits for AWS. Minutes that cannot be sent are kept, at most the latest hour, and
/// tried again with the next minute. Minutes that AWS refuses for good are dropped. A request whose
/// response is lost is sent twice (PutMetricData cannot prevent that). Thread-safe.
class CloudWatchMetrics {
 public:
  /// `on_problem` is called on that thread, once until a request succeeds again.
  CloudWatchMetrics(std::shared_ptr<Client> client, std::string environment,
                    std::function<void(const Error&)> on_problem);

  /// Tries once more to send the rest, for about 5 s.
  ~CloudWatchMetrics();

  /// A minute that is over. Does not block.
  void put(const telemetry::Minute& minute);

  /// How many requests wait.
  std::size_t waiting() const;

 private:
  void run();
  /// False where the request has to wait.
  bool send(const boost::json::object& request);

  static constexpr std::size_t most_waiting = 60;

  const std::shared_ptr<Client> client_;
  const std::string environment_;
  const std::function<void(const Error&)> on_problem_;

  bool failing_ = false;  // of the thread alone

  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::deque<boost::json::object> waiting_;  // guarded by mutex_
  bool fresh_ = false;                       // guarded by mutex_; since the last try
  bool stopping_ = false;                    // guarded by mutex_
  std::thread thread_;                       // last: it uses all of the above
};

}  // namespace sotto::providers::aws
