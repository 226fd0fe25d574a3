#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <future>
#include <iomanip>
#include <iostream>
#include <memory>
#include <numeric>
#include <random>

#include "audio/recording.hpp"
#include "composition/recognisers.hpp"
#include "composition/record_events.hpp"
#include "composition/translators.hpp"
#include "json/text.hpp"
#include "options/cli.hpp"
#include "options/engine_options.hpp"
#include "output/policy_output.hpp"
#include "replay/event_file.hpp"
#include "tuning/frontier_chart.hpp"
#include "tuning/stability_fit.hpp"
#include "tuning/sweep.hpp"
#include "tuning/translation_policies.hpp"

namespace sotto::app {

namespace {

using Events = std::vector<replay::RecordedEvent>;

struct TuneOptions {
  std::vector<std::string> files;
  EngineOptions engine;
  tuning::SweepGrid grid;
  std::vector<double> timeouts;
  std::string svg;
  bool fit_stability = false;
  std::string to;
  composition::TranslatorChoice translators;
  std::size_t joined = 0;
  int settling = 400;
  bool json = false;
};

bool is_wav(const std::filesystem::path& file) {
  return file.extension() == ".wav" || file.extension() == ".WAV";
}

// The cross-validation's fold of a session, in its name: sessions of recordings are "…@0", "…@1".
SessionId in_fold(const std::string& name, std::size_t fold) {
  return SessionId{name + '@' + std::to_string(fold)};
}

Result<> append_events(ports::Recogniser& recogniser, const SessionId& session,
                       std::span<const std::int16_t> samples, Events& events) {
  auto more = composition::record_events(recogniser, Language{"en"}, session, samples);
  if (!more) return tl::unexpected(more.error());
  std::move(more->begin(), more->end(), std::back_inserter(events));
  return {};
}

// Each recording by itself, every second in the other fold; then each fold's recordings joined to
// one talk without pauses, `joined` times in random order.
Result<Events> recognise(const std::vector<std::string>& files, TuneOptions& options) {
  composition::RecogniserChoice choice;
  if (options.engine.recogniser != "transcribe") choice.engine = options.engine.recogniser;
  auto local = composition::local_recogniser(choice, 1);
  if (!local) return tl::unexpected(local.error());
  const auto& recogniser = local->recogniser;
  options.engine.recogniser = local->engine;  // whose events they are
  const std::size_t joined = options.joined;
  Events events;
  std::vector<std::vector<std::int16_t>> recordings[2];
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto samples = audio::read_recording(files[i]);
    if (!samples) return tl::unexpected(samples.error());
    const auto session = in_fold(std::filesystem::path(files[i]).stem().string(), i % 2);
    if (auto done = append_events(*recogniser, session, *samples, events); !done)
      return tl::unexpected(done.error());
    if (joined > 0) recordings[i % 2].push_back(std::move(*samples));
  }
  for (std::size_t round = 0; round < joined; ++round)
    for (std::size_t fold = 0; fold < 2; ++fold) {
      std::vector<std::size_t> order(recordings[fold].size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::mt19937 random(static_cast<unsigned>(round * 2 + fold));
      for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
      std::vector<std::int16_t> talk;
      for (const std::size_t i : order)
        talk.insert(talk.end(), recordings[fold][i].begin(), recordings[fold][i].end());
      const auto session = in_fold("talk-" + std::to_string(round), fold);
      if (auto done = append_events(*recogniser, session, talk, events); !done)
        return tl::unexpected(done.error());
    }
  return events;
}

// Recordings are recognised first; files of events are read.
Result<Events> gather(TuneOptions& options) {
  Events events;
  std::vector<std::string> recordings;
  for (const std::string& file : options.files) {
    if (is_wav(file)) {
      recordings.push_back(file);
      continue;
    }
    const auto read = replay::read_events(
        file, [&](replay::RecordedEvent& recorded) { events.push_back(std::move(recorded)); });
    if (!read) return tl::unexpected(read.error());
  }
  if (recordings.empty()) return events;
  auto more = recognise(recordings, options);
  if (!more) return tl::unexpected(more.error());
  std::move(more->begin(), more->end(), std::back_inserter(events));
  return events;
}

boost::json::object to_json(const tuning::SweepPoint& point) {
  return {{"min_stability_threshold", point.min_stability_threshold},
          {"max_buffer_timeout", to_seconds(point.max_buffer_timeout)},
          {"commit_lag_s", point.commit_lag},
          {"segment_lag_s", point.segment_lag},
          {"segment_lag_p95_s", point.segment_lag_p95},
          {"erasure", point.erasure},
          {"contradicted", point.contradicted},
          {"translated_characters", point.translated_characters},
          {"on_frontier", point.on_frontier}};
}

void print_table(const std::vector<tuning::SweepPoint>& points,
                 const std::optional<tuning::SweepPoint>& best) {
  std::cout
      << "  threshold  timeout   commit   segment      p95   erasure   wrong     characters\n"
         "                  s      s mean    s mean       s              words    translated\n"
      << std::fixed;
  for (const tuning::SweepPoint& point : points)
    std::cout << (point.on_frontier ? "* " : "  ") << std::setw(9) << std::setprecision(2)
              << point.min_stability_threshold << std::setw(9) << std::setprecision(1)
              << to_seconds(point.max_buffer_timeout) << std::setw(10) << std::setprecision(2)
              << point.commit_lag << std::setw(10) << point.segment_lag << std::setw(9)
              << point.segment_lag_p95 << std::setw(10) << std::setprecision(3) << point.erasure
              << std::setw(7) << std::setprecision(1) << 100 * point.contradicted << " %"
              << std::setw(14) << point.translated_characters << '\n';
  std::cout
      << "\n* on the frontier: no other setting is at least as good in every column and better in "
         "one.\n";
  if (best)
    std::cout << "Recommended: --min-stability " << std::setprecision(2)
              << best->min_stability_threshold << " --max-buffer-timeout " << std::setprecision(1)
              << to_seconds(best->max_buffer_timeout)
              << ", the fastest with at most 5 % of committed words wrong and erasure 0.2.\n";
  else
    std::cout << "Nothing recommended: no setting keeps wrong words to 5 % and erasure to 0.2.\n";
}

// Waits for each translation; none for nobody.
struct Policies {
  std::vector<tuning::PolicyPoint> points;
  std::string translator;
};

Result<Policies> compare_policies(const TuneOptions& options, const engine::Settings& settings,
                                  const Events& events) {
  tuning::PolicyTranslator translator;
  Policies policies;
  composition::ChosenTranslator chosen;
  if (!options.to.empty()) {
    composition::TranslatorParts parts;
    parts.aws = composition::aws_client("");
    parts.deadline = std::chrono::minutes{1};
    auto made = composition::chosen_translator(options.translators, std::move(parts));
    if (!made) return tl::unexpected(made.error());
    chosen = std::move(*made);
    const LanguagePair pair{Language{"en"}, Language{options.to}};
    translator.target = pair.target;
    for (const ports::TranslationOffer& offer : chosen.translator->offers())
      if (offer.pair == pair && policies.translator.empty()) policies.translator = offer.engine;
    translator.translate = [&chosen, pair](const std::string& text) {
      std::promise<Result<std::string>> answer;  // comes within the deadline
      chosen.translator->translate(
          pair, text, [&](Result<std::string> said) { answer.set_value(std::move(said)); });
      return answer.get_future().get();
    };
  }
  auto points =
      tuning::compare_policies(events, settings, tuning::named_policies(settings), translator);
  if (!points) return tl::unexpected(points.error());
  policies.points = std::move(*points);
  return policies;
}

int sweep(const TuneOptions& options, const engine::Settings& settings, const Events& events) {
  const auto points = tuning::sweep(events, settings, options.grid);
  if (!points) return report(points.error(), options.json, true);
  const auto policies = compare_policies(options, settings, events);
  if (!policies) return report(policies.error(), options.json);
  const auto best = tuning::recommend(*points);
  if (!options.svg.empty()) {
    std::ofstream out(options.svg);
    if (!(out << tuning::frontier_svg(*points)) || !out.flush())
      return report({ErrorCode::unavailable, "cannot write " + options.svg, "svg"}, options.json);
  }
  if (options.json) {
    boost::json::array list;
    for (const tuning::SweepPoint& point : *points) list.push_back(to_json(point));
    boost::json::object out{{"points", std::move(list)}, {"recommended", nullptr}};
    if (best) out["recommended"] = to_json(*best);
    out["translator"] = policies->translator;
    out["policies"] = policies_json(policies->points);
    std::cout << json::to_text(out) << '\n';
  } else {
    print_table(*points, best);
    print_policies(std::cout, policies->points, policies->translator);
    if (!options.svg.empty()) std::cout << "The picture is in " << options.svg << ".\n";
  }
  return std::cout.flush() ? exit_success : exit_failure;
}

int fit(const TuneOptions& options, const Events& events) {
  std::map<SessionId, int> seen;
  const auto fold_of = [&](const SessionId& session) {
    const std::string& name = session.str();
    if (const std::size_t at = name.rfind('@'); at != std::string::npos && at + 2 == name.size())
      return name.back() - '0';
    return seen.try_emplace(session, static_cast<int>(seen.size() % 2)).first->second;
  };
  const auto fit = tuning::fit_stability(
      events, fold_of, milliseconds{static_cast<milliseconds::rep>(options.settling)});
  if (!fit) return report(fit.error(), options.json, true);
  if (options.json) {
    boost::json::array table;
    for (const auto& row : fit->calibration.survival) {
      boost::json::array cells;
      for (const float cell : row)
        cells.push_back(std::round(static_cast<double>(cell) * 1000) / 1000);
      table.push_back(std::move(cells));
    }
    boost::json::array shifts;
    for (const float shift : fit->calibration.confidence_shift)
      shifts.push_back(std::round(static_cast<double>(shift) * 1000) / 1000);
    std::cout << json::to_text(boost::json::object{
                     {"survival", std::move(table)},
                     {"confidence_shift", std::move(shifts)},
                     {"observations", fit->observations},
                     {"final_words", fit->final_words},
                     {"calibration_error", fit->calibration_error},
                     {"calibration_error_in_doubt", fit->calibration_error_in_doubt},
                     {"changed_above_threshold", fit->changed_above_threshold}})
              << '\n';
  } else {
    std::cout << tuning::as_markdown(*fit) << "\nAs C++:\n\n"
              << tuning::as_initialiser(fit->calibration) << '\n';
  }
  return std::cout.flush() ? exit_success : exit_failure;
}

int tune(TuneOptions options) {
  if (const auto valid = engine_settings(options.engine); !valid)
    return report(valid.error(), options.json, true);
  if (!options.timeouts.empty()) {
    options.grid.timeouts.clear();
    for (const double timeout : options.timeouts)
      options.grid.timeouts.push_back(from_seconds(timeout));
  }
  const auto events = gather(options);
  if (!events) return report(events.error(), options.json);
  const auto settings = engine_settings(options.engine);
  if (!settings) return report(settings.error(), options.json, true);
  return options.fit_stability ? fit(options, *events) : sweep(options, *settings, *events);
}

}  // namespace

void add_tune(CLI::App& app, Run& run) {
  auto options = std::make_shared<TuneOptions>();
  CLI::App* command = app.add_subcommand(
      "tune", "Try thresholds and timeouts on recorded sessions, or fit a recogniser's stability");
  command
      ->add_option("events", options->files,
                   "Files of events, one JSON object per line, or WAV recordings, which are "
                   "recognised first; - is standard input")
      ->required();
  add_engine_options(*command, options->engine);
  command->add_option("--thresholds", options->grid.thresholds, "Stabilities to try")
      ->delimiter(',');
  command->add_option("--timeouts", options->timeouts, "Buffer timeouts to try, in seconds")
      ->delimiter(',');
  command->add_option("--to", options->to,
                      "Translate into this language, so that erasure and chrF are of translations");
  composition::add_translator_options(*command, options->translators);
  command->add_option("--svg", options->svg, "Draw the frontier into this file");
  command->add_flag("--fit-stability", options->fit_stability,
                    "Fit the probability that words survive, check it on held-out sessions, and "
                    "print the table");
  command->add_option("--joined", options->joined,
                      "With --fit-stability: also join the recordings into talks without pauses, "
                      "in this many random orders");
  command
      ->add_option("--settling", options->settling,
                   "With --fit-stability: the time for which a word near the end must not change "
                   "before it is committed, in ms; about two steps of the recogniser")
      ->check(CLI::Range(0, 5000))
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print one JSON object");
  command->callback([options, &run] { run = [options] { return tune(*options); }; });
}

}  // namespace sotto::app
