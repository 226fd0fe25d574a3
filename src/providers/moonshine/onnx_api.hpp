#pragma once

#include <cstddef>
#include <cstdint>

/// The part of ONNX Runtime's C interface that is used here. The runtime's library hands out one
/// table of functions that later versions only append to (onnxruntime_c_api.h: "All functions are
/// added to the end"), so each function has a place for good. Debian 12 has no header for it: the
/// places are declared here. Where the header is installed, onnx_api_test compares them.
namespace sotto::providers::moonshine::onnx {

struct Status;  // null for success; anything else is to be released
struct Env;
struct Session;
struct SessionOptions;
struct RunOptions;
struct Value;
struct MemoryInfo;
struct Allocator;
struct TypeInfo;
struct ShapeInfo;

/// The version of the interface that is asked for: ONNX Runtime 1.17. A runtime hands out tables of
/// all versions up to its own, so older runtimes refuse and newer ones agree.
inline constexpr std::uint32_t interface_version = 17;

enum class ElementType : int { floating = 1, int64 = 7, boolean = 9 };
enum class Optimisation : int { none = 0, basic = 1, extended = 2, all = 99 };
enum class Severity : int { error = 3, fatal = 4 };
inline constexpr int device_allocator = 0;
inline constexpr int default_memory = 0;

/// What `OrtGetApiBase` returns.
struct ApiBase {
  const void* (*get_api)(std::uint32_t version);
  const char* (*get_version)();
};

/// Places in the table.
enum class Place : std::size_t {
  get_error_message = 2,
  create_env = 3,
  create_session = 7,
  run = 9,
  create_session_options = 10,
  disable_memory_pattern = 17,
  disable_arena = 19,
  set_log_severity = 22,
  set_optimisation = 23,
  set_intra_op_threads = 24,
  set_inter_op_threads = 25,
  input_count = 30,
  output_count = 31,
  input_type = 33,
  input_name = 36,
  output_name = 37,
  create_run_options = 39,
  set_terminate = 46,
  create_tensor_with_data = 49,
  tensor_data = 51,
  as_tensor_info = 55,
  element_type = 60,
  dimension_count = 61,
  dimensions = 62,
  element_count = 64,
  value_shape = 65,
  create_cpu_memory_info = 69,
  allocator_free = 76,
  default_allocator = 78,
  release_env = 92,
  release_status = 93,
  release_memory_info = 94,
  release_session = 95,
  release_value = 96,
  release_run_options = 97,
  release_type_info = 98,
  release_shape_info = 99,
  release_session_options = 100,
  add_session_entry = 130,
};

/// The functions by name, read from a runtime's table.
struct Api {
  const char* (*get_error_message)(const Status*) = nullptr;
  Status* (*create_env)(int severity, const char* name, Env** out) = nullptr;
  Status* (*create_session)(const Env*, const char* path, const SessionOptions*,
                            Session** out) = nullptr;
  Status* (*run)(Session*, const RunOptions*, const char* const* input_names,
                 const Value* const* inputs, std::size_t inputs_count,
                 const char* const* output_names, std::size_t outputs_count,
                 Value** outputs) = nullptr;
  Status* (*create_session_options)(SessionOptions** out) = nullptr;
  Status* (*disable_memory_pattern)(SessionOptions*) = nullptr;
  Status* (*disable_arena)(SessionOptions*) = nullptr;
  Status* (*set_log_severity)(SessionOptions*, int severity) = nullptr;
  Status* (*set_optimisation)(SessionOptions*, int level) = nullptr;
  Status* (*set_intra_op_threads)(SessionOptions*, int count) = nullptr;
  Status* (*set_inter_op_threads)(SessionOptions*, int count) = nullptr;
  Status* (*input_count)(const Session*, std::size_t* out) = nullptr;
  Status* (*output_count)(const Session*, std::size_t* out) = nullptr;
  Status* (*input_type)(const Session*, std::size_t index, TypeInfo** out) = nullptr;
  Status* (*input_name)(const Session*, std::size_t index, Allocator*, char** out) = nullptr;
  Status* (*output_name)(const Session*, std::size_t index, Allocator*, char** out) = nullptr;
  Status* (*create_run_options)(RunOptions** out) = nullptr;
  Status* (*set_terminate)(RunOptions*) = nullptr;
  Status* (*create_tensor_with_data)(const MemoryInfo*, void* data, std::size_t bytes,
                                     const std::int64_t* shape, std::size_t dimensions, int type,
                                     Value** out) = nullptr;
  Status* (*tensor_data)(Value*, void** out) = nullptr;
  Status* (*as_tensor_info)(const TypeInfo*, const ShapeInfo** out) = nullptr;
  Status* (*element_type)(const ShapeInfo*, int* out) = nullptr;
  Status* (*dimension_count)(const ShapeInfo*, std::size_t* out) = nullptr;
  Status* (*dimensions)(const ShapeInfo*, std::int64_t* out, std::size_t count) = nullptr;
  Status* (*element_count)(const ShapeInfo*, std::size_t* out) = nullptr;
  Status* (*value_shape)(const Value*, ShapeInfo** out) = nullptr;
  Status* (*create_cpu_memory_info)(int allocator, int memory, MemoryInfo** out) = nullptr;
  Status* (*allocator_free)(Allocator*, void*) = nullptr;
  Status* (*default_allocator)(Allocator** out) = nullptr;
  void (*release_env)(Env*) = nullptr;
  void (*release_status)(Status*) = nullptr;
  void (*release_memory_info)(MemoryInfo*) = nullptr;
  void (*release_session)(Session*) = nullptr;
  void (*release_value)(Value*) = nullptr;
  void (*release_run_options)(RunOptions*) = nullptr;
  void (*release_type_info)(TypeInfo*) = nullptr;
  void (*release_shape_info)(ShapeInfo*) = nullptr;
  void (*release_session_options)(SessionOptions*) = nullptr;
  Status* (*add_session_entry)(SessionOptions*, const char* key, const char* value) = nullptr;
};

/// Reads the functions out of a table that get_api() handed out.
Api read_table(const void* table);

}  // namespace sotto::providers::moonshine::onnx
