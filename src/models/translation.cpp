#include "models/translation.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <set>
#include <stdexcept>

#include "files/atomic_file.hpp"
#include "models/embedded_manifest.hpp"

namespace sotto::models {

namespace {

constexpr std::string_view pivot = "en";
constexpr std::size_t largest_list = 4 << 20;
constexpr double bleu_to_give_up = 3.0 + 1e-9;
constexpr std::string_view kinds[] = {"tiny", "base-memory", "base"};  // the smallest first

std::vector<std::string_view> split(std::string_view line, char at) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t end = line.find(at);
    fields.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_language(std::string_view text) {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

std::ptrdiff_t rank(std::string_view kind) {
  return std::find(std::begin(kinds), std::end(kinds), kind) - std::begin(kinds);
}

// The parts of en-es, enes, en-es-tiny or enes-tiny; `kind` is empty where none is said.
struct Name {
  std::string_view from, to, kind;
};

std::optional<Name> parse_name(std::string_view text) {
  Name name;
  name.from = text.substr(0, 2);
  text.remove_prefix(name.from.size());
  if (text.starts_with('-')) text.remove_prefix(1);
  name.to = text.substr(0, 2);
  text.remove_prefix(name.to.size());
  if (!is_language(name.from) || !is_language(name.to)) return std::nullopt;
  if (text.empty()) return name;
  if (!text.starts_with('-') || text.size() == 1) return std::nullopt;
  name.kind = text.substr(1);
  return name;
}

tl::unexpected<Error> wrong(std::string_view line, const std::string& why) {
  return fail(ErrorCode::invalid_argument,
              "the list of translation models: " + why + ": " + std::string(line.substr(0, 100)));
}

}  // namespace

Result<> TranslationModels::read_line(std::string_view line) {
  const auto fields = split(line, '\t');
  if (line.empty() || line.starts_with('#') || fields[0] == "pair") return {};
  if (fields.size() == 2) {
    std::string* const header = fields[0] == "repository" ? &repository_
                                : fields[0] == "commit"   ? &commit_
                                : fields[0] == "licence"  ? &licence_
                                                          : nullptr;
    if (!header || fields[1].empty()) return wrong(line, "unknown line");
    *header = fields[1];
    return {};
  }
  if (fields.size() != 7) return wrong(line, "needs 7 fields");
  const auto pair = fields[0], kind = fields[1], name = fields[2], digest = fields[4];
  const auto size = number<std::uint64_t>(fields[3]);
  if (pair.size() != 4 || !is_language(pair.substr(0, 2)) || !is_language(pair.substr(2)))
    return wrong(line, "the pair must be two languages");
  if (rank(kind) == std::ssize(kinds)) return wrong(line, "unknown kind");
  if (name.empty() || name.starts_with('.') || name.find('/') != std::string_view::npos)
    return wrong(line, "the file must be a plain name");
  if (!size || *size == 0) return wrong(line, "bytes must be a positive number");
  if (digest.size() != 64 || digest.find_first_not_of("0123456789abcdef") != std::string::npos)
    return wrong(line, "sha256 must be 64 hexadecimal digits");
  const std::string from(pair.substr(0, 2)), to(pair.substr(2));
  const std::string model = from + "-" + to + "-" + std::string(kind);
  if (models_.empty() || models_.back().model.name != model) {
    TranslationModel made;
    made.from = from;
    made.to = to;
    made.kind = kind;
    made.bleu = number<double>(fields[5]);
    made.comet = number<double>(fields[6]);
    made.model = {model, "translates " + from + " to " + to, licence_, repository_, commit_, {}};
    models_.push_back(std::move(made));
  }
  models_.back().model.files.push_back(
      {"bergamot/" + std::string(pair) + "-" + std::string(kind) + "/" + std::string(name), *size,
       std::string(digest)});
  return {};
}

// Sorts, and marks the recommended one of each pair.
void TranslationModels::choose() {
  std::stable_sort(models_.begin(), models_.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.from, a.to, rank(a.kind)) < std::tuple(b.from, b.to, rank(b.kind));
  });
  for (auto begin = models_.begin(); begin != models_.end();) {
    const auto end = std::find_if(begin, models_.end(), [&](const auto& each) {
      return each.from != begin->from || each.to != begin->to;
    });
    double best = 0;
    for (auto each = begin; each != end; ++each) best = std::max(best, each->bleu.value_or(0));
    // Where no kind was measured, each is as good.
    std::find_if(begin, end, [&](const auto& each) {
      return best - each.bleu.value_or(0) <= bleu_to_give_up;
    })->recommended = true;
    begin = end;
  }
}

Result<TranslationModels> TranslationModels::parse(std::string_view text) {
  TranslationModels list;
  for (const std::string_view line : split(text, '\n'))
    if (auto read = list.read_line(line); !read) return tl::unexpected(read.error());
  list.choose();
  return list;
}

std::size_t TranslationModels::pairs() const {
  std::set<std::pair<std::string, std::string>> pairs;
  for (const TranslationModel& each : models_) pairs.emplace(each.from, each.to);
  return pairs.size();
}

std::vector<const TranslationModel*> TranslationModels::of_pair(std::string_view from,
                                                                std::string_view to) const {
  std::vector<const TranslationModel*> found;
  for (const TranslationModel& each : models_)
    if (each.from == from && each.to == to) found.push_back(&each);
  return found;
}

std::string TranslationModels::languages() const {
  std::set<std::string> known;
  for (const TranslationModel& each : models_)
    known.insert(each.from == pivot ? each.to : each.from);
  std::string text;
  for (const std::string& each : known) text += (text.empty() ? "" : ", ") + each;
  return text;
}

Result<std::vector<const TranslationModel*>> TranslationModels::kinds_named(
    std::string_view text) const {
  const auto name = parse_name(text);
  std::vector<const TranslationModel*> found;
  if (name) found = of_pair(name->from, name->to);
  if (name && found.empty() && name->kind.empty() && name->from != name->to) {
    found = of_pair(name->from, pivot);
    const auto second = of_pair(pivot, name->to);
    if (found.empty() || second.empty())
      found.clear();
    else
      found.insert(found.end(), second.begin(), second.end());
  }
  if (found.empty())
    return fail(ErrorCode::not_found,
                "there is no translation model '" + std::string(text) +
                    "'; names are like en-es or en-es-tiny, there are models between English and " +
                    languages(),
                "model");
  if (name->kind.empty()) return found;
  std::string known;
  for (const TranslationModel* each : found) {
    if (each->kind == name->kind) return std::vector{each};
    known += (known.empty() ? "" : ", ") + each->model.name;
  }
  return fail(ErrorCode::not_found,
              "there is no translation model '" + std::string(text) + "'; there is " + known,
              "model");
}

Result<std::vector<const TranslationModel*>> TranslationModels::named(std::string_view name) const {
  auto found = kinds_named(name);
  if (!found || !parse_name(name)->kind.empty()) return found;
  std::erase_if(*found, [](const TranslationModel* each) { return !each->recommended; });
  return found;
}

bool TranslationModels::is_name(std::string_view name) { return parse_name(name).has_value(); }

namespace {

struct InForce {
  TranslationModels models;
  Result<> read;
};

Result<TranslationModels> read_list(const std::string& path) {
  const auto text = files::read_file(path, largest_list);
  if (!text) return tl::unexpected(text.error());
  if (!*text)
    return fail(ErrorCode::not_found,
                "there is no " + path + ", which SOTTO_TRANSLATION_MODELS names",
                "SOTTO_TRANSLATION_MODELS");
  return TranslationModels::parse(**text);
}

const InForce& in_force() {
  static const InForce found = [] {
    const char* const path = std::getenv("SOTTO_TRANSLATION_MODELS");
    Result<> read;
    if (path && *path) {
      auto named = read_list(path);
      if (named) return InForce{*std::move(named), {}};
      read = tl::unexpected(named.error());
    }
    auto own = TranslationModels::parse(embedded_translation_models);
    if (!own) throw std::logic_error(own.error().message);  // a test reads the same text
    return InForce{*std::move(own), std::move(read)};
  }();
  return found;
}

}  // namespace

const TranslationModels& translation_models() { return in_force().models; }
const Result<>& translation_models_read() { return in_force().read; }

}  // namespace sotto::models
