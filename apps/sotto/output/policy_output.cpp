#include "output/policy_output.hpp"

#include <iomanip>
#include <ostream>

namespace sotto::app {

boost::json::array policies_json(std::span<const tuning::PolicyPoint> points) {
  boost::json::array list;
  for (const tuning::PolicyPoint& point : points) {
    boost::json::object each{{"policy", point.policy.name()},
                             {"word_lag_p50_s", point.word_lag_p50},
                             {"word_lag_p95_s", point.word_lag_p95},
                             {"settled_lag_p50_s", point.settled_lag_p50},
                             {"erasure", point.erasure},
                             {"contradicted", point.contradicted},
                             {"translated_characters", point.translated_characters},
                             {"times_final_only", point.times_final_only},
                             {"whole", point.whole},
                             {"chrf", nullptr},
                             {"on_frontier", point.on_frontier}};
    if (point.chrf) each["chrf"] = *point.chrf;
    list.push_back(std::move(each));
  }
  return list;
}

void print_policies(std::ostream& out, std::span<const tuning::PolicyPoint> points,
                    const std::string& translator) {
  out << "\nWhen an open segment is translated"
      << (translator.empty() ? ", without a translator" : ", by " + translator) << "\n\n"
      << "                              word lag     settled   erasure   wrong   characters   x "
         "final-   in one\n"
         "  policy                    p50     p95       p50            words   translated     "
         "only     piece"
      << (translator.empty() ? "\n" : "   chrF\n") << std::fixed;
  for (const tuning::PolicyPoint& point : points) {
    out << (point.on_frontier ? "* " : "  ") << std::left << std::setw(24) << point.policy.name()
        << std::right << std::setprecision(2) << std::setw(5) << point.word_lag_p50 << std::setw(8)
        << point.word_lag_p95 << std::setw(10) << point.settled_lag_p50 << std::setw(10)
        << std::setprecision(3) << point.erasure << std::setw(6) << std::setprecision(1)
        << 100 * point.contradicted << " %" << std::setw(13) << point.translated_characters
        << std::setw(9) << std::setprecision(2) << point.times_final_only << std::setw(7)
        << std::setprecision(0) << 100 * point.whole << " %";
    if (point.chrf) out << std::setw(7) << std::setprecision(1) << *point.chrf;
    out << '\n';
  }
  out << "\n* on the frontier: no other policy is at least as good in word lag, erasure, wrong "
         "words,\n"
         "share in one piece and characters, and better in one. Lags are seconds from a word's "
         "end;\n"
         "characters are of one language.";
  if (!translator.empty())
    out << " chrF compares what stands at the end with each segment\ntranslated in one piece.";
  out << '\n';
}

}  // namespace sotto::app
