#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/enum_names.hpp"
#include "base/packed.hpp"
#include "base/quantile_sketch.hpp"
#include "base/sparse_sketch.hpp"

namespace sotto {
namespace {

enum class Light : std::uint8_t { red, green };

TEST(EnumNames, ServeBothDirections) {
  constexpr EnumNames<Light, Light::green> lights = {{Light::red, "red"}, {Light::green, "green"}};
  static_assert(lights.name(Light::green) == "green");
  EXPECT_EQ(lights.named("red"), Light::red);
  EXPECT_EQ(lights.named("blue"), std::nullopt);
  EXPECT_EQ(lights.named(""), std::nullopt);
  EXPECT_EQ(lights.name(static_cast<Light>(7)), "");
}

TEST(EnumNames, RefuseATableThatIsNotComplete) {
  using Lights = EnumNames<Light, Light::green>;
  EXPECT_THROW((Lights{{Light::red, "red"}}), std::logic_error);
  EXPECT_THROW((Lights{{Light::green, "green"}, {Light::red, "red"}}), std::logic_error);
}

TEST(BoundedQueue, HandsBackWhatDoesNotFit) {
  BoundedQueue<int> queue(2);
  EXPECT_FALSE(queue.push(1));
  EXPECT_FALSE(queue.push(2));
  EXPECT_EQ(queue.push(3), 3);
  EXPECT_EQ(queue.push_evicting_oldest(4), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), 4);
  EXPECT_FALSE(queue.pop());
}

// A cache line of its own, and able to hand out itself, as a listener's connection is.
struct alignas(64) Neighbour : std::enable_shared_from_this<Neighbour> {
  explicit Neighbour(int made) : number(made) {}
  int number;
};

std::uintptr_t page_of(const std::shared_ptr<Neighbour>& object) {
  return reinterpret_cast<std::uintptr_t>(object.get()) / 4096;
}

TEST(MakePacked, AlignsAndSharesAsMakeSharedDoes) {
  const auto object = make_packed<Neighbour>(7);
  EXPECT_EQ(object->number, 7);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(object.get()) % 64, 0U);
  std::weak_ptr<Neighbour> weak = object->shared_from_this();
  EXPECT_EQ(object.use_count(), 1);
  EXPECT_EQ(weak.lock(), object);
}

TEST(MakePacked, NeighboursShareTheirPagesWhateverIsAllocatedBetween) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the address sanitizer gives each object its own surroundings";
#endif
  std::vector<std::unique_ptr<char[]>> between;
  std::set<std::uintptr_t> pages;
  const auto make_a_thousand = [&] {
    std::vector<std::shared_ptr<Neighbour>> objects;
    for (int i = 0; i < 1000; ++i) {
      objects.push_back(make_packed<Neighbour>(i));
      between.push_back(std::make_unique<char[]>(3000));
      pages.insert(page_of(objects.back()));
    }
  };
  make_a_thousand();
  EXPECT_LT(pages.size(), 100U);  // a page holds 20 or more
  for (int i = 0; i < 20; ++i) make_a_thousand();
  EXPECT_LT(pages.size(), 200U);  // what came free was used again
}

TEST(MakePacked, ObjectsMayEndOnAnotherThread) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      std::vector<std::shared_ptr<Neighbour>> objects;
      for (int i = 0; i < 200; ++i) objects.push_back(make_packed<Neighbour>(t * 1000 + i));
      std::thread([&objects] { objects.erase(objects.begin(), objects.begin() + 100); }).join();
      for (int i = 0; i < 100; ++i)
        EXPECT_EQ(objects[static_cast<std::size_t>(i)]->number, t * 1000 + 100 + i);
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(QuantileSketch, SmallValuesAreExact) {
  QuantileSketch sketch;
  for (std::uint64_t value = 0; value <= 100; ++value) sketch.record(value);
  EXPECT_EQ(sketch.quantile(0), 0);
  EXPECT_EQ(sketch.quantile(0.5), 50);
  EXPECT_EQ(sketch.quantile(1), 100);
  EXPECT_EQ(sketch.mean(), 50);
}

TEST(QuantileSketch, IsWithinItsStatedErrorOnSkewedData) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> skewed(8, 2);
  std::vector<double> values(20000);
  QuantileSketch whole, left, right;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = std::floor(std::min(skewed(random), 4e9));
    const auto value = static_cast<std::uint64_t>(values[i]);
    whole.record(value);
    (i % 2 ? left : right).record(value);
  }
  left.merge(right);
  std::sort(values.begin(), values.end());
  for (double q : {0.01, 0.5, 0.9, 0.95, 0.99, 0.999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * 20000)) - 1;
    EXPECT_NEAR(whole.quantile(q), values[rank], 0.004 * values[rank] + 0.5) << q;
    EXPECT_EQ(left.quantile(q), whole.quantile(q)) << q;
  }
}

TEST(SparseSketch, SaysWhatAWholeSketchSays) {
  SparseSketch sparse;
  EXPECT_EQ(sparse.quantile(0.95), 0);
  EXPECT_EQ(sparse.mean(), 0);
  EXPECT_EQ(sparse.bytes(), 0u) << "nothing is held before the first";
  QuantileSketch whole;
  std::mt19937_64 random(5);
  std::lognormal_distribution<double> milliseconds_like(7, 0.6);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = static_cast<std::uint64_t>(milliseconds_like(random));
    sparse.record(value);
    whole.record(value);
  }
  for (const double q : {0.0, 0.01, 0.5, 0.95, 0.999, 1.0})
    EXPECT_EQ(sparse.quantile(q), whole.quantile(q)) << q;
  EXPECT_EQ(sparse.mean(), whole.mean());
  EXPECT_EQ(sparse.count(), whole.count());
  EXPECT_LT(sparse.bytes(), sizeof(QuantileSketch) / 1.5);
  for (std::uint64_t value = 0; value < 1'000'000; value += 7) sparse.record(value * value);
  EXPECT_LE(sparse.bytes(), SparseSketch::max_bytes);
}

TEST(QuantileSketch, HugeValuesCountAsTheLargest) {
  QuantileSketch sketch;
  sketch.record(~std::uint64_t{0});
  EXPECT_NEAR(sketch.quantile(0.5), 4294967295.0, 0.004 * 4294967295.0);
}

}  // namespace
}  // namespace sotto
