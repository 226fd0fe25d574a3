#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "cli.hpp"
#include "configuration.hpp"
#include "engine_options.hpp"
#include "engines.hpp"
#include "flag_parts.hpp"
#include "pipeline/translation_cache.hpp"
#include "server/server.hpp"
#include "server/webhook.hpp"
#include "telemetry/emf.hpp"
#include "telemetry/log.hpp"
#include "telemetry_options.hpp"

namespace sotto::app {

namespace {

namespace asio = boost::asio;

struct ServeOptions {
  EngineOptions engine;
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  bool demo = true;
  std::string demo_folder = "/usr/share/pocketsphinx/test/data/librivox";
  std::size_t max_talks = 8;
  // Each partial result is a line at "info": for a file, not for a terminal.
  std::string log_level = ::isatty(STDERR_FILENO) != 0 ? "warning" : "info";
  FlagOptions flag;
  TelemetryOptions telemetry;
  std::string config_file;
  bool print_config = false, json = false;
};

Result<std::vector<std::filesystem::path>> demo_recordings(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error))
    if (it->path().extension() == ".wav") files.push_back(it->path());
  if (files.empty())
    return fail(ErrorCode::not_found,
                "no recordings for the demo in " + folder.string() +
                    "; install pocketsphinx-testdata, or say --no-demo",
                "demo");
  std::sort(files.begin(), files.end());
  return files;
}

void announce(const server::Server& server, const ServeOptions& options, const FlagParts& flag,
              const SessionId& demo) {
  const bool local =
      options.address == "127.0.0.1" || options.address == "0.0.0.0" || options.address == "::";
  const std::string url =
      "http://" + (local ? "localhost" : options.address) + ":" + std::to_string(server.port());
  std::cout << "listening on " << url;
  if (!flag.operator_token.empty())
    std::cout << " (the operator's token is in " << flag.token_file.string() << ")";
  std::cout << '\n';
  if (!demo.empty())
    std::cout << "demo session: " << url << "/listen/" << demo.str() << "?lang=es" << '\n';
  std::cout << "stop with Ctrl+C" << std::endl;
}

int serve(const ServeOptions& options) {
  const auto settings = engine_settings(options.engine);
  if (!settings) return report(settings.error(), false, true);
  auto environment = flag_environment(options.flag, *settings);
  if (!environment) return report(environment.error(), false, true);
  const auto level = telemetry::parse_level(options.log_level);
  if (!level) return report(level.error(), false, true);
  Result<std::vector<std::filesystem::path>> recordings;
  if (options.demo) recordings = demo_recordings(options.demo_folder);
  if (!recordings) return report(recordings.error(), false);
  auto engines = embedded_engines(options.max_talks);
  if (!engines) return report(engines.error(), false);

  telemetry::Log log(
      *level, [](const std::string& line) { std::cerr << line << std::endl; },
      telemetry::utc_timestamp);
  auto flag = open_flag(options.flag, std::move(*environment), *settings, log);
  if (!flag) return report(flag.error(), false, true);
  pipeline::TranslationCache cache;
  asio::io_context io;
  pipeline::SessionParts parts;
  parts.recogniser = engines->recogniser.get();
  parts.translator = engines->translator.get();
  parts.cache = &cache;
  server::ServerConfig config;
  config.address = options.address;
  config.port = options.port;
  config.flag = {flag->reader.get(), flag->store.get(), flag->parameter_name, flag->operator_token,
                 system_utc};
  const auto metrics = std::make_unique<telemetry::Metrics>();  // large for a stack
  const auto series = open_series(options.flag, log);
  config.telemetry.metrics = metrics.get();
  config.telemetry.series = series.get();
  config.telemetry.environment = environment_name(options.telemetry, flag->parameter_name);
  config.telemetry.prices = options.telemetry.prices;
  if (options.telemetry.emf)
    config.telemetry.on_minute = [name = config.telemetry.environment](const telemetry::Minute& m) {
      for (const std::string& line : telemetry::emf_lines(name, m)) std::cout << line << '\n';
      std::cout << std::flush;
    };
  if (!options.telemetry.webhook.empty()) {
    const auto webhook =
        server::Webhook::create(io.get_executor(), {.url = options.telemetry.webhook}, &log);
    if (!webhook) return report(webhook.error(), false, true);
    config.telemetry.on_alarm = [hook = *webhook, name = config.telemetry.environment](
                                    const telemetry::AlarmChange& change) {
      // That a server has begun and all is well is no news.
      if (change.from == telemetry::AlarmState::insufficient_data &&
          change.to == telemetry::AlarmState::ok)
        return;
      hook->post(alarm_json(name, change));
    };
  }
  config.sessions.engine = *settings;
  auto server = server::Server::create(config, io, parts, &log);
  if (!server) return report(server.error(), false);

  SessionId demo;
  if (options.demo) {
    const auto playing = (*server)->play_demo(*recordings);
    if (!playing) return report(playing.error(), false);
    demo = *playing;
  }
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (!error) (*server)->stop();
  });
  announce(**server, options, *flag, demo);
  std::thread second([&] { io.run(); });
  io.run();
  second.join();
  return exit_success;
}

int print_configuration(const ServeOptions& options, const std::vector<Setting>& configured) {
  const auto settings = engine_settings(options.engine);
  if (!settings) return report(settings.error(), options.json, true);
  const auto environment = flag_environment(options.flag, *settings);
  if (!environment) return report(environment.error(), options.json, true);
  print_settings(std::cout, configured, options.json);
  return exit_success;
}

}  // namespace

void add_serve(CLI::App& app, Run& run) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command =
      app.add_subcommand("serve", "Serve talks to listeners in a browser, with a demo talk");
  command->add_option("--port", options->port, "Port to listen on; 0 takes a free one")
      ->capture_default_str();
  command
      ->add_option("--address", options->address,
                   "Address to listen on; 0.0.0.0 lets other machines in")
      ->capture_default_str();
  command->add_flag("--demo,!--no-demo", options->demo, "With the demo talk, or without")
      ->default_str("true");
  command
      ->add_option("--demo-folder", options->demo_folder, "WAV files that the demo plays in a loop")
      ->capture_default_str();
  command
      ->add_option("--max-talks", options->max_talks,
                   "Talks at the same time; each takes about 100 MB")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command
      ->add_option("--log-level", options->log_level,
                   "Log from here on: debug, info (not to a terminal), warning, error")
      ->envname("LOG_LEVEL")
      ->capture_default_str();
  add_flag_options(*command, options->flag);
  add_telemetry_options(*command, options->telemetry);
  add_engine_settings(*command, options->engine, FromEnvironment::yes);
  command
      ->add_option("--config", options->config_file,
                   "TOML file of these settings: port = 9000; variables and options win over it")
      ->envname("SOTTO_CONFIG")
      ->configurable(false);
  command
      ->add_flag("--print-config", options->print_config,
                 "Print each setting, its value and where it comes from, and end")
      ->configurable(false);
  command->add_flag("--json", options->json, "Print it as JSON")->configurable(false);
  command->callback([command, options, &run] {
    run = [command, options] {
      const auto configured = read_configuration(*command, options->config_file);
      if (!configured) return report(configured.error(), options->json, true);
      if (options->print_config) return print_configuration(*options, *configured);
      return serve(*options);
    };
  });
}

}  // namespace sotto::app
