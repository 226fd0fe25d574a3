#include "pipeline/captions/store_before_show.hpp"

#include <algorithm>
#include <utility>

namespace sotto::pipeline {

StoreBeforeShow::StoreBeforeShow(Parts parts, const std::vector<Segment>& earlier,
                                 std::uint64_t last_seq)
    : parts_(std::move(parts)), last_seq_(last_seq) {
  for (const Segment& segment : earlier) {
    log_.add(segment);
    last_seq_ = std::max(last_seq_, segment.seq);
  }
}

// This lives as long as its session does, so what is posted may count on it.
void StoreBeforeShow::settle(Caption source) {
  if (source.again && is_outdated(source)) return;
  source.segment.seq = ++last_seq_;
  ++waiting_;
  ++being_stored_[source.segment.id];
  if (!parts_.store) return stored(source, {});
  ports::StoredCaption caption{source.segment, source.language};
  parts_.store->append(parts_.session, std::move(caption),
                       [this, post = parts_.post, source = std::move(source)](Result<> kept) {
                         post([this, source, kept] { stored(source, kept); });
                       });
}

// What waits for a translation of it hears of what it reads now, and takes that.
bool StoreBeforeShow::is_outdated(const Caption& again) const {
  if (being_stored_.contains(again.segment.id)) return true;
  const Segment* const shown = log_.find(again.segment.id);
  return shown && shown->text != again.segment.text;
}

void StoreBeforeShow::stored(const Caption& source, const Result<>& kept) {
  --waiting_;
  const auto being_stored = being_stored_.find(source.segment.id);
  if (--being_stored->second == 0) being_stored_.erase(being_stored);
  if (kept) stored_end_ = std::max(stored_end_, source.segment.end);
  if (!kept) parts_.not_stored(kept.error());
  log_.add(source.segment);
  parts_.show(source);
}

void StoreBeforeShow::keep(const Caption& translation) {
  if (parts_.store)
    parts_.store->append(parts_.session, {translation.segment, translation.language},
                         [](const Result<>&) {});
}

}  // namespace sotto::pipeline
