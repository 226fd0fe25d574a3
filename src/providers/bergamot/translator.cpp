#include "providers/bergamot/translator.hpp"

#include <cstdint>
#include <system_error>
#include <utility>

#include "providers/bergamot/pair_worker.hpp"
#include "providers/bergamot/text.hpp"
#include "supervision/child_process.hpp"

namespace sotto::providers::bergamot {

namespace fs = std::filesystem;

namespace {

// Of WebAssembly's memory 1 GB, of JavaScript's 256 MB, and Node.js itself.
constexpr std::uint64_t most_data = std::uint64_t{3} << 30U;

tl::unexpected<Error> out_of_range(const std::string& field, const std::string& range) {
  return fail(ErrorCode::invalid_argument, field + " must be " + range, field);
}

Result<> check(const Settings& settings) {
  const auto none = milliseconds{0};
  if (settings.deadline <= none) return out_of_range("deadline", "positive");
  if (settings.answer_within < settings.deadline)
    return out_of_range("answer_within", "at least deadline");
  if (settings.load_deadline <= none) return out_of_range("load_deadline", "positive");
  if (settings.max_queued < 1) return out_of_range("max_queued", "at least 1");
  if (settings.first_back_off <= none) return out_of_range("first_back_off", "positive");
  if (settings.largest_back_off < settings.first_back_off)
    return out_of_range("largest_back_off", "at least first_back_off");
  if (settings.failures_to_open < 1) return out_of_range("failures_to_open", "at least 1");
  if (settings.open_for <= none) return out_of_range("open_for", "positive");
  if (settings.idle_stop <= none) return out_of_range("idle_stop", "positive");
  return {};
}

/// The worker, and its package beside it where it takes one.
Result<> check_worker(const fs::path& worker) {
  std::error_code error;
  if (!fs::is_regular_file(worker, error)) {
    return fail(ErrorCode::not_found,
                "Bergamot's worker " + worker.string() +
                    " is missing; it is workers/bergamot/worker.mjs of Sotto's repository",
                "worker");
  }
  const fs::path folder = worker.parent_path();
  if (fs::exists(folder / "package-lock.json", error) &&
      !fs::exists(folder / "node_modules/@browsermt/bergamot-translator", error)) {
    return fail(ErrorCode::not_found,
                "Bergamot's npm package is missing; scripts/setup installs it, or `npm ci` in " +
                    folder.string(),
                "worker");
  }
  return {};
}

}  // namespace

std::optional<fs::path> find_worker() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  std::vector<fs::path> folders;
  for (fs::path folder = program.parent_path(); folder.has_relative_path();
       folder = folder.parent_path())
    folders.push_back(folder);
  folders.insert(folders.end(), {"/usr/local/share/sotto", "/usr/share/sotto"});
  for (const fs::path& folder : folders) {
    fs::path worker = folder / "workers/bergamot/worker.mjs";
    if (fs::exists(worker, error)) return worker;
  }
  return std::nullopt;
}

Result<std::unique_ptr<BergamotTranslator>> BergamotTranslator::create(Settings settings) {
  if (const auto checked = check(settings); !checked) return tl::unexpected(checked.error());
  const std::string path = supervision::search_path();
  auto node = supervision::find_program(settings.node, path);
  if (!node) {
    return fail(ErrorCode::not_found,
                settings.node + " is missing; install Node.js, 18 or newer (Debian: nodejs)",
                "node");
  }
  if (const auto checked = check_worker(settings.worker); !checked)
    return tl::unexpected(checked.error());
  WorkerProgram program{*std::move(node), fs::absolute(settings.worker), {"PATH=" + path}, {}};
  program.confinement.readable = {program.script.parent_path()};
  program.confinement.most_data = most_data;
  if (!settings.scratch.empty()) program.confinement.writable = {settings.scratch};
  const bool may_be_empty = settings.models_may_come_later;
  std::unique_ptr<BergamotTranslator> translator(
      new BergamotTranslator(std::move(settings), std::move(program)));
  if (translator->look_again() == 0 && !may_be_empty) {
    return fail(
        ErrorCode::not_found,
        "no translation model is installed; 'sotto models get en-es' fetches English-Spanish, "
        "'sotto models list --all' shows all",
        "model_folders");
  }
  return translator;
}

BergamotTranslator::BergamotTranslator(Settings settings, WorkerProgram program)
    : settings_(std::move(settings)), program_(std::move(program)) {}

BergamotTranslator::~BergamotTranslator() {
  for (auto& [pair, served] : pairs_)
    if (served.worker) served.worker->request_stop();
}

std::vector<ports::TranslationOffer> BergamotTranslator::offers() const {
  const std::lock_guard lock(mutex_);
  std::vector<ports::TranslationOffer> offers;
  for (const auto& [pair, served] : pairs_) {
    ports::TranslationOffer offer{pair, name()};
    const auto& models = served.route.models;
    for (const InstalledModel& model : models)
      offer.engine += (&model == models.data() ? " " : ", ") + model.folder.filename().string();
    if (served.route.is_pivot())
      offer.pivot = models.front().pair.target;
    else if (const auto known = settings_.qualities.find(models.front().folder.filename().string());
             known != settings_.qualities.end())
      offer.quality = known->second;
    offers.push_back(std::move(offer));
  }
  return offers;
}

std::vector<LanguagePair> BergamotTranslator::pairs() const {
  const std::lock_guard lock(mutex_);
  std::vector<LanguagePair> pairs;
  pairs.reserve(pairs_.size());
  for (const auto& [pair, served] : pairs_) pairs.push_back(pair);
  return pairs;
}

void BergamotTranslator::translate(const LanguagePair& pair, std::string text, Completion done) {
  const auto worker = worker_of(pair);
  if (!worker) return done(tl::unexpected(worker.error()));
  auto prepared = prepare(text);
  if (!prepared) return done(tl::unexpected(std::move(prepared.error())));
  (*worker)->submit(std::move(*prepared), std::move(done));
}

std::size_t BergamotTranslator::look_again() {
  const Routes found = routes_of(find_models(settings_.model_folders));
  const std::lock_guard lock(mutex_);
  std::size_t added = 0;
  for (const auto& [pair, route] : found) {
    Served& served = pairs_[pair];
    if (served.route.models.empty()) ++added;
    if (!served.worker) served.route = route;
  }
  return added;
}

std::optional<Route> BergamotTranslator::route(const LanguagePair& pair) const {
  const std::lock_guard lock(mutex_);
  const auto served = pairs_.find(pair);
  if (served == pairs_.end()) return std::nullopt;
  return served->second.route;
}

std::optional<pid_t> BergamotTranslator::process_group(const LanguagePair& pair) const {
  const std::lock_guard lock(mutex_);
  const auto served = pairs_.find(pair);
  if (served == pairs_.end() || !served->second.worker) return std::nullopt;
  return served->second.worker->process_group();
}

Result<PairWorker*> BergamotTranslator::worker_of(const LanguagePair& pair) {
  const std::lock_guard lock(mutex_);
  const auto served = pairs_.find(pair);
  if (served == pairs_.end()) {
    return fail(ErrorCode::not_found,
                "no model translates from " + pair.source.str() + " to " + pair.target.str() +
                    "; see `sotto models list`",
                "pair");
  }
  auto& [route, worker] = served->second;
  if (worker) return worker.get();
  try {
    worker = std::make_unique<PairWorker>(settings_, program_, route);
  } catch (const std::system_error& error) {
    return fail(
        ErrorCode::resource_exhausted,
        std::string("cannot set up the pair: ") + error.what() + "; raise the limit of open files");
  }
  return worker.get();
}

}  // namespace sotto::providers::bergamot
