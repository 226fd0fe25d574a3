#include "providers/moonshine/onnx_runtime.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace sotto::providers::moonshine::onnx {
namespace {

std::string last_loader_error() {
  const char* message = dlerror();
  return message ? message : "unknown reason";
}

template <class T>
Result<Tensor> make_tensor(const Runtime& runtime, std::span<T> data,
                           std::span<const std::int64_t> shape, ElementType type) {
  Value* value = nullptr;
  auto made = runtime.check(runtime.api().create_tensor_with_data(
                                runtime.memory(), data.data(), data.size_bytes(), shape.data(),
                                shape.size(), static_cast<int>(type), &value),
                            "making a tensor");
  if (!made) return tl::unexpected(made.error());
  return Tensor(runtime, value);
}

// A ShapeInfo of a tensor, released at the end.
class Shape {
 public:
  static Result<Shape> of(const Runtime& runtime, const Value* value) {
    ShapeInfo* info = nullptr;
    auto got = runtime.check(runtime.api().value_shape(value, &info), "reading a tensor's shape");
    if (!got) return tl::unexpected(got.error());
    return Shape(runtime, info);
  }
  Result<std::size_t> count() const {
    std::size_t count = 0;
    auto got = runtime_->check(runtime_->api().element_count(info_.get(), &count),
                               "counting a tensor's elements");
    if (!got) return tl::unexpected(got.error());
    return count;
  }
  const ShapeInfo* get() const { return info_.get(); }

 private:
  struct Release {
    const Runtime* runtime;
    void operator()(ShapeInfo* info) const { runtime->api().release_shape_info(info); }
  };
  Shape(const Runtime& runtime, ShapeInfo* info) : runtime_(&runtime), info_(info, {&runtime}) {}
  const Runtime* runtime_;
  std::unique_ptr<ShapeInfo, Release> info_;
};

Result<std::vector<std::int64_t>> dimensions(const Runtime& runtime, const ShapeInfo* info) {
  std::size_t count = 0;
  auto got = runtime.check(runtime.api().dimension_count(info, &count), "reading a shape");
  if (!got) return tl::unexpected(got.error());
  std::vector<std::int64_t> out(count);
  got = runtime.check(runtime.api().dimensions(info, out.data(), count), "reading a shape");
  if (!got) return tl::unexpected(got.error());
  return out;
}

}  // namespace

Result<std::shared_ptr<Runtime>> Runtime::load(const std::filesystem::path& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return fail(ErrorCode::not_found,
                "cannot load ONNX Runtime from " + path.string() + ": " + last_loader_error(),
                "onnxruntime");
  void* const symbol = dlsym(library, "OrtGetApiBase");
  if (!symbol)
    return fail(ErrorCode::unavailable, path.string() + " is a library, but not ONNX Runtime",
                "onnxruntime");
  const auto* const base = reinterpret_cast<const ApiBase* (*)()>(symbol)();
  const void* const table = base ? base->get_api(interface_version) : nullptr;
  const std::string version = base ? base->get_version() : "unknown";
  if (!table)
    return fail(
        ErrorCode::unavailable,
        "ONNX Runtime " + version + " in " + path.string() + " is too old; 1.17 or newer is needed",
        "onnxruntime");
  std::shared_ptr<Runtime> runtime(new Runtime);
  runtime->api_ = read_table(table);
  runtime->version_ = version;
  const Api& api = runtime->api_;
  auto made = runtime->check(
      api.create_env(static_cast<int>(Severity::fatal), "sotto", &runtime->env_), "starting it");
  if (made)
    made = runtime->check(
        api.create_cpu_memory_info(device_allocator, default_memory, &runtime->memory_),
        "starting it");
  if (made) made = runtime->check(api.default_allocator(&runtime->allocator_), "starting it");
  if (!made) return tl::unexpected(made.error());
  return runtime;
}

Runtime::~Runtime() {
  if (memory_) api_.release_memory_info(memory_);
  if (env_) api_.release_env(env_);
}

Result<> Runtime::check(Status* status, const char* what) const {
  if (!status) return {};
  std::string message = api_.get_error_message(status);
  api_.release_status(status);
  std::replace(message.begin(), message.end(), '\n', ' ');
  return fail(ErrorCode::internal, std::string("ONNX Runtime, ") + what + ": " + message);
}

Result<Tensor> Tensor::over(const Runtime& runtime, std::span<float> data,
                            std::span<const std::int64_t> shape) {
  return make_tensor(runtime, data, shape, ElementType::floating);
}
Result<Tensor> Tensor::over(const Runtime& runtime, std::span<std::int64_t> data,
                            std::span<const std::int64_t> shape) {
  return make_tensor(runtime, data, shape, ElementType::int64);
}
Result<Tensor> Tensor::over(const Runtime& runtime, std::span<bool> data,
                            std::span<const std::int64_t> shape) {
  return make_tensor(runtime, data, shape, ElementType::boolean);
}

Result<std::span<const float>> Tensor::floats() const {
  const Runtime& runtime = *value_.get_deleter().runtime;
  const auto shape = Shape::of(runtime, value_.get());
  if (!shape) return tl::unexpected(shape.error());
  int type = 0;
  if (auto got = runtime.check(runtime.api().element_type(shape->get(), &type), "reading a tensor");
      !got)
    return tl::unexpected(got.error());
  if (type != static_cast<int>(ElementType::floating))
    return fail(ErrorCode::internal, "a model's output is not of floats");
  const auto count = shape->count();
  if (!count) return tl::unexpected(count.error());
  void* data = nullptr;
  if (auto got = runtime.check(runtime.api().tensor_data(value_.get(), &data), "reading a tensor");
      !got)
    return tl::unexpected(got.error());
  return std::span(static_cast<const float*>(data), *count);
}

Result<std::vector<std::int64_t>> Tensor::shape() const {
  const Runtime& runtime = *value_.get_deleter().runtime;
  const auto shape = Shape::of(runtime, value_.get());
  if (!shape) return tl::unexpected(shape.error());
  return dimensions(runtime, shape->get());
}

Result<Cancellation> Cancellation::create(std::shared_ptr<const Runtime> runtime) {
  RunOptions* options = nullptr;
  auto made = runtime->check(runtime->api().create_run_options(&options), "preparing a run");
  if (!made) return tl::unexpected(made.error());
  return Cancellation(std::unique_ptr<RunOptions, Release>(options, Release{std::move(runtime)}));
}

void Cancellation::cancel() {
  const auto& runtime = options_.get_deleter().runtime;
  (void)runtime->check(runtime->api().set_terminate(options_.get()), "ending a run");
}

Result<std::unique_ptr<Model>> Model::load(std::shared_ptr<const Runtime> runtime,
                                           const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored))
    return fail(ErrorCode::not_found, "no model file " + file.string(), "model");
  const Api& api = runtime->api();
  std::unique_ptr<Model> model(new Model(runtime));
  SessionOptions* options = nullptr;
  auto done = runtime->check(api.create_session_options(&options), "preparing a model");
  if (!done) return tl::unexpected(done.error());
  const auto also = [&](Status* status) {
    auto checked = runtime->check(status, "preparing a model");
    if (done) done = std::move(checked);
  };
  also(api.set_intra_op_threads(options, 1));
  also(api.set_inter_op_threads(options, 1));
  also(api.set_log_severity(options, static_cast<int>(Severity::fatal)));
  also(api.set_optimisation(options, static_cast<int>(Optimisation::all)));
  // Sound of every length comes: memory kept for each length seen would only grow.
  also(api.disable_memory_pattern(options));
  also(api.disable_arena(options));
  if (done)
    done = runtime->check(
        api.create_session(runtime->env(), file.c_str(), options, &model->session_), "loading");
  api.release_session_options(options);
  if (!done)
    return fail(ErrorCode::unavailable,
                "cannot load the model " + file.string() + ": " + done.error().message, "model");
  if (auto read = model->read_names(); !read) return tl::unexpected(read.error());
  return model;
}

Model::~Model() {
  if (session_) runtime_->api().release_session(session_);
}

Result<> Model::read_names() {
  const Api& api = runtime_->api();
  std::size_t inputs = 0, outputs = 0;
  auto read = runtime_->check(api.input_count(session_, &inputs), "reading a model");
  if (read) read = runtime_->check(api.output_count(session_, &outputs), "reading a model");
  if (!read) return read;
  const auto take = [&](auto ask, std::size_t index, std::vector<std::string>& names) {
    char* name = nullptr;
    auto asked =
        runtime_->check(ask(session_, index, runtime_->allocator(), &name), "reading a model");
    if (!asked) return asked;
    names.emplace_back(name);
    return runtime_->check(api.allocator_free(runtime_->allocator(), name), "reading a model");
  };
  for (std::size_t i = 0; i < inputs && read; ++i) read = take(api.input_name, i, input_names_);
  for (std::size_t i = 0; i < outputs && read; ++i) read = take(api.output_name, i, output_names_);
  for (const std::string& name : input_names_) input_pointers_.push_back(name.c_str());
  for (const std::string& name : output_names_) output_pointers_.push_back(name.c_str());
  return read;
}

std::optional<std::size_t> Model::input(std::string_view name) const {
  const auto found = std::find(input_names_.begin(), input_names_.end(), name);
  if (found == input_names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - input_names_.begin());
}

Result<std::vector<std::int64_t>> Model::input_shape(std::size_t index) const {
  const Api& api = runtime_->api();
  TypeInfo* type = nullptr;
  auto read = runtime_->check(api.input_type(session_, index, &type), "reading a model");
  if (!read) return tl::unexpected(read.error());
  const ShapeInfo* info = nullptr;  // the type's, not ours
  read = runtime_->check(api.as_tensor_info(type, &info), "reading a model");
  Result<std::vector<std::int64_t>> shape =
      read && info ? dimensions(*runtime_, info)
                   : fail(ErrorCode::internal, "a model's input is not a tensor");
  api.release_type_info(type);
  return shape;
}

Result<std::vector<Tensor>> Model::run(std::span<const Value* const> inputs,
                                       const Cancellation* cancellation) const {
  if (inputs.size() != input_names_.size())
    return fail(ErrorCode::internal, "a model was given " + std::to_string(inputs.size()) +
                                         " inputs and takes " +
                                         std::to_string(input_names_.size()));
  std::vector<Value*> raw(output_names_.size(), nullptr);
  auto ran =
      runtime_->check(runtime_->api().run(session_, cancellation ? cancellation->get() : nullptr,
                                          input_pointers_.data(), inputs.data(), inputs.size(),
                                          output_pointers_.data(), raw.size(), raw.data()),
                      "running a model");
  std::vector<Tensor> outputs;
  outputs.reserve(raw.size());
  for (Value* value : raw) outputs.emplace_back(*runtime_, value);
  if (!ran) {
    const bool cancelled = ran.error().message.find("terminate flag") != std::string::npos;
    if (cancelled)
      return fail(ErrorCode::deadline_exceeded, "the recogniser's model took too long");
    return tl::unexpected(ran.error());
  }
  return outputs;
}

}  // namespace sotto::providers::moonshine::onnx
