#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "rollout_controller/outcome_journal.hpp"
#include "rollout_controller/readings.hpp"
#include "rollout_controller/rollout_controller.hpp"
#include "server/http/api.hpp"
#include "server/http/lookups.hpp"
#include "server/operator/flag_access.hpp"
#include "server/operator/phases_access.hpp"
#include "server/operator/telemetry_access.hpp"
#include "server/sessions/demo_talk.hpp"
#include "server/sessions/recogniser_in_use.hpp"
#include "server/sessions/session_registry.hpp"
#include "server/websocket/sockets.hpp"
#include "telemetry/log.hpp"
#include "telemetry/monitor.hpp"

namespace sotto::server {

struct ApplicationConfig {
  FlagAccess flag;  ///< the reader must not follow its store yet
  TelemetryAccess telemetry;
  PhasesAccess phases;
  RegistryConfig sessions;  ///< without an observer and a clock: telemetry is, and the flag's
  ClientLimits limits;
  RecogniserInUse recogniser;
  StoreHealth store;
  StartRules start;
};

/// What a server serves, without its transport: the sessions, the API over them, the flag that
/// moves them and the telemetry that watches. Thread-safe where nothing else is said.
class Application : public std::enable_shared_from_this<Application> {
 public:
  /// `log` must outlive it.
  Application(ApplicationConfig config, pipeline::SessionParts parts, telemetry::Log* log);

  /// Goes on with the sessions of an earlier process. Waits for the store. Before anything else.
  Result<> restore();
  /// How many sessions are waiting or live.
  std::size_t open_sessions() const { return registry_.open().size(); }

  /// Follows the flag from here on; until unfollow(), which waits until nobody is told of anything
  /// any more. The reader outlives this and calls from a thread of its own.
  void follow_flag();
  void unfollow_flag() { config_.flag.reader->stop(); }

  /// Begins a session that plays `recordings` (WAV) over and over at real speed. Before the
  /// executor runs. Errors: those of the files and of the session.
  Result<SessionId> play_demo(const std::vector<std::filesystem::path>& recordings,
                              const boost::asio::any_io_executor& executor);

  Response handle(const Request& request);
  /// Whether handle() may wait: not for a thread that has sessions to carry.
  bool may_wait(const Request& request) const { return api_.may_wait(request); }
  SocketRoute route(const SocketRequest& request);
  /// A client's socket was closed because its token was wrong.
  void wrong_token(const std::string& client) { lookups_.missed(client, Lookups::Clock::now()); }

  /// Looks after the metrics, the alarms and the rollout's phases, every second or so; waits for
  /// their stores; one caller at a time.
  void tick();
  /// Puts what was measured since the last minute was over where it is kept. After everybody else.
  void write_metrics();
  /// Ends what was abandoned, from time to time.
  void sweep();

  /// Ends every session; whether all have.
  void finish_all();
  bool all_ended() const { return registry_.all_ended(); }

 private:
  RegistryConfig with_telemetry();
  telemetry::MonitorEvents monitor_events();
  void alarm_changed(const telemetry::AlarmChange& change);
  void watch_store(UtcTime now);
  rollout_controller::RolloutControllerParts controller_parts();
  void step_rollout(UtcTime now);
  void resumed(std::size_t sessions);
  feature_flag::FlagReaderEvents flag_events();
  void apply(const rollout::InForce& in_force, std::function<void()> applied);

  // constant after construction
  const ApplicationConfig config_;
  telemetry::Log* const log_;

  // self-synchronised
  telemetry::Monitor monitor_;
  rollout_controller::ReadingsSource readings_;
  rollout_controller::RolloutController controller_;
  rollout_controller::OutcomeJournal outcomes_;
  SessionRegistry registry_;
  Api api_;
  Lookups lookups_;

  // used by tick() alone
  UtcTime stepped_at_{};
  std::string rollout_problem_;  ///< that was logged last
  bool store_alarm_ = false;

  // set before the executor runs
  SessionId demo_id_;
  std::shared_ptr<DemoTalk> demo_;
};

}  // namespace sotto::server
