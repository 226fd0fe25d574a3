#pragma once

#include <boost/json/value.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/ids.hpp"
#include "providers/web_translators/service.hpp"

namespace sotto::providers::web_translators {

/// A pair in the service's own codes.
struct ServiceCodes {
  std::string source, target;
  friend bool operator==(const ServiceCodes&, const ServiceCodes&) = default;
};
using ServicePairs = std::map<LanguagePair, ServiceCodes>;

/// What LibreTranslate's GET /languages says: its codes as two-letter ones, `zh-Hans` before
/// `zh-Hant` and `pt` before `pt-BR` where it has both, `nb` as `no`. Nothing where the answer is
/// something else.
std::optional<ServicePairs> read_languages(const boost::json::value& answer);

/// The pairs of a service, read in the background: at once, after a failure again with back-off,
/// and every ten minutes, since a server may be restarted with other languages. Thread-safe.
class LanguageList {
 public:
  using Pairs = std::shared_ptr<const ServicePairs>;

  /// `service` must outlive it. Starts reading.
  explicit LanguageList(Service& service);
  ~LanguageList();
  LanguageList(const LanguageList&) = delete;
  LanguageList& operator=(const LanguageList&) = delete;

  /// The pairs as last read; null before they were.
  Pairs get() const;

  /// The same; waits for the first reading, until `deadline` at the longest.
  Pairs wait_until(std::chrono::steady_clock::time_point deadline) const;

  static constexpr milliseconds refresh{600'000};

 private:
  void run();

  Service& service_;

  mutable std::mutex mutex_;  // guards the rest
  mutable std::condition_variable changed_;
  Pairs pairs_;
  bool stopping_ = false;

  std::thread thread_;  // last: it uses the rest
};

}  // namespace sotto::providers::web_translators
