// A fit as text: for C++ and for people.
#include <algorithm>
#include <cstdio>

#include "tuning/stability_fit.hpp"

namespace sotto::tuning {

namespace {

using transcript::StabilityCalibration;

constexpr std::size_t distances = StabilityCalibration::distances;
constexpr std::size_t agreements = StabilityCalibration::agreements;
constexpr std::size_t confidences = StabilityCalibration::confidences;

std::string format(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

}  // namespace

std::string as_initialiser(const StabilityCalibration& calibration) {
  std::string out = "{{";
  for (std::size_t d = 0; d < distances; ++d) {
    out += d == 0 ? "{" : ",\n  {";
    for (std::size_t a = 0; a < agreements; ++a)
      out +=
          (a == 0 ? "" : ", ") + format("%.3ff", static_cast<double>(calibration.survival[d][a]));
    out += "}";
  }
  out += "}},\n{";
  for (std::size_t c = 0; c < confidences; ++c)
    out += (c == 0 ? "" : ", ") +
           format("%.3ff", static_cast<double>(calibration.confidence_shift[c]));
  return out + "},\nmilliseconds{" + std::to_string(calibration.settling.count()) + "}";
}

std::string as_markdown(const StabilityFit& fit) {
  std::string out = "Fitted on " + std::to_string(fit.observations) +
                    " words of partial results, " + "over " + std::to_string(fit.final_words) +
                    " words of finals.\n\n" + "| words after | ";
  for (std::size_t a = 0; a < agreements; ++a)
    out += format("%.1f s", static_cast<double>(a) / 10) + (a + 1 == agreements ? "+ |" : " | ");
  out += "\n|" + [] {
    std::string rule;
    for (std::size_t i = 0; i <= agreements; ++i) rule += " ---: |";
    return rule;
  }() + "\n";
  for (std::size_t d = 0; d < distances; ++d) {
    out += "| " + std::to_string(d) + (d + 1 == distances ? "+ |" : " |");
    for (std::size_t a = 0; a < agreements; ++a)
      out += format(" %.3f |", static_cast<double>(fit.calibration.survival[d][a]));
    out += "\n";
  }
  if (std::any_of(fit.calibration.confidence_shift.begin(), fit.calibration.confidence_shift.end(),
                  [](float shift) { return shift != 0; })) {
    out += "\nWhat the recogniser's confidence in a word adds to the log-odds of its share:\n\n|";
    std::string rule = "\n|", row = "\n|";
    for (std::size_t c = 0; c < confidences; ++c) {
      out += c + 1 == confidences
                 ? format(" from %.2f |",
                          static_cast<double>(StabilityCalibration::confidence_edges[c - 1]))
                 : format(" below %.2f |",
                          static_cast<double>(StabilityCalibration::confidence_edges[c]));
      rule += " ---: |";
      row += format(" %+.2f |", static_cast<double>(fit.calibration.confidence_shift[c]));
    }
    out += rule + row + "\n";
  }
  out +=
      "\nHeld out (words agreed on for less than a second):\n\n"
      "| predicted | words | mean prediction | survived |\n| --- | ---: | ---: | ---: |\n";
  for (const ReliabilityBin& bin : fit.bins)
    out += "| " + format("%.2f", bin.from) + format(" to %.2f | ", bin.to) +
           std::to_string(bin.words) + format(" | %.3f | ", bin.predicted) +
           format("%.3f |\n", bin.survived);
  out += "\nExpected calibration error: " + format("%.4f", fit.calibration_error_in_doubt) +
         " over these, " + format("%.4f", fit.calibration_error) +
         " over all words. Predicted at 0.85 or more, and changed after all: " +
         format("%.1f %%", 100 * fit.changed_above_threshold) + " of these.\n";
  return out;
}

}  // namespace sotto::tuning
