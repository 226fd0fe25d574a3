#include "output/live_display.hpp"

#include <array>
#include <cstdio>

#include "base/utf8.hpp"

namespace sotto::app {

namespace {

constexpr const char* dim = "\x1b[2m";
constexpr const char* plain = "\x1b[0m";
constexpr const char* clear_line = "\x1b[2K";

// Control characters would move the cursor.
std::string printable(const std::string& text) {
  std::string safe = text;
  for (char& c : safe)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return safe;
}

}  // namespace

LiveDisplay::LiveDisplay(std::ostream& out, std::size_t width, std::vector<Language> languages)
    : out_(out), width_(width), languages_(std::move(languages)) {}

LiveDisplay::~LiveDisplay() {
  erase_open();
  out_.flush();
}

void LiveDisplay::erase_open() {
  for (; painted_ > 0; --painted_) out_ << "\x1b[1A" << clear_line;
  if (width_ > 0) out_ << '\r';
}

void LiveDisplay::paint_open() {
  if (width_ == 0) return;
  for (const Language& language : languages_) {
    const OpenLine& line = open_[language];
    const std::string whole = line.text + line.provisional;
    if (whole.empty()) continue;
    const std::string_view tail = utf8::last_code_points(whole, width_ - 6);
    const std::size_t cut = whole.size() - tail.size();  // bytes that do not fit
    const std::size_t stands = line.text.size() > cut ? line.text.size() - cut : 0;
    out_ << dim << language.str() << "  " << plain << tail.substr(0, stands) << dim
         << tail.substr(stands) << plain << '\n';
    ++painted_;
  }
  if (!progress_.empty()) {
    out_ << dim << progress_ << plain << '\n';
    ++painted_;
  }
  out_.flush();
}

void LiveDisplay::show(const pipeline::Caption& caption) {
  const std::lock_guard lock(mutex_);
  OpenLine& line = open_[caption.language];
  erase_open();
  if (caption.final) {
    if (line.segment == caption.segment.id) line = {};
    if (!caption.segment.text.empty())
      out_ << caption.language.str() << "  " << printable(caption.segment.text)
           << (caption.translated ? "" : "  [not translated]") << '\n';
  } else {
    line = {caption.segment.id, printable(caption.segment.text),
            printable(caption.segment.provisional)};
  }
  paint_open();
}

void LiveDisplay::progress(double played, double seconds) {
  if (width_ == 0) return;
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%.1f of %.1f s of audio", played, seconds);
  const std::lock_guard lock(mutex_);
  if (progress_ == text.data()) return;
  progress_ = text.data();
  erase_open();
  paint_open();
}

}  // namespace sotto::app
