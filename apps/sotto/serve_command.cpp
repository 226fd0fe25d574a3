#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <thread>
#include <vector>

#include "cli.hpp"
#include "control/flag_operations.hpp"
#include "control/flag_reader.hpp"
#include "control/last_good.hpp"
#include "engine_options.hpp"
#include "engines.hpp"
#include "pipeline/translation_cache.hpp"
#include "rollout/environment.hpp"
#include "server/server.hpp"
#include "state_folder.hpp"
#include "stores.hpp"
#include "telemetry/log.hpp"

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
  std::string data, store;
};

// The flag: its store, what reads it, and who may change it.
struct FlagParts {
  std::string parameter_name;
  std::unique_ptr<ports::FlagStore> store;
  std::unique_ptr<control::FlagReader> reader;
  std::string operator_token;
  std::filesystem::path token_file;
};

UtcTime utc_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void warn(const telemetry::Log& log, std::string_view message, const Error& error) {
  log.write(telemetry::Level::warning, message,
            {{"error_code", to_string(error.code)}, {"error", error.message}});
}

// A store that has never held the flag gets one: the environment's, else everybody on in the store
// of this machine's own, nobody in one that was named, where others may be at work.
rollout::Flag first_flag(const rollout::Environment& environment, const engine::Settings& settings,
                         bool own_store) {
  rollout::Flag flag;
  if (environment.flag)
    flag = *environment.flag;
  else
    flag.rollout_percentage = own_store ? 100 : 0;
  flag.enabled = true;  // the environment's "off" is this process's, not everybody's
  flag.min_stability_threshold = settings.min_stability_threshold;
  flag.max_buffer_timeout = settings.max_buffer_timeout;
  return flag;
}

// Nothing that fails here keeps talks from being served: it is said, and they use what is left.
Result<FlagParts> open_flag(const ServeOptions& options, rollout::Environment environment,
                            const engine::Settings& settings, const telemetry::Log& log) {
  const auto folder = state_folder(options.data);
  if (!folder) return tl::unexpected(folder.error());
  auto store = flag_store(options.store, *folder);
  if (!store) return tl::unexpected(store.error());
  FlagParts parts;
  parts.parameter_name = environment.parameter_name;
  parts.store = std::move(*store);
  parts.token_file = *folder / "operator-token";
  auto token = operator_token(parts.token_file);
  if (token)
    parts.operator_token = std::move(*token);
  else
    warn(log, "the operator's interface is off", token.error());

  const auto last_good = *folder / "last-good-flag.json";
  if (environment.flag) {
    environment.flag->min_stability_threshold = settings.min_stability_threshold;
    environment.flag->max_buffer_timeout = settings.max_buffer_timeout;
  }
  const auto kept = control::load_last_good(last_good, environment.parameter_name);
  if (!kept) warn(log, "the last good flag cannot be read", kept.error());
  if (kept && !*kept) {
    const auto seeded =
        control::seed_flag(*parts.store, environment.parameter_name,
                           first_flag(environment, settings, options.store.empty()),
                           {"sotto serve", "the first start with this store", utc_now()});
    if (!seeded) warn(log, "the flag cannot be made", seeded.error());
  }
  const auto random = [source = std::make_shared<std::mt19937>(std::random_device{}())] {
    return std::uniform_real_distribution<double>(0, 1)(*source);
  };
  parts.reader = std::make_unique<control::FlagReader>(
      control::FlagReaderConfig{std::move(environment), last_good, process_name()},
      control::FlagReaderParts{parts.store.get(), utc_now, random});
  return parts;
}

Result<telemetry::Level> log_level() {
  const char* value = std::getenv("LOG_LEVEL");
  return telemetry::parse_level(value ? value : "info");
}

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
  auto environment = rollout::read_environment([](const char* name) { return std::getenv(name); });
  if (!environment) return report(environment.error(), false, true);
  const auto settings = engine_settings(options.engine);
  if (!settings) return report(settings.error(), false, true);
  const auto level = log_level();
  if (!level) return report(level.error(), false, true);
  auto engines = embedded_engines(options.max_talks);
  if (!engines) return report(engines.error(), false);

  telemetry::Log log(
      *level, [](const std::string& line) { std::cerr << line << std::endl; },
      telemetry::utc_timestamp);
  auto flag = open_flag(options, std::move(*environment), *settings, log);
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
                 utc_now};
  config.sessions.engine = *settings;
  auto server = server::Server::create(config, io, parts, &log);
  if (!server) return report(server.error(), false);

  SessionId demo;
  if (options.demo) {
    const auto recordings = demo_recordings(options.demo_folder);
    if (!recordings) return report(recordings.error(), false);
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
  command->add_flag("!--no-demo", options->demo, "Without the demo talk");
  command
      ->add_option("--demo-folder", options->demo_folder, "WAV files that the demo plays in a loop")
      ->capture_default_str();
  command
      ->add_option("--max-talks", options->max_talks,
                   "Talks at the same time; each takes about 100 MB")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_option("--data", options->data,
                      "Folder for all that is kept (~/.local/state/sotto)");
  command
      ->add_option("--store", options->store,
                   "Where the flag lives: sqlite:PATH or file:PATH (sqlite:flags.db in the folder)")
      ->envname("SOTTO_STORE");
  add_engine_settings(*command, options->engine, FromEnvironment::yes);
  command->callback([options, &run] { run = [options] { return serve(*options); }; });
}

}  // namespace sotto::app
