#include "rollout_report/report_words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/utf8.hpp"

namespace sotto::rollout_report {

using rollout::Measure;

namespace {

bool breaks(char32_t c) { return c < 0x20 || c == 0x7F || c == 0x85 || c == 0x2028 || c == 0x2029; }

// C1 controls, and what makes text read in another order than it stands.
bool hides(char32_t c) {
  return (c >= 0x80 && c < 0xA0) || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

bool is_ratio(Measure measure) {
  return measure == Measure::latency_ratio || measure == Measure::stability ||
         measure == Measure::session_length;
}

// The canary's share less control's, in percentage points.
bool is_difference(Measure measure) {
  return measure == Measure::error_rate || measure == Measure::feedback ||
         measure == Measure::cache_hit_rate || measure == Measure::listeners_left;
}

std::string signed_figure(double value) { return (value > 0 ? "+" : "") + figure(value); }

}  // namespace

std::string figure(double value, int digits) {
  if (std::isnan(value)) return "–";
  if (std::isinf(value)) return value < 0 ? "−∞" : "∞";
  std::array<char, 400> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", digits, std::abs(value));
  std::string text(buffer.data());
  const bool decimals = text.find('.') != std::string::npos;
  while (decimals && text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  const std::size_t point = std::min(text.find('.'), text.size());
  for (std::size_t at = point; at > 3; at -= 3) text.insert(at - 3, ",");
  return (value < 0 && text != "0" ? "−" : "") + text;
}

namespace {

// Two decimals at least.
std::string dollars(double value) {
  std::string amount = figure(std::abs(value), 3);
  const std::size_t point = amount.find('.');
  if (point == std::string::npos)
    amount += ".00";
  else if (amount.size() - point == 2)
    amount += "0";
  return (value < 0 ? "−$" : "$") + amount;
}

}  // namespace

std::string quantity(double value, std::string_view unit) {
  if (unit == "ms") {
    const bool seconds = value == 0 || std::abs(value) >= 1000;
    return seconds ? figure(value / 1000) + " s" : figure(value, 0) + " ms";
  }
  if (unit == "USD") return dollars(value);
  if (unit.starts_with("/")) return figure(value) + std::string(unit);
  if (unit.empty()) return figure(value, std::abs(value) < 1 ? 3 : 2);
  return figure(value) + " " + std::string(unit);
}

std::string range(const rollout::Interval& interval, std::string_view unit) {
  if (std::isinf(interval.low) && std::isinf(interval.high)) return "not known yet";
  const auto end = [&](double value) {
    return std::isinf(value) ? figure(value) : quantity(value, unit);
  };
  std::string low = end(interval.low);
  const std::string high = end(interval.high);
  // The unit once, where both have the same.
  const std::size_t space = low.rfind(' ');
  if (space != std::string::npos && high.ends_with(low.substr(space))) low.resize(space);
  return low + " to " + high;
}

std::string moment(UtcTime time) {
  constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%u %s %d, %02d:%02d UTC",
                static_cast<unsigned>(date.day()),
                months.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()));
  return text.data();
}

std::string limit_words(const rollout::Rule& rule) {
  const std::string limit = quantity(rule.limit, rollout::info(rule.measure).unit);
  switch (rule.measure) {
    case Measure::latency_ratio: return "surely below " + limit;
    case Measure::error_rate:
    case Measure::listeners_left: return "at most " + figure(rule.margin) + " points above control";
    case Measure::session_length:
      return "at most " + figure(rule.margin) + " % shorter than control";
    case Measure::sample_ratio: return "as expected";
    case Measure::alarms:
    case Measure::fallbacks:
    case Measure::rollbacks: return "none";
    case Measure::feedback: return "at most " + limit;
    case Measure::stability: return "at most " + limit + " the phase before";
    default:
      return (rollout::info(rule.measure).better == rollout::Direction::lower ? "below "
                                                                              : "above ") +
             limit;
  }
}

std::string interval_words(const rollout::Criterion& criterion) {
  if (!criterion.interval) return {};
  const Measure measure = criterion.rule.measure;
  const auto [low, high] = *criterion.interval;
  if (is_ratio(measure)) {
    if (low <= 0 && std::isinf(high)) return "not known yet";
    return figure(low) + " to " + figure(high) + " × control";
  }
  if (is_difference(measure))
    return signed_figure(low) + " to " + signed_figure(high) + " points of control";
  return range({low, high}, rollout::info(measure).unit);
}

std::string plain(std::string_view text, std::size_t max_size) {
  constexpr std::string_view cut = "…";
  std::string line;
  while (!text.empty()) {
    std::size_t bytes = 0;
    const auto code = utf8::next(text, bytes);
    const std::string_view add = code ? text.substr(0, bytes) : "\uFFFD";
    text.remove_prefix(code ? bytes : 1);
    if (hides(code.value_or(0xFFFD))) continue;
    if (breaks(code.value_or(0xFFFD))) {
      if (!line.empty() && line.back() != ' ') line += ' ';
      continue;
    }
    if (line.size() + add.size() + (text.empty() ? 0 : cut.size()) > max_size) {
      line += cut;
      break;
    }
    line += add;
  }
  return line;
}

std::string escape_html(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      case '\'': safe += "&#39;"; break;
      default: safe += c;
    }
  }
  return safe;
}

std::string escape_markdown(std::string_view text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    // Addresses are made links: an address that somebody wrote stays text.
    const bool link = (c == ':' && text.substr(i).starts_with("://")) ||
                      (c == '.' && (safe.ends_with("www") || safe.ends_with("WWW"))) || c == '@';
    if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '&')
      safe += "&amp;";
    else if (c == '\n' || c == '\r')
      safe += ' ';
    else if (link || std::string_view("\\`*_[]|~#!$").find(c) != std::string_view::npos)
      (safe += '\\') += c;
    else
      safe += c;
  }
  return safe;
}

std::string escape_json(std::string_view json) {
  std::string safe;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string_view rest = json.substr(i);
    if (json[i] == '<') {
      safe += "\\u003c";
    } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      safe += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      safe += json[i];
    }
  }
  return safe;
}

}  // namespace sotto::rollout_report
