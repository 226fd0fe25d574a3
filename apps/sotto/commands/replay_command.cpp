#include <iostream>
#include <memory>

#include "options/cli.hpp"
#include "options/engine_options.hpp"
#include "replay/decision_lines.hpp"
#include "replay/event_file.hpp"
#include "replay/figures.hpp"
#include "replay/replayer.hpp"

namespace sotto::app {

namespace {

struct ReplayOptions {
  std::vector<std::string> files;
  EngineOptions engine;
  bool summary_only = false;
  bool json = false;
};

int replay(const ReplayOptions& options) {
  const auto settings = engine_settings(options.engine);
  if (!settings) return report(settings.error(), options.json, true);
  std::ios::sync_with_stdio(false);
  replay::DecisionLines lines(std::cout);
  replay::Figures figures;
  auto replayer = replay::Replayer::create(
      *settings, [&](const SessionId& session, SessionTime at, const engine::Commands& commands) {
        figures.decided(session, at, commands);
        if (!options.summary_only) lines.write(session, at, commands);
      });
  if (!replayer) return report(replayer.error(), options.json, true);
  for (const std::string& file : options.files) {
    const auto read = replay::read_events(file, [&](replay::RecordedEvent& recorded) {
      figures.heard(recorded.event);
      replayer->take(recorded.session, recorded.arrival, recorded.event);
    });
    if (!read) return std::cout.flush(), report(read.error(), options.json);
  }
  replayer->finish();
  std::cout << figures.summary_json() << '\n';
  return std::cout.flush() ? exit_success : exit_failure;
}

}  // namespace

void add_replay(CLI::App& app, Run& run) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command = app.add_subcommand(
      "replay", "Run recorded recogniser events through the engine and print its decisions");
  command
      ->add_option(
          "events", options->files,
          "Files of events, one JSON object per line, read as one stream; - is standard input")
      ->required();
  add_engine_options(*command, options->engine);
  command->add_flag("--summary", options->summary_only, "Print only the summary");
  command->add_flag("--json", options->json,
                    "Print errors as JSON (decisions are always JSON lines)");
  command->callback([options, &run] { run = [options] { return replay(*options); }; });
}

}  // namespace sotto::app
