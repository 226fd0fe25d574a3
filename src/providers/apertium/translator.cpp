#include "providers/apertium/translator.hpp"

#include <algorithm>
#include <cstdint>
#include <system_error>
#include <utility>

#include "providers/apertium/modes.hpp"
#include "providers/apertium/pair_worker.hpp"
#include "providers/apertium/text.hpp"
#include "supervision/child_process.hpp"

namespace sotto::providers::apertium {

namespace {

constexpr std::uint64_t most_address_space = 1U << 30U;  // each process takes 75 MB at most

tl::unexpected<Error> out_of_range(const std::string& field, const std::string& range) {
  return fail(ErrorCode::invalid_argument, field + " must be " + range, field);
}

Result<> check(const Settings& settings) {
  const auto none = milliseconds{0};
  if (settings.deadline <= none) return out_of_range("deadline", "positive");
  if (settings.max_queued < 1) return out_of_range("max_queued", "at least 1");
  if (settings.first_back_off <= none) return out_of_range("first_back_off", "positive");
  if (settings.largest_back_off < settings.first_back_off) {
    return out_of_range("largest_back_off", "at least first_back_off");
  }
  if (settings.failures_to_open < 1) return out_of_range("failures_to_open", "at least 1");
  if (settings.open_for <= none) return out_of_range("open_for", "positive");
  if (settings.idle_stop <= none) return out_of_range("idle_stop", "positive");
  return {};
}

// A pair's dictionaries are beside its modes, wherever it is installed.
supervision::Confinement confinement_of(const Settings& settings, const std::string& mode_program,
                                        const std::string& path) {
  supervision::Confinement confinement{.starts_programs = true};
  confinement.most_address_space = most_address_space;
  confinement.readable = supervision::program_folders(path);
  confinement.readable.push_back(std::filesystem::path(mode_program).parent_path());
  std::error_code error;
  for (const auto& folder : {std::filesystem::absolute(settings.modes_directory, error),
                             std::filesystem::canonical(settings.modes_directory, error)})
    if (folder.has_relative_path()) confinement.readable.push_back(folder.parent_path());
  if (!settings.scratch.empty()) confinement.writable = {settings.scratch};
  return confinement;
}

}  // namespace

Result<std::unique_ptr<ApertiumTranslator>> ApertiumTranslator::create(Settings settings) {
  if (const auto checked = check(settings); !checked) return tl::unexpected(checked.error());
  const std::string path = supervision::search_path();
  const auto program = supervision::find_program(settings.mode_program, path);
  if (!program) {
    return fail(ErrorCode::not_found,
                "Apertium's " + settings.mode_program +
                    " is missing; install the Debian packages apertium and apertium-eng-spa or "
                    "apertium-eng-cat",
                "mode_program");
  }
  const auto modes = find_modes(settings.modes_directory);
  if (!modes) return tl::unexpected(modes.error());
  // Apertium reads and writes in the locale's encoding. Nothing else of the environment goes to it.
  const Surroundings surroundings{{"PATH=" + path, "LC_ALL=C.UTF-8"},
                                  confinement_of(settings, *program, path)};
  std::unique_ptr<ApertiumTranslator> translator(new ApertiumTranslator());
  try {
    for (const auto& [pair, file] : *modes) {
      translator->workers_[pair] = std::make_unique<PairWorker>(
          settings, PipelineSource{*program, file.string(), surroundings});
    }
  } catch (const std::system_error& error) {
    return fail(ErrorCode::resource_exhausted,
                std::string("cannot set up Apertium's language pairs: ") + error.what() +
                    "; raise the limit of open files");
  }
  for (const LanguagePair& pair : pivoted_pairs(*modes))
    translator->pivots_[pair] = pivot_of(*modes, pair).value();
  return translator;
}

// A pivot's first worker may still call its second one, so all of them outlive all threads.
ApertiumTranslator::~ApertiumTranslator() {
  for (auto& [pair, worker] : workers_) worker->request_stop();
  for (auto& [pair, worker] : workers_) worker->join();
}

std::vector<LanguagePair> ApertiumTranslator::pairs() const {
  std::vector<LanguagePair> pairs;
  for (const auto& [pair, worker] : workers_) pairs.push_back(pair);
  for (const auto& [pair, pivot] : pivots_) pairs.push_back(pair);
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

std::vector<ports::TranslationOffer> ApertiumTranslator::offers() const {
  std::vector<ports::TranslationOffer> offers;
  for (const LanguagePair& pair : pairs()) {
    ports::TranslationOffer offer{pair, name()};
    if (const auto pivot = pivots_.find(pair); pivot != pivots_.end()) offer.pivot = pivot->second;
    if (pair == LanguagePair{Language("en"), Language("es")})
      offer.quality = {"FLORES-200 devtest", 12.1, 44.1, {}};  // docs/languages.md
    offers.push_back(std::move(offer));
  }
  return offers;
}

void ApertiumTranslator::translate(const LanguagePair& pair, std::string text, Completion done) {
  const auto pivot = pivots_.find(pair);
  const auto worker =
      workers_.find(pivot == pivots_.end() ? pair : LanguagePair{pair.source, pivot->second});
  if (worker == workers_.end()) {
    done(fail(ErrorCode::not_found,
              "no Apertium pair from " + pair.source.str() + " to " + pair.target.str() +
                  "; see which are installed, or install its Debian package",
              "pair"));
    return;
  }
  auto prepared = prepare(text, pair.source);
  if (!prepared) {
    done(tl::unexpected(std::move(prepared.error())));
    return;
  }
  if (pivot != pivots_.end())
    done = [&second = *workers_.at({pivot->second, pair.target}), language = pivot->second,
            done = std::move(done)](Result<std::string> half) {
      if (!half) return done(std::move(half));
      // A translation is often longer than its source.
      auto again = prepare(*half, language, 8 * max_text_bytes);
      if (!again) return done(tl::unexpected(std::move(again.error())));
      second.submit(std::move(*again), done);
    };
  worker->second->submit(std::move(*prepared), std::move(done));
}

std::optional<pid_t> ApertiumTranslator::process_group(const LanguagePair& pair) const {
  const auto worker = workers_.find(pair);
  if (worker == workers_.end()) return std::nullopt;
  return worker->second->process_group();
}

}  // namespace sotto::providers::apertium
