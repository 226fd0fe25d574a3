#include "model_download/file_download.hpp"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "models/sha256.hpp"
#include "supervision/circuit_breaker.hpp"

namespace sotto::model_download {

namespace {

using http_client::HttpResponse;
using http_client::Url;

constexpr int most_redirects = 5;

enum class Next { finish, try_again, follow, give_up };

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Content-Range: bytes FIRST-LAST/SIZE (RFC 9110 §14.4).
struct ContentRange {
  std::uint64_t first = 0, last = 0, size = 0;
};

std::optional<ContentRange> content_range(std::string_view text) {
  constexpr std::string_view unit = "bytes ";
  if (!text.starts_with(unit)) return std::nullopt;
  text.remove_prefix(unit.size());
  const std::size_t dash = text.find('-'), slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash)
    return std::nullopt;
  const auto first = number(text.substr(0, dash)),
             last = number(text.substr(dash + 1, slash - dash - 1)),
             size = number(text.substr(slash + 1));
  if (!first || !last || !size || *last < *first) return std::nullopt;
  return ContentRange{*first, *last, *size};
}

// One answer, into the part; says what to do next.
class Answer : public http_client::HttpSink {
 public:
  Answer(const Url& url, std::uint64_t size, PartFile& part, const OnBytes& on_bytes)
      : host_(url.endpoint.host), size_(size), part_(&part), on_bytes_(&on_bytes) {}

  // What became of it: `received` is the exchange's end.
  Next next(const Result<>& received) const {
    if (next_ || received) return next_.value_or(Next::finish);
    return Next::try_again;  // the network
  }
  const std::string& location() const { return location_; }
  milliseconds retry_after() const { return retry_after_; }

  Result<> begin(const HttpResponse& head) override {
    switch (head.status) {
      case 200: return take_whole(head);
      case 206: return take_rest(head);
      case 301:
      case 302:
      case 303:
      case 307:
      case 308:
        location_ = head.header("Location");
        return end(Next::follow, ErrorCode::internal, "redirects");
      case 416:  // it has fewer bytes than came
        return begin_again("does not have the rest of it");
      case 401:
      case 403: return end(Next::give_up, ErrorCode::permission_denied, said(head));
      case 404:
      case 410:
        return end(Next::give_up, ErrorCode::not_found, said(head) + ", it does not have it");
      default: break;
    }
    const bool may_pass = head.status == 408 || head.status == 429 || head.status >= 500;
    if (const auto seconds = number(head.header("Retry-After")); may_pass && seconds)
      retry_after_ = std::chrono::seconds(std::min<std::uint64_t>(*seconds, 86'400));
    return end(may_pass ? Next::try_again : Next::give_up, ErrorCode::unavailable, said(head));
  }

  Result<> take(std::string_view piece) override {
    if (piece.size() > size_ - part_->size())
      return other_file("more than " + std::to_string(size_) + " bytes");
    if (auto written = part_->append(piece); !written) {
      next_ = Next::give_up;
      return written;
    }
    if (*on_bytes_) (*on_bytes_)(part_->size());
    return {};
  }

 private:
  static std::string said(const HttpResponse& head) {
    return "answers " + std::to_string(head.status);
  }

  tl::unexpected<Error> end(Next next, ErrorCode code, const std::string& what) {
    next_ = next;
    return fail(code, host_ + " " + what, "answer");
  }

  tl::unexpected<Error> other_file(const std::string& what) {
    return end(Next::give_up, ErrorCode::invalid_argument,
               "has another file: " + what + ", should have " + std::to_string(size_));
  }

  tl::unexpected<Error> begin_again(const std::string& what) {
    const bool was_empty = part_->size() == 0;
    if (auto again = part_->restart(); !again) {
      next_ = Next::give_up;
      return tl::unexpected(again.error());
    }
    return end(was_empty ? Next::give_up : Next::try_again, ErrorCode::unavailable, what);
  }

  Result<> take_whole(const HttpResponse& head) {
    if (const std::string_view length = head.header("Content-Length");
        !length.empty() && number(length) != size_)
      return other_file(std::string(length.substr(0, 20)) + " bytes");
    if (part_->size() == 0) return {};
    if (auto again = part_->restart(); !again) {
      next_ = Next::give_up;
      return again;
    }
    return {};
  }

  Result<> take_rest(const HttpResponse& head) {
    const auto range = content_range(head.header("Content-Range"));
    if (range && range->size != size_) return other_file(std::to_string(range->size) + " bytes");
    if (!range || range->first != part_->size() || range->last >= size_)
      return begin_again("sends another part than it was asked for");
    return {};
  }

  const std::string host_;
  const std::uint64_t size_;
  PartFile* const part_;
  const OnBytes* const on_bytes_;
  std::optional<Next> next_;
  std::string location_;
  milliseconds retry_after_{0};
};

void wait_by_clock(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
}

class Download {
 public:
  Download(http_client::HttpClient& client, const WantedFile& wanted, PartFile& part,
           const Patience& patience, const OnBytes& on_bytes, const std::stop_token& stop)
      : client_(&client),
        wanted_(&wanted),
        part_(&part),
        patience_(&patience),
        on_bytes_(&on_bytes),
        stop_(&stop) {}

  // Some more of the file, or its end.
  Result<> try_once() {
    retry_after_ = milliseconds{0};
    const bool resumed = part_->size() > 0;
    if (part_->size() < wanted_->size)
      if (auto received = receive(); !received) return received;
    next_ = Next::finish;
    if (part_->size() < wanted_->size) {
      next_ = Next::try_again;
      return fail(ErrorCode::unavailable, host() + " sent only " + std::to_string(part_->size()) +
                                              " of " + std::to_string(wanted_->size) + " bytes");
    }
    return check(resumed);
  }

  Next next() const { return next_; }
  milliseconds retry_after() const { return retry_after_; }

 private:
  const std::string& host() const { return wanted_->url.endpoint.host; }

  Result<> receive() {
    Url url = wanted_->url;
    for (int redirects = 0;; ++redirects) {
      http_client::HttpRequest request;
      request.target = url.target;
      request.headers = {{"User-Agent", "sotto"}, {"Accept-Encoding", "identity"}};
      if (part_->size() > 0)
        request.headers.emplace_back("Range", "bytes=" + std::to_string(part_->size()) + "-");
      Answer answer(url, wanted_->size, *part_, *on_bytes_);
      auto received = client_->receive(url.endpoint, request, answer,
                                       {patience_->quiet, patience_->whole}, *stop_);
      next_ = answer.next(received);
      retry_after_ = answer.retry_after();
      if (next_ != Next::follow) return received;
      next_ = Next::give_up;
      if (redirects == most_redirects)
        return fail(ErrorCode::invalid_argument, host() + " redirects again and again");
      auto to = http_client::follow(url, answer.location());
      if (!to) return tl::unexpected(to.error());
      url = *std::move(to);
    }
  }

  // Of a whole file. One that was put together of two answers may be of two files.
  Result<> check(bool resumed) {
    const auto digest = models::sha256_of(part_->path());
    if (digest && *digest == wanted_->sha256) return {};
    next_ = digest && resumed ? Next::try_again : Next::give_up;
    if (!digest) return tl::unexpected(digest.error());
    if (auto again = part_->restart(); !again) return again;
    return fail(ErrorCode::invalid_argument, host() + " has another file: SHA-256 " + *digest +
                                                 ", should have " + wanted_->sha256);
  }

  http_client::HttpClient* const client_;
  const WantedFile* const wanted_;
  PartFile* const part_;
  const Patience* const patience_;
  const OnBytes* const on_bytes_;
  const std::stop_token* const stop_;
  Next next_ = Next::finish;
  milliseconds retry_after_{0};
};

}  // namespace

Result<> download(http_client::HttpClient& client, const WantedFile& wanted, PartFile& part,
                  const Patience& patience, const OnBytes& on_bytes, const OnRetry& on_retry,
                  const std::stop_token& stop) {
  Download file(client, wanted, part, patience, on_bytes, stop);
  supervision::BackOff back_off(patience.first_wait, patience.longest_wait);
  std::uint64_t most = part.size();  // only what is beyond it counts, so that there is an end
  for (int tries = 1;; ++tries) {
    auto tried = file.try_once();
    if (tried || file.next() == Next::give_up || stop.stop_requested()) return tried;
    if (part.size() >= most + patience.enough_of_a_try) {
      most = part.size();
      tries = 0;
      back_off.reset();
    }
    if (tries >= patience.tries || file.retry_after() > patience.longest_wait) return tried;
    const milliseconds wait = std::max(back_off.next(), file.retry_after());
    if (on_retry) on_retry(tried.error(), wait);
    if (patience.wait)
      patience.wait(wait, stop);
    else
      wait_by_clock(wait, stop);
    if (stop.stop_requested()) return tried;
  }
}

}  // namespace sotto::model_download
