#include "serving/serve_stores.hpp"

#include <filesystem>
#include <string>

#include "options/state_folder.hpp"
#include "options/stores.hpp"
#include "options/telemetry_options.hpp"
#include "providers/local/faults/damaged_database.hpp"
#include "providers/local/faults/salvage.hpp"
#include "providers/local/session_tables.hpp"

namespace sotto::app {

namespace local = providers::local;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::days transcripts_kept{30};  // after their session has ended

void say(const telemetry::Log& log, std::string_view message, const fs::path& path,
         std::string_view why, const std::string& aside, std::string_view what_now) {
  log.write(telemetry::Level::error, message,
            {{"event", "database_damaged"},
             {"error_code", "damaged"},
             {"file", path.string()},
             {"error", why},
             {"set_aside_as", aside},
             {"meaning", what_now}});
}

// The name that it has now; empty where there was nothing to do, or it could not be done.
fs::path set_one_aside(const fs::path& path, std::int64_t newest_schema, std::string_view what_now,
                       const telemetry::Log& log) {
  const auto damage = local::find_damage(path, newest_schema);
  if (!damage) return {};
  const auto aside = local::set_aside(path, *damage, system_utc());
  if (!aside) {
    say(log, "a database is damaged and cannot be set aside", path, damage->why, "",
        aside.error().message);
    return {};
  }
  if (damage->only_its_log) {
    say(log, "a database's log is damaged: a copy is set aside", path, damage->why, aside->string(),
        "what was written last may be missing");
    return {};
  }
  say(log, "a damaged database is set aside, and a new one begun", path, damage->why,
      aside->string(), what_now);
  return *aside;
}

void save_sessions(const fs::path& aside, const fs::path& path, const telemetry::Log& log) {
  const auto saved = local::salvage_sessions(aside, path);
  log.write(saved ? telemetry::Level::warning : telemetry::Level::error,
            saved ? "what could be read of the damaged sessions is kept"
                  : "nothing of the damaged sessions could be kept",
            {{"event", "sessions_saved"},
             {"sessions", saved ? static_cast<double>(*saved) : 0.0},
             {"error", saved ? "" : saved.error().message}});
}

}  // namespace

void set_aside_damaged(const ServeOptions& options, const telemetry::Log& log) {
  const auto folder = state_folder(options.flag.data);
  if (!folder) return;
  if (options.sessions.empty()) {
    const fs::path sessions = *folder / "sessions.db";
    const fs::path aside =
        set_one_aside(sessions, local::SessionTables::schema_version,
                      "sessions and transcripts that cannot be read are missing", log);
    if (!aside.empty()) save_sessions(aside, sessions, log);
  }
  constexpr std::int64_t any = -1;
  set_one_aside(*folder / "metrics.db", any, "the charts and gates begin anew", log);
  // Beside a flag of another place there may be others who use it.
  if (options.flag.store.empty() && options.flag.rollouts.empty())
    set_one_aside(*folder / "rollout.db", any,
                  "the flag stays as it is and nothing is promoted: start the plan again", log);
}

Result<std::unique_ptr<local::KeepingSessionStore>> open_sessions(const ServeOptions& options,
                                                                  const telemetry::Log& log) {
  const auto folder = state_folder(options.flag.data);
  if (!folder) return tl::unexpected(folder.error());
  auto store = session_store(options.sessions, *folder);
  if (!store) return tl::unexpected(store.error());
  local::KeepingNotices notices;
  notices.on_trouble = [&log](const Error& why) {
    log.write(telemetry::Level::error,
              "sessions cannot be stored: captions are shown, kept in memory and tried again",
              {{"event", "store_unavailable"},
               {"error_code", to_string(why.code)},
               {"error", why.message}});
  };
  notices.on_recovered = [&log](std::size_t stored) {
    log.write(telemetry::Level::warning, "sessions are stored again, with all that was kept",
              {{"event", "store_recovered"}, {"stored", static_cast<double>(stored)}});
  };
  notices.on_lost = [&log](std::size_t lost) {
    log.write(telemetry::Level::error, "the server ends, and captions could not be stored",
              {{"event", "store_lost"},
               {"error_code", "unavailable"},
               {"lost", static_cast<double>(lost)}});
  };
  auto keeping =
      std::make_unique<local::KeepingSessionStore>(std::move(*store), std::move(notices));
  // Old ones can wait until there is room to note that they are gone.
  if (const auto pruned = keeping->prune(system_utc() - transcripts_kept); !pruned)
    log.write(telemetry::Level::error, "sessions cannot be stored",
              {{"event", "store_unavailable"},
               {"error_code", to_string(pruned.error().code)},
               {"error", pruned.error().message}});
  return keeping;
}

server::StoreHealth health_of(local::KeepingSessionStore& store) {
  return {[&store] { return store.health(); }, [&store] { return store.waiting(); }};
}

}  // namespace sotto::app
