#include "providers/local/file_decision_sink.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "files/atomic_file.hpp"
#include "files/file_lock.hpp"

namespace sotto::providers::local {

namespace {

class FileDecisionSink : public ports::DecisionSink {
 public:
  explicit FileDecisionSink(std::filesystem::path file) : file_(std::move(file)) {}

  Result<> take(const SessionId&, std::span<const std::string> decisions) override {
    const int descriptor = ::open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor < 0) return tl::unexpected(files::system_error("cannot open", file_, errno));
    const Result<> taken = append(descriptor, decisions);
    ::close(descriptor);
    return taken;
  }

 private:
  Result<> append(int descriptor, std::span<const std::string> decisions) const {
    const auto wrong = [&] {
      return tl::unexpected(files::system_error("cannot write", file_, errno));
    };
    if (auto locked = files::lock_file(descriptor, file_); !locked) return locked;
    std::string lines;
    char last = '\n';
    const off_t size = ::lseek(descriptor, 0, SEEK_END);
    if (size > 0 && ::pread(descriptor, &last, 1, size - 1) != 1) return wrong();
    if (last != '\n') lines += '\n';
    for (const std::string& decision : decisions) lines.append(decision).append("\n");
    for (std::string_view rest = lines; !rest.empty();) {
      const ssize_t written = ::write(descriptor, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return wrong();
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  // constant after construction
  const std::filesystem::path file_;
};

}  // namespace

std::unique_ptr<ports::DecisionSink> make_file_decision_sink(const std::filesystem::path& file) {
  return std::make_unique<FileDecisionSink>(file);
}

}  // namespace sotto::providers::local
