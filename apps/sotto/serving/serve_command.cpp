#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "composition/engines.hpp"
#include "options/cli.hpp"
#include "options/configuration.hpp"
#include "options/demo_recordings.hpp"
#include "options/engine_options.hpp"
#include "options/flag_parts.hpp"
#include "options/server_address.hpp"
#include "options/state_folder.hpp"
#include "options/stores.hpp"
#include "pipeline/captions/translation_cache.hpp"
#include "providers/local/faults/data_lock.hpp"
#include "server/operator/operator_right.hpp"
#include "server/server.hpp"
#include "serving/background_models.hpp"
#include "serving/door_options.hpp"
#include "serving/hardening.hpp"
#include "serving/serve_options.hpp"
#include "serving/serve_stores.hpp"
#include "serving/serve_watched.hpp"
#include "serving/tls_upkeep.hpp"
#include "telemetry/log.hpp"

namespace sotto::app {

namespace {

namespace asio = boost::asio;

using Takeovers = std::shared_ptr<std::atomic<std::uint64_t>>;

// What people are told of the recogniser; `log` hears why it is not the preferred one.
server::RecogniserInUse recogniser_in_use(const composition::Engines& engines,
                                          const Takeovers& takeovers, const telemetry::Log& log) {
  server::RecogniserInUse in_use;
  in_use.name = engines.recogniser_name;
  in_use.takeovers = takeovers;
  if (!engines.recogniser_instead) return in_use;
  in_use.instead = engines.recogniser_instead->message;
  log.write(telemetry::Level::warning,
            "PocketSphinx is used in place of Moonshine: many words will be wrong",
            {{"event", "recogniser_instead"},
             {"error_code", to_string(engines.recogniser_instead->code)},
             {"error", in_use.instead}});
  return in_use;
}

composition::StandbyNotices standby_notices(const Takeovers& takeovers, const telemetry::Log& log) {
  composition::StandbyNotices notices;
  notices.on_takeover = [takeovers, &log](const Error& reason) {
    ++*takeovers;
    log.write(telemetry::Level::warning, "PocketSphinx continues a session: Moonshine has failed",
              {{"event", "recogniser_takeover"},
               {"error_code", to_string(reason.code)},
               {"error", reason.message}});
  };
  notices.on_return = [&log] {
    log.write(telemetry::Level::info, "Moonshine continues a session again",
              {{"event", "recogniser_resumed"}});
  };
  return notices;
}

// Who translates what is counted; that a translator is no longer asked, and is again, is a line.
providers::chain::Notices translator_notices(telemetry::TranslationCounts& counts,
                                             const telemetry::Log& log) {
  const auto named = [](const LanguagePair& pair) {
    return pair.source.str() + "-" + pair.target.str();
  };
  providers::chain::Notices notices;
  notices.on_outcome = [&counts](const std::string& engine, providers::chain::Outcome outcome) {
    counts.count(engine, to_string(outcome));
  };
  notices.on_passed_over = [named, &log](const std::string& engine, const LanguagePair& pair,
                                         const Error& reason) {
    log.write(telemetry::Level::warning, "a translator keeps failing and is passed over",
              {{"event", "translator_passed_over"},
               {"translator", engine},
               {"pair", named(pair)},
               {"error_code", to_string(reason.code)},
               {"error", reason.message}});
  };
  notices.on_return = [named, &log](const std::string& engine, const LanguagePair& pair) {
    log.write(telemetry::Level::info, "a translator answers again",
              {{"event", "translator_resumed"}, {"translator", engine}, {"pair", named(pair)}});
  };
  return notices;
}

std::string address_of(const server::Server& server, const ServeOptions& options, bool tls) {
  const bool local =
      options.address == "127.0.0.1" || options.address == "0.0.0.0" || options.address == "::";
  return (tls ? "https://" : "http://") + (local ? "localhost" : options.address) + ":" +
         std::to_string(server.port());
}

void announce(const std::string& here, const std::string& url, const FlagParts& flag,
              const composition::Engines& engines, const server::DoorConfig& door,
              const SessionId& demo, const server::StartRules& start) {
  std::cout << "listening on " << here;
  if (!flag.operator_token.empty())
    std::cout << " (the operator's token is in " << flag.token_place << ")";
  if (start.who == server::WhoMayStart::hosts)
    if (const auto code = start.host_code())
      std::cout << "\nstarting a talk needs the host code: " << *code;
  std::cout << "\nrecogniser: " << engines.recogniser_name
            << "\ntranslator: " << engines.translator->name() << '\n'
            << "connections: at most " << door.connections.all << ", " << door.connections.of_client
            << " of one client (" << door.descriptors << " files may be open)\n";
  if (!demo.empty())
    std::cout << "demo session: " << url << "/listen/" << demo.str() << "?lang=es" << '\n';
}

// For as long as the server runs, whichever stores it uses: the folder has more than those.
Result<providers::local::DataLock> lock_data(const ServeOptions& options) {
  const auto folder = state_folder(options.flag.data);
  if (!folder) return tl::unexpected(folder.error());
  return providers::local::DataLock::take(*folder, system_utc());
}

Result<std::shared_ptr<server::TlsContext>> open_tls(const ServeOptions& options) {
  const auto folder = state_folder(options.flag.data);
  if (!folder) return tl::unexpected(folder.error());
  return open_tls(options.tls, *folder, {server::local_names, system_utc});
}

// Each listener is a descriptor. How many there may be.
std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
  return static_cast<std::size_t>(::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur
                                                                          : before);
}

// What sessions work with; without a voice they are captions only, and the log says why.
pipeline::SessionParts session_parts(const composition::ServedEngines& engines,
                                     pipeline::TranslationCache& cache, ports::SessionStore& store,
                                     const telemetry::Log& log) {
  pipeline::SessionParts parts;
  parts.recogniser = engines.recogniser.get();
  parts.translator = engines.translator.get();
  if (engines.synthesiser)
    parts.synthesiser = engines.synthesiser->get();
  else
    log.write(telemetry::Level::warning, "speech is not available",
              {{"event", "no_speech"}, {"error", engines.synthesiser.error().message}});
  if (engines.synthesiser_instead)
    log.write(telemetry::Level::warning, "espeak-ng speaks instead of neural voices",
              {{"event", "synthesiser_instead"},
               {"error_code", to_string(engines.synthesiser_instead->code)},
               {"error", engines.synthesiser_instead->message}});
  parts.cache = &cache;
  parts.store = &store;
  return parts;
}

// On two threads, until a signal comes. `ready` is called once signals are taken.
void run_until_stopped(asio::io_context& io, server::Server& server,
                       const std::function<void()>& ready) {
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (!error) server.stop();
  });
  ready();
  std::thread second([&] { io.run(); });
  io.run();
  second.join();
}

// None where sessions that go on have all recognisers: those have somebody who speaks.
Result<SessionId> play_demo(server::Server& server,
                            const std::vector<std::filesystem::path>& recordings,
                            const ServeOptions& options, const telemetry::Log& log) {
  Result<SessionId> playing = SessionId{};
  const bool has_room = server.application().open_sessions() < options.max_sessions;
  if (has_room) playing = server.play_demo(recordings);
  if (playing && has_room) return playing;
  if (!playing && playing.error().code != ErrorCode::resource_exhausted &&
      playing.error().code != ErrorCode::unavailable)
    return playing;
  log.write(telemetry::Level::warning, "the demo is not played",
            {{"event", "no_demo"},
             {"error",
              playing ? "the sessions that go on need all recognisers" : playing.error().message}});
  return SessionId{};
}

// Fetches models while it serves, where that was asked for; null where it was not, or cannot be.
std::unique_ptr<model_download::Background> fetch_models(const ServeOptions& options,
                                                         const composition::ServedEngines& engines,
                                                         pipeline::TranslationCache& cache,
                                                         const telemetry::Log& log) {
  auto begun = fetch_models_meanwhile(options, log, engines.translator->name(), [&](const auto&) {
    const bool found = engines.look_for_models && engines.look_for_models();
    if (found) cache.clear();  // what the translators before it said
    return found;
  });
  if (begun) return *std::move(begun);
  (void)report(begun.error(), false);
  return nullptr;
}

// What the options say of who comes in, who is told and what the rollout goes by. Errors: those of
// the options. `flag` and `log` must outlive the server.
Result<server::ServerConfig> configure(const ServeOptions& options, const FlagParts& flag,
                                       const asio::any_io_executor& executor, telemetry::Log& log) {
  server::ServerConfig config;
  config.address = options.address;
  config.port = options.port;
  auto telemetry = telemetry_access(options, flag.parameter_name, executor, log);
  if (!telemetry) return tl::unexpected(telemetry.error());
  config.application.telemetry = std::move(*telemetry);
  auto phases = phases_access(options, flag, executor, log);
  if (!phases) return tl::unexpected(phases.error());
  config.application.phases = std::move(*phases);
  auto door = door_config(options.door, options.address, raise_descriptor_limit(),
                          options.max_sessions * options.max_listeners);
  if (!door) return tl::unexpected(door.error());
  config.door = std::move(*door);
  config.application.sessions.max_listeners = options.max_listeners;
  config.application.sessions.shares = server::SharesConfig{.most = options.max_sessions};
  return config;
}

int serve(const ServeOptions& options) {
  const auto settings = engine_settings(options.engine);
  if (!settings) return report(settings.error(), false, true);
  auto environment = flag_environment(options.flag, *settings);
  if (!environment) return report(environment.error(), false, true);
  const auto level = telemetry::parse_level(options.log_level);
  if (!level) return report(level.error(), false, true);
  const auto alone = lock_data(options);
  if (!alone) return report(alone.error(), false);
  const auto tls = open_tls(options);
  if (!tls) return report(tls.error(), false, tls.error().code == ErrorCode::invalid_argument);
  Result<std::vector<std::filesystem::path>> recordings;
  if (options.demo) recordings = demo_recordings(options.demo_folder);
  if (!recordings) return report(recordings.error(), false);
  telemetry::Log log(
      *level,
      [](const std::string& line) {
        std::cerr.clear();  // of a disk that was full
        std::cerr << line << std::endl;
      },
      telemetry::utc_timestamp);
  harden_process(log);
  set_aside_damaged(options, log);
  const auto takeovers = std::make_shared<std::atomic<std::uint64_t>>(0);
  telemetry::TranslationCounts translations;
  // One more than talks have at once: for the last words of one that gives way to another.
  auto engines = composition::chosen_engines(
      options.engines, options.max_sessions + 1,
      {standby_notices(takeovers, log), translator_notices(translations, log)});
  if (!engines) return report(engines.error(), false);

  auto flag = open_flag(options.flag, std::move(*environment), *settings, log);
  if (!flag) return report(flag.error(), false, true);
  const auto sessions = open_sessions(options, log);
  if (!sessions)
    return report(sessions.error(), false, sessions.error().code == ErrorCode::invalid_argument);
  pipeline::TranslationCache cache;
  const auto metrics = std::make_unique<telemetry::Metrics>();  // large for a stack
  const auto series = open_series(options.flag, log);
  asio::io_context io;  // after what its handlers use
  const auto parts = session_parts(*engines, cache, **sessions, log);
  server::FailedLogins failed_logins(&log);
  auto configured = configure(options, *flag, io.get_executor(), log);
  if (!configured) return report(configured.error(), false, true);
  server::ServerConfig config = std::move(*configured);
  config.application.flag = {flag->reader.get(),   flag->store.get(), flag->parameter_name,
                             flag->operator_token, system_utc,        flag->operators.get(),
                             &failed_logins};
  config.application.telemetry.metrics = metrics.get();
  config.application.telemetry.series = series.get();
  config.application.telemetry.translations = &translations;
  config.application.store = health_of(**sessions);
  config.application.recogniser = recogniser_in_use(*engines, takeovers, log);
  config.application.sessions.engine = *settings;
  config.tls = *tls;
  const auto upkeep = keep_certificate(io, *tls, log);
  auto start = start_rules(options.start, only_this_machine(options.address, options.door),
                           options.flag.data);
  if (!start) return report(start.error(), false);
  config.application.start = std::move(*start);
  auto server = server::Server::create(config, io, parts, &log);
  if (!server) return report(server.error(), false);

  SessionId demo;
  if (options.demo) {
    const auto playing = play_demo(**server, *recordings, options, log);
    if (!playing) return report(playing.error(), false);
    demo = *playing;
  }
  std::unique_ptr<model_download::Background> fetching;
  run_until_stopped(io, **server, [&] {
    const std::string url = address_of(**server, options, *tls != nullptr);
    alone->say_address(url);
    keep_server_address(options.flag.data, options.address, (*server)->port(), *tls != nullptr);
    announce(url, options.door.public_url.empty() ? url : options.door.public_url, *flag, *engines,
             config.door, demo, config.application.start);
    if (*tls) announce_tls(std::cout, (*tls)->certificate(), options, (*server)->port());
    std::cout << "stop with Ctrl+C" << std::endl;
    fetching = fetch_models(options, *engines, cache, log);
  });
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
  add_serve_options(*command, *options);
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
