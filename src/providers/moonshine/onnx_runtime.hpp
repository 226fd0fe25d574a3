#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "providers/moonshine/onnx_api.hpp"

namespace sotto::providers::moonshine::onnx {

/// The runtime's library, loaded. Thread-safe; kept alive by what was made from it, and never
/// unloaded, since its threads and exit handlers may outlive us.
class Runtime : public std::enable_shared_from_this<Runtime> {
 public:
  /// Loads the library at `path`, or the system's where `path` has no folder. Errors: `not_found`
  /// where it cannot be loaded, `unavailable` where it is another library or too old.
  static Result<std::shared_ptr<Runtime>> load(const std::filesystem::path& path);

  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// The runtime's own version, such as `1.30.0`.
  const std::string& version() const { return version_; }

  const Api& api() const { return api_; }
  Env* env() const { return env_; }
  const MemoryInfo* memory() const { return memory_; }
  Allocator* allocator() const { return allocator_; }

  /// A status as a Result, and released. `what` says in the error what was tried.
  Result<> check(Status* status, const char* what) const;

 private:
  Runtime() = default;

  Api api_;
  std::string version_;
  Env* env_ = nullptr;
  MemoryInfo* memory_ = nullptr;
  Allocator* allocator_ = nullptr;
};

/// A tensor of the runtime's, or one over memory of ours, which must outlive it. Movable. Not
/// thread-safe.
class Tensor {
 public:
  Tensor() = default;
  /// Takes `value` over.
  Tensor(const Runtime& runtime, Value* value) : value_(value, Release{&runtime}) {}

  /// A tensor over `data`. The product of `shape` must be data.size(). Errors: `internal`.
  static Result<Tensor> over(const Runtime& runtime, std::span<float> data,
                             std::span<const std::int64_t> shape);
  static Result<Tensor> over(const Runtime& runtime, std::span<std::int64_t> data,
                             std::span<const std::int64_t> shape);
  static Result<Tensor> over(const Runtime& runtime, std::span<bool> data,
                             std::span<const std::int64_t> shape);

  /// Its floats. Errors: `internal` where it holds something else.
  Result<std::span<const float>> floats() const;

  /// Its dimensions. Errors: `internal`.
  Result<std::vector<std::int64_t>> shape() const;

  const Value* get() const { return value_.get(); }
  explicit operator bool() const { return value_ != nullptr; }

 private:
  struct Release {
    const Runtime* runtime;
    void operator()(Value* value) const { runtime->api().release_value(value); }
  };
  std::unique_ptr<Value, Release> value_;
};

/// Ends a Model::run() from another thread. One for each caller of run(); thread-safe.
class Cancellation {
 public:
  /// Errors: `internal`.
  static Result<Cancellation> create(std::shared_ptr<const Runtime> runtime);

  /// A run() that has this fails within the time of one operator, and so does each later one.
  void cancel();

  const RunOptions* get() const { return options_.get(); }

 private:
  struct Release {
    std::shared_ptr<const Runtime> runtime;
    void operator()(RunOptions* options) const { runtime->api().release_run_options(options); }
  };
  explicit Cancellation(std::unique_ptr<RunOptions, Release> options)
      : options_(std::move(options)) {}
  std::unique_ptr<RunOptions, Release> options_;
};

/// A model file, loaded. run() is thread-safe: weights are shared, each call has its own memory.
class Model {
 public:
  /// Loads a `.onnx` or `.ort` file; each run() uses the calling thread alone. Errors: `not_found`,
  /// `unavailable` for what the runtime cannot read as a model, with its reason.
  static Result<std::unique_ptr<Model>> load(std::shared_ptr<const Runtime> runtime,
                                             const std::filesystem::path& file);

  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const std::vector<std::string>& inputs() const { return input_names_; }
  const std::vector<std::string>& outputs() const { return output_names_; }

  /// The place of an input by name; nothing where there is none.
  std::optional<std::size_t> input(std::string_view name) const;

  /// An input's dimensions, -1 for one that may vary. Errors: `internal`.
  Result<std::vector<std::int64_t>> input_shape(std::size_t index) const;

  /// Computes all outputs, in the order of outputs(), from all inputs, in the order of inputs().
  /// Errors: `deadline_exceeded` where it was cancelled, else `internal` with the runtime's reason.
  Result<std::vector<Tensor>> run(std::span<const Value* const> inputs,
                                  const Cancellation* cancellation = nullptr) const;

  const Runtime& runtime() const { return *runtime_; }

 private:
  explicit Model(std::shared_ptr<const Runtime> runtime) : runtime_(std::move(runtime)) {}
  Result<> read_names();

  std::shared_ptr<const Runtime> runtime_;
  Session* session_ = nullptr;
  std::vector<std::string> input_names_, output_names_;
  std::vector<const char*> input_pointers_, output_pointers_;
};

}  // namespace sotto::providers::moonshine::onnx
