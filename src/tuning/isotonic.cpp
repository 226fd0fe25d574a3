#include "tuning/isotonic.hpp"

#include <algorithm>
#include <cstddef>

namespace sotto::tuning {

namespace {

constexpr int rounds = 500;

Table transposed(const Table& table) {
  Table out(table.front().size(), std::vector<double>(table.size()));
  for (std::size_t i = 0; i < table.size(); ++i)
    for (std::size_t j = 0; j < table[i].size(); ++j) out[j][i] = table[i][j];
  return out;
}

Table rising_rows(Table table, const Table& weights) {
  for (std::size_t i = 0; i < table.size(); ++i) make_rising(table[i], weights[i]);
  return table;
}

Table rising_columns(const Table& table, const Table& weights) {
  return transposed(rising_rows(transposed(table), transposed(weights)));
}

Table combine(const Table& a, const Table& b, double sign) {
  Table out = a;
  for (std::size_t i = 0; i < out.size(); ++i)
    for (std::size_t j = 0; j < out[i].size(); ++j) out[i][j] += sign * b[i][j];
  return out;
}

}  // namespace

void make_rising(std::span<double> values, std::span<const double> weights) {
  struct Pool {
    double mean, weight;
    std::size_t count;
  };
  std::vector<Pool> pools;
  for (std::size_t i = 0; i < values.size(); ++i) {
    pools.push_back({values[i], weights[i], 1});
    while (pools.size() > 1 && pools[pools.size() - 2].mean > pools.back().mean) {
      const Pool last = pools.back();
      pools.pop_back();
      Pool& before = pools.back();
      before.mean =
          (before.mean * before.weight + last.mean * last.weight) / (before.weight + last.weight);
      before.weight += last.weight;
      before.count += last.count;
    }
  }
  auto out = values.begin();
  for (const Pool& pool : pools)
    out = std::fill_n(out, static_cast<std::ptrdiff_t>(pool.count), pool.mean);
}

Table rising_both_ways(const Table& values, const Table& weights) {
  Table current = values;
  const Table zeros(values.size(), std::vector<double>(values.front().size()));
  Table of_rows = zeros, of_columns = zeros;  // what each projection took away last
  for (int round = 0; round < rounds; ++round) {
    const Table before_rows = combine(current, of_rows, 1);
    current = rising_rows(before_rows, weights);
    of_rows = combine(before_rows, current, -1);
    const Table before_columns = combine(current, of_columns, 1);
    current = rising_columns(before_columns, weights);
    of_columns = combine(before_columns, current, -1);
  }
  // The rounds converge; what rounding leaves is taken out.
  return rising_columns(rising_rows(current, weights), weights);
}

}  // namespace sotto::tuning
