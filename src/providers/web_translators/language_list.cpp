#include "providers/web_translators/language_list.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "json/members.hpp"
#include "providers/web_translators/plain_text.hpp"

namespace sotto::providers::web_translators {

using namespace std::chrono_literals;

namespace {

// A code as Sotto writes it, and how much it is preferred among those that mean the same: lower is
// better.
struct Meaning {
  Language language;
  int rank;
};

std::optional<Meaning> meaning_of(std::string_view code) {
  struct Alias {
    std::string_view code, language;
    int rank;
  };
  // Argos's own short codes, which older servers give out: `pb` and `zt`.
  constexpr std::array aliases = {Alias{"zh-hans", "zh", 1}, Alias{"zh-hant", "zh", 3},
                                  Alias{"zt", "zh", 3},      Alias{"pt-pt", "pt", 1},
                                  Alias{"pt-br", "pt", 2},   Alias{"pb", "pt", 2},
                                  Alias{"nb", "no", 1}};
  const std::string lower = to_lower(code);
  for (const Alias& alias : aliases)
    if (alias.code == lower) return Meaning{Language{std::string(alias.language)}, alias.rank};
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  if (lower.size() < 2 || !letter(lower[0]) || !letter(lower[1])) return std::nullopt;
  if (lower.size() > 2 && lower[2] != '-') return std::nullopt;  // a language without two letters
  return Meaning{Language{lower.substr(0, 2)}, lower.size() == 2 ? 0 : 2};
}

}  // namespace

std::optional<ServicePairs> read_languages(const boost::json::value& answer) {
  if (!answer.is_array()) return std::nullopt;
  ServicePairs pairs;
  std::map<LanguagePair, int> ranks;
  for (const auto& entry : answer.get_array()) {
    if (!entry.is_object()) return std::nullopt;
    const auto code = json::text_member(entry.get_object(), "code");
    const auto* targets = entry.get_object().if_contains("targets");
    if (!code || !targets || !targets->is_array()) return std::nullopt;
    const auto source = meaning_of(*code);
    for (const auto& target_code : targets->get_array()) {
      if (!target_code.is_string()) return std::nullopt;
      const std::string text(target_code.get_string());
      const auto target = meaning_of(text);
      if (!source || !target || source->language == target->language) continue;
      const LanguagePair pair{source->language, target->language};
      const int rank = source->rank + target->rank;
      const auto known = ranks.find(pair);
      if (known != ranks.end() && known->second <= rank) continue;
      ranks[pair] = rank;
      pairs[pair] = {*code, text};
    }
  }
  return pairs;
}

LanguageList::LanguageList(Service& service) : service_(service), thread_([this] { run(); }) {}

LanguageList::~LanguageList() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

LanguageList::Pairs LanguageList::get() const {
  const std::lock_guard lock(mutex_);
  return pairs_;
}

LanguageList::Pairs LanguageList::wait_until(std::chrono::steady_clock::time_point deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [this] { return stopping_ || pairs_; });
  return pairs_;
}

void LanguageList::run() {
  supervision::BackOff back_off(1s, 60s);
  while (true) {
    const auto answer = service_.call({"GET", "/languages", {}, {}}, service_.now() + 3s);
    auto pairs = answer ? read_languages(*answer) : std::nullopt;
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    milliseconds pause = refresh;
    if (pairs) {
      pairs_ = std::make_shared<const ServicePairs>(std::move(*pairs));
      back_off.reset();
      changed_.notify_all();
    } else {
      pause = back_off.next();
    }
    if (changed_.wait_for(lock, pause, [this] { return stopping_; })) return;
  }
}

}  // namespace sotto::providers::web_translators
