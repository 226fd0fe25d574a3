#include "output/translate_report.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "json/text.hpp"

namespace sotto::app {

namespace bj = boost::json;

namespace {

// Three decimals are enough for people and scripts.
double rounded(double value) { return std::round(value * 1000) / 1000; }

template <class Sketch>
bj::object latency(const Sketch& sketch) {
  return {{"p50", rounded(sketch.quantile(0.5))},
          {"p95", rounded(sketch.quantile(0.95))},
          {"mean", rounded(sketch.mean())},
          {"count", sketch.count()}};
}

std::string text_in(const composition::Talk& talk, const Language& language) {
  std::string text;
  for (const composition::TalkSegment& segment : talk.segments) {
    const auto found = segment.text.find(language);
    if (found == segment.text.end() || found->second.empty()) continue;
    if (!text.empty()) text += ' ';
    text += found->second;
  }
  return text;
}

bj::array segments_json(const composition::Talk& talk, const composition::TalkOptions& options) {
  bj::array segments;
  for (const composition::TalkSegment& segment : talk.segments) {
    bj::object translations;
    for (const Language& target : options.targets)
      if (const auto text = segment.text.find(target); text != segment.text.end())
        translations[target.str()] = text->second;
    segments.push_back(bj::object{{"start", to_seconds(segment.start)},
                                  {"end", to_seconds(segment.end)},
                                  {"text", segment.text.at(options.language)},
                                  {"translations", std::move(translations)}});
  }
  return segments;
}

template <class Sketch>
std::string seconds_text(const Sketch& sketch) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << sketch.quantile(0.5) / 1000 << " s p50, "
       << sketch.quantile(0.95) / 1000 << " s p95";
  return sketch.count() == 0 ? "none" : text.str();
}

std::string mean_text(const SparseSketch& sketch) {
  if (sketch.count() == 0) return {};
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << ", " << sketch.mean() / 1000 << " s mean";
  return text.str();
}

}  // namespace

std::string talk_json(const composition::Talk& talk, const composition::TalkOptions& options) {
  const pipeline::SessionFigures& figures = talk.figures;
  bj::object translations;
  for (const Language& target : options.targets) translations[target.str()] = text_in(talk, target);
  bj::object out;
  out["source"] = {{"language", options.language.str()}, {"text", text_in(talk, options.language)}};
  out["translations"] = std::move(translations);
  out["segments"] = segments_json(talk, options);
  out["words"] = figures.source_words;
  out["latency_ms"] = latency(figures.segment_latency);
  out["word_lag_ms"] = latency(figures.word_lag);
  out["word_settled_lag_ms"] = latency(figures.settled_lag);
  out["recogniser_lag_ms"] = latency(figures.recogniser_lag);
  out["erasure"] = rounded(figures.erasure);
  out["source_erasure"] = rounded(figures.source_erasure);
  out["translation_calls"] = figures.translation_calls;
  out["translated_characters"] = figures.translated_characters;
  out["translation_failures"] = figures.translation_failures;
  out["cache_hits"] = figures.cache_hits;
  out["audio_seconds"] = rounded(talk.audio_seconds);
  out["cpu_seconds"] = rounded(talk.cpu_seconds);
  out["clock"] = options.real_time ? "real" : "audio";
  return sotto::json::to_text(out);
}

void print_table(std::ostream& out, const composition::Talk& talk,
                 const composition::TalkOptions& options) {
  const pipeline::SessionFigures& figures = talk.figures;
  const auto row = [&](const char* name) -> std::ostream& {
    return out << "  " << std::left << std::setw(24) << name;
  };
  out << std::fixed << std::setprecision(2) << '\n';
  row("words") << figures.source_words << '\n';
  row("segments") << talk.segments.size() << '\n';
  row("latency, segments") << seconds_text(figures.segment_latency)
                           << "   last word captured -> translation ready\n";
  row("lag, words") << seconds_text(figures.word_lag) << mean_text(figures.word_lag)
                    << "   word captured -> first caption with it\n";
  row("lag, settled words") << seconds_text(figures.settled_lag) << mean_text(figures.settled_lag)
                            << "   word captured -> settled caption with it\n";
  row("erasure") << figures.erasure << "   words taken back per word of the last text\n";
  row("translation calls") << figures.translation_calls << ", " << figures.translated_characters
                           << " characters\n";
  row("cache hits") << figures.cache_hits << '\n';
  if (figures.translation_failures > 0)
    row("failed translations") << figures.translation_failures << '\n';
  row("audio") << talk.audio_seconds << " s\n";
  row("processor") << talk.cpu_seconds << " s, " << talk.cpu_seconds / talk.audio_seconds
                   << " per second of audio\n";
  if (!options.real_time)
    out << "\n  Latency is on the recording's clock, without the time of computing; --realtime "
           "includes it.\n";
}

}  // namespace sotto::app
