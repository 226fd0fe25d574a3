#pragma once

#include <span>
#include <vector>

namespace sotto::tuning {

/// A table of numbers, row by row.
using Table = std::vector<std::vector<double>>;

/// Replaces `values` by the non-decreasing sequence nearest to it in weighted least squares: the
/// pool-adjacent-violators algorithm (Ayer, Brunk, Ewing, Reid, Silverman 1955). Weights are above
/// 0 and as many as values.
void make_rising(std::span<double> values, std::span<const double> weights);

/// The table nearest to `values` in weighted least squares that falls along no row and no column:
/// the two projections in turn, with Dykstra's corrections (Dykstra 1983). `weights` has the same
/// shape, above 0.
Table rising_both_ways(const Table& values, const Table& weights);

}  // namespace sotto::tuning
