#include "telemetry/series.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "json/members.hpp"

namespace sotto::telemetry {

namespace json = boost::json;

namespace {

bool earlier(const Minute& minute, UtcTime time) { return minute.start < time; }

// The distribution from [sum, [value, count, …]]; false: it is none.
bool read_histogram(const json::value& value, QuantileSketch& sketch) {
  const json::array* parts = value.if_array();
  if (!parts || parts->size() != 2 || !parts->at(1).is_array()) return false;
  const json::array& pairs = parts->at(1).as_array();
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    json::error_code error;
    const auto observed = pairs[i].to_number<std::uint64_t>(error);
    if (error) return false;
    const auto times = pairs[i + 1].to_number<std::uint32_t>(error);
    if (error) return false;
    sketch.record(observed, times);
  }
  json::error_code error;
  const auto sum = parts->at(0).to_number<double>(error);
  if (error) return false;
  sketch.set_sum(sum);
  return true;
}

}  // namespace

Result<> MemorySeries::append(const Minute& minute) {
  const std::lock_guard lock(mutex_);
  const auto at = std::lower_bound(minutes_.begin(), minutes_.end(), minute.start, earlier);
  if (at == minutes_.end() || at->start != minute.start) {
    minutes_.insert(at, minute);
    return {};
  }
  for (std::size_t i = 0; i < arms.size(); ++i) at->arms[i].merge(minute.arms[i]);
  return {};
}

Result<std::vector<Minute>> MemorySeries::read(UtcTime from, UtcTime to) {
  const std::lock_guard lock(mutex_);
  const auto begin = std::lower_bound(minutes_.begin(), minutes_.end(), from, earlier);
  const auto end = std::lower_bound(begin, minutes_.end(), to, earlier);
  return std::vector<Minute>(begin, end);
}

Result<> MemorySeries::prune(UtcTime before) {
  const std::lock_guard lock(mutex_);
  minutes_.erase(minutes_.begin(),
                 std::lower_bound(minutes_.begin(), minutes_.end(), before, earlier));
  return {};
}

ArmSnapshot total(const std::vector<Minute>& minutes) {
  ArmSnapshot sum;
  for (const Minute& minute : minutes)
    for (const ArmSnapshot& arm : minute.arms) sum.merge(arm);
  return sum;
}

ArmSnapshot total(const std::vector<Minute>& minutes, Arm arm) {
  ArmSnapshot sum;
  for (const Minute& minute : minutes) sum.merge(minute.arms[static_cast<std::size_t>(arm)]);
  return sum;
}

std::string encode(const ArmSnapshot& snapshot) {
  json::object counters, histograms;
  for (std::size_t i = 0; i < counter_count; ++i)
    if (snapshot.counters[i] > 0) counters[info(counter_at(i)).cloudwatch] = snapshot.counters[i];
  for (std::size_t i = 0; i < histogram_count; ++i) {
    const QuantileSketch& sketch = snapshot.histograms[i];
    if (sketch.count() == 0) continue;
    json::array pairs;
    sketch.visit([&](std::uint64_t value, std::uint32_t count) {
      pairs.emplace_back(value);
      pairs.emplace_back(count);
    });
    histograms[info(histogram_at(i)).cloudwatch] = json::array{sketch.sum(), std::move(pairs)};
  }
  return json::serialize(json::object{{"c", std::move(counters)}, {"d", std::move(histograms)}});
}

Result<ArmSnapshot> decode(const std::string& text) {
  const auto wrong = [] {
    return fail(ErrorCode::invalid_argument, "these are not the metrics of a minute", "metrics");
  };
  const auto object = sotto::json::parse_object(text);
  const json::value* counters = object ? object->if_contains("c") : nullptr;
  const json::value* histograms = object ? object->if_contains("d") : nullptr;
  if (!counters || !counters->is_object() || !histograms || !histograms->is_object())
    return wrong();
  ArmSnapshot snapshot;
  for (std::size_t i = 0; i < counter_count; ++i)
    snapshot.counters[i] =
        sotto::json::count_member(counters->as_object(), info(counter_at(i)).cloudwatch)
            .value_or(0);
  for (std::size_t i = 0; i < histogram_count; ++i) {
    const auto name = info(histogram_at(i)).cloudwatch;
    const json::value* value = histograms->as_object().if_contains(name);
    if (value && !read_histogram(*value, snapshot.histograms[i])) return wrong();
  }
  return snapshot;
}

}  // namespace sotto::telemetry
