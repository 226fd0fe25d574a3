#include "server/application.hpp"

#include <utility>

#include "access/tokens.hpp"
#include "pipeline/session/session_telemetry.hpp"
#include "server/operator/operator_right.hpp"

namespace sotto::server {

namespace {

// How often the rollout is looked at, and sessions that ended are put into its journal.
constexpr std::chrono::seconds step_every{10};

}  // namespace

Application::Application(ApplicationConfig config, pipeline::SessionParts parts,
                         telemetry::Log* log)
    : config_(std::move(config)),
      log_(log),
      monitor_(config_.telemetry.metrics, config_.telemetry.series, telemetry::guide_alarms(),
               monitor_events()),
      readings_(
          config_.telemetry.series, config_.phases.rollouts, config_.flag.parameter_name,
          [this] { return monitor_.alarms(); }, config_.phases.figures,
          config_.phases.fleet_alarms),
      controller_(controller_parts()),
      outcomes_(config_.phases.rollouts, config_.flag.parameter_name,
                config_.sessions.votes_after_end),
      registry_(with_telemetry(), std::move(parts), access::secure_random()),
      api_({config_.flag, &registry_, config_.telemetry.metrics, config_.telemetry.series,
            &monitor_, &controller_, &readings_, config_.phases.rollouts, log,
            config_.telemetry.environment, config_.limits, config_.recogniser,
            config_.telemetry.translations, config_.store, config_.start}) {}

RegistryConfig Application::with_telemetry() {
  RegistryConfig sessions = config_.sessions;
  const auto on_outcome = [this](const rollout::SessionOutcome& outcome) {
    outcomes_.add(outcome);
    if (config_.telemetry.on_outcome) config_.telemetry.on_outcome(outcome);
  };
  const auto on_late_votes = [this](const SessionId& id, const pipeline::Votes& votes) {
    outcomes_.rate(id.str(), votes.up, votes.neutral, votes.down);
  };
  const pipeline::TelemetrySinks sinks{
      config_.telemetry.metrics, log_, config_.telemetry.prices, on_outcome, on_late_votes,
      config_.flag.now};
  sessions.observers = [sinks](const SessionId& id, const rollout::Evaluation& decision) {
    const auto arm = decision.canary ? telemetry::Arm::canary : telemetry::Arm::control;
    return pipeline::SessionObservers{pipeline::observe(id, arm, decision, sinks)};
  };
  sessions.now = config_.flag.now;
  return sessions;
}

telemetry::MonitorEvents Application::monitor_events() {
  telemetry::MonitorEvents events;
  events.on_minute = config_.telemetry.on_minute;
  events.on_change = [this](const telemetry::AlarmChange& change) { alarm_changed(change); };
  events.on_problem = [this](const Error& error) {
    log_->write(telemetry::Level::error, "metrics unavailable",
                {{"event", "metrics_unavailable"},
                 {"error_code", to_string(error.code)},
                 {"error", error.message}});
  };
  return events;
}

void Application::alarm_changed(const telemetry::AlarmChange& change) {
  const bool on = change.to == telemetry::AlarmState::alarm;
  log_->write(on ? telemetry::Level::error : telemetry::Level::info, "alarm changed",
              {{"event", "alarm_changed"},
               {"error_code", on ? "alarm" : ""},
               {"alarm", change.rule->name},
               {"from", telemetry::to_string(change.from)},
               {"to", telemetry::to_string(change.to)},
               {"meaning", change.rule->meaning},
               {"value", change.value.value_or(0)}});
  if (config_.telemetry.on_alarm) config_.telemetry.on_alarm(change);
}

// Beside the guide's alarms, which are of minutes: this one is of now.
void Application::watch_store(UtcTime now) {
  using telemetry::AlarmState;
  static const telemetry::AlarmRule rule{
      .name = "audio-transcription-session-store-unavailable",
      .statistic = {},
      .meaning = "captions are shown that the session store cannot take: they are kept in memory"};
  if (!config_.store.not_stored) return;
  const std::size_t kept = config_.store.not_stored();
  const bool on = kept > 0;
  if (std::exchange(store_alarm_, on) == on) return;
  alarm_changed({&rule, on ? AlarmState::ok : AlarmState::alarm,
                 on ? AlarmState::alarm : AlarmState::ok, static_cast<double>(kept), now});
}

rollout_controller::RolloutControllerParts Application::controller_parts() {
  rollout_controller::RolloutControllerParts parts;
  parts.rollouts = config_.phases.rollouts;
  parts.flags = config_.flag.store;
  parts.parameter_name = config_.flag.parameter_name;
  parts.process = config_.phases.process;
  parts.read = [this](const rollout::State& state, UtcTime now) {
    return readings_.read(rollout_controller::since(state), now);
  };
  parts.notify = [this](const rollout_controller::KeptEvent& event, const rollout::State& state) {
    const bool bad = event.kind == rollout::EventKind::stepped_back ||
                     event.kind == rollout::EventKind::disabled ||
                     event.kind == rollout::EventKind::held;
    log_->write(bad ? telemetry::Level::warning : telemetry::Level::info, "rollout",
                {{"event", "rollout"},
                 {"action", rollout::to_string(event.kind)},
                 {"phase", event.phase},
                 {"percentage_before", static_cast<double>(event.percentage_before)},
                 {"percentage_after", static_cast<double>(event.percentage_after)},
                 {"by", event.by},
                 {"reason", event.why},
                 {"record", static_cast<double>(event.record)},
                 {"hash", event.hash}});
    if (config_.phases.on_event) config_.phases.on_event(event, state);
  };
  return parts;
}

void Application::tick() {
  const UtcTime now = config_.flag.now();
  resumed(registry_.resume_waiting(SessionRegistry::Clock::now()));
  monitor_.tick(now);
  watch_store(now);
  const bool due = now < stepped_at_ || now - stepped_at_ >= step_every;
  if (!due) return;
  stepped_at_ = now;
  step_rollout(now);
}

void Application::step_rollout(UtcTime now) {
  std::string problem;
  if (const auto kept = outcomes_.flush(now); !kept) problem = kept.error().message;
  const auto done = controller_.tick(now);
  // Whoever was faster has decided.
  if (!done && done.error().code != ErrorCode::conflict) problem = done.error().message;
  if (done && *done && (*done)->event) config_.flag.reader->refresh();
  if (done && *done && (*done)->flag_problem)
    problem = "the flag cannot be changed: " + (*done)->flag_problem->message;
  if (!problem.empty() && problem != rollout_problem_)
    log_->write(
        telemetry::Level::error, "the rollout cannot go on",
        {{"event", "rollout_unavailable"}, {"error_code", "unavailable"}, {"error", problem}});
  rollout_problem_ = std::move(problem);
}

void Application::write_metrics() {
  monitor_.flush();
  (void)outcomes_.flush();
}

Result<> Application::restore() {
  const auto restored = registry_.restore(SessionRegistry::Clock::now());
  if (!restored) return tl::unexpected(restored.error());
  resumed(*restored);
  if (const std::size_t waiting = registry_.to_resume(); waiting > 0)
    log_->write(telemetry::Level::warning, "sessions wait for room to go on after a restart",
                {{"event", "sessions_waiting"}, {"sessions", static_cast<double>(waiting)}});
  return {};
}

void Application::resumed(std::size_t sessions) {
  if (sessions > 0)
    log_->write(telemetry::Level::warning, "sessions go on after a restart",
                {{"event", "sessions_restored"}, {"sessions", static_cast<double>(sessions)}});
}

feature_flag::FlagReaderEvents Application::flag_events() {
  const std::weak_ptr<Application> weak = weak_from_this();
  feature_flag::FlagReaderEvents events;
  events.on_change = [weak](const rollout::InForce& in_force, std::function<void()> applied) {
    if (const auto self = weak.lock()) self->apply(in_force, std::move(applied));
  };
  events.on_problem = [weak](const Error& error) {
    if (const auto self = weak.lock())
      self->log_->write(telemetry::Level::error, "flag unavailable",
                        {{"event", "flag_unavailable"},
                         {"error_code", to_string(error.code)},
                         {"error", error.message}});
  };
  events.on_recovered = [weak] {
    if (const auto self = weak.lock())
      self->log_->write(telemetry::Level::info, "flag available again",
                        {{"event", "flag_recovered"}});
  };
  events.live_sessions = [weak] {
    const auto self = weak.lock();
    return self ? std::uint64_t{self->registry_.open().size()} : 0;
  };
  return events;
}

Response Application::handle(const Request& request) {
  const auto now = SessionRegistry::Clock::now();
  if (caller_of(config_.flag, request)) return api_.handle(request, now);
  if (auto refused = lookups_.begin(request, now)) return *std::move(refused);
  Response response = api_.handle(request, now);
  lookups_.end(request, response, now);
  return response;
}

SocketRoute Application::route(const SocketRequest& request) {
  return lookups_.route(route_socket(request, &registry_), request, registry_,
                        Lookups::Clock::now());
}

void Application::follow_flag() { config_.flag.reader->follow(flag_events()); }

void Application::apply(const rollout::InForce& in_force, std::function<void()> applied) {
  log_->write(telemetry::Level::info, "flag in force",
              {{"event", "flag_changed"},
               {"version", static_cast<double>(in_force.version)},
               {"source", rollout::to_string(in_force.source)},
               {"enabled", in_force.flag.enabled},
               {"rollout_percentage", static_cast<double>(in_force.flag.rollout_percentage)}});
  registry_.apply(in_force, config_.flag.now(),
                  [self = shared_from_this(), applied = std::move(applied)](std::size_t killed) {
                    if (killed > 0)
                      self->log_->write(
                          telemetry::Level::warning, "live sessions moved to finals",
                          {{"event", "flag_killed"}, {"sessions", static_cast<double>(killed)}});
                    applied();
                  });
}

Result<SessionId> Application::play_demo(const std::vector<std::filesystem::path>& recordings,
                                         const boost::asio::any_io_executor& executor) {
  auto samples = load_recordings(recordings);
  if (!samples) return tl::unexpected(samples.error());
  const auto created = api_.create_session({.unattended = true}, SessionRegistry::Clock::now());
  if (!created) return tl::unexpected(created.error());
  const auto& session = created->hosted.session;
  demo_id_ = session->config().id;
  api_.set_demo(demo_id_);
  demo_ = std::make_shared<DemoTalk>(executor, session, std::move(*samples));
  demo_->start();
  return demo_id_;
}

void Application::sweep() {
  const auto now = SessionRegistry::Clock::now();
  if (demo_) registry_.heard(demo_id_, now);
  registry_.sweep(now);
}

void Application::finish_all() {
  api_.set_stopping();
  if (demo_) demo_->stop();
  registry_.finish_all();
}

}  // namespace sotto::server
