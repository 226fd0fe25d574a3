#include "tuning/frontier_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

namespace sotto::tuning {

namespace {

constexpr double width = 720, height = 460, left = 70, right = 150, top = 40, bottom = 60;
constexpr std::array colours = {"#1f5fa8", "#b4530a", "#2d7a3a", "#7a3d9a", "#9a2a2a", "#4d4d4d"};

template <class... Values>
std::string format(const char* pattern, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

double lag(const SweepPoint& point) { return point.commit_lag + point.segment_lag; }

struct Scale {
  double min_lag = 0, max_lag = 0.1, max_contradicted = 0.01, max_characters = 1;

  explicit Scale(std::span<const SweepPoint> points) {
    if (!points.empty()) min_lag = 0.95 * lag(points.front());
    for (const SweepPoint& point : points) {
      min_lag = std::min(min_lag, 0.95 * lag(point));
      max_lag = std::max(max_lag, 1.05 * lag(point));
      max_contradicted = std::max(max_contradicted, 1.15 * point.contradicted);
      max_characters = std::max(max_characters, static_cast<double>(point.translated_characters));
    }
  }
  double x(double seconds) const {
    return left + (width - left - right) * (seconds - min_lag) / (max_lag - min_lag);
  }
  double y(double share) const {
    return height - bottom - (height - top - bottom) * share / max_contradicted;
  }
  double radius(const SweepPoint& point) const {
    return 3 + 4 * static_cast<double>(point.translated_characters) / max_characters;
  }
};

std::string text(double x, double y, const char* anchor, const std::string& content) {
  return format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor) + content +
         "</text>\n";
}

std::string axes(const Scale& scale) {
  std::string out;
  const double floor = height - bottom, edge = width - right;
  out += format("<path d=\"M%.1f %.1fV%.1fH%.1f\" fill=\"none\" stroke=\"#333\"/>\n", left, top,
                floor, edge);
  for (int i = 0; i <= 5; ++i) {
    const double seconds = scale.min_lag + (scale.max_lag - scale.min_lag) * i / 5;
    const double share = scale.max_contradicted * i / 5;
    out += text(scale.x(seconds), floor + 20, "middle", format("%.2f", seconds));
    out += text(left - 8, scale.y(share) + 4, "end", format("%.1f", 100 * share));
  }
  out += text((left + edge) / 2, height - 14, "middle",
              "lag, s: a word's end to its commitment plus a segment's to its end (means)");
  out += text(left, top - 16, "start", "committed words that finals contradict, %");
  return out;
}

}  // namespace

std::string frontier_svg(std::span<const SweepPoint> points) {
  const Scale scale(points);
  std::string out = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
      "font-family=\"sans-serif\" "
      "font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
      width, height);
  out += axes(scale);
  std::map<milliseconds, std::vector<SweepPoint>> by_timeout;
  for (const SweepPoint& point : points) by_timeout[point.max_buffer_timeout].push_back(point);
  std::size_t series = 0;
  double named_up_to = 0;
  for (const auto& [timeout, line] : by_timeout) {
    const char* colour = colours[series % colours.size()];
    std::string path;
    for (const SweepPoint& point : line)
      path += format("%s%.1f %.1f", path.empty() ? "M" : "L", scale.x(lag(point)),
                     scale.y(point.contradicted));
    out +=
        "<path d=\"" + path + format("\" fill=\"none\" stroke=\"%s\" opacity=\"0.4\"/>\n", colour);
    for (const SweepPoint& point : line) {
      out += format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" stroke=\"%s\" fill=\"%s\"><title>",
                    scale.x(lag(point)), scale.y(point.contradicted), scale.radius(point), colour,
                    point.on_frontier ? colour : "#fff");
      out += format("threshold %.2f, timeout %.1f s", point.min_stability_threshold,
                    to_seconds(timeout)) +
             "</title></circle>\n";
      // The thresholds are named once, where the names do not run into each other.
      if (series == 0 && scale.x(lag(point)) > named_up_to) {
        named_up_to = scale.x(lag(point)) + 36;
        out += text(scale.x(lag(point)) + 9, scale.y(point.contradicted) - 7, "start",
                    format("%.2f", point.min_stability_threshold));
      }
    }
    const double y = top + 20 * static_cast<double>(series);
    out += format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\"/>\n", width - right + 22, y,
                  colour);
    out += text(width - right + 34, y + 4, "start", format("timeout %.1f s", to_seconds(timeout)));
    ++series;
  }
  return out + "</svg>\n";
}

}  // namespace sotto::tuning
