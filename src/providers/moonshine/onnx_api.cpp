#include "providers/moonshine/onnx_api.hpp"

#include <cstring>

namespace sotto::providers::moonshine::onnx {
namespace {

// A table of function pointers is read by its bytes: the pointers are of many types.
template <class Function>
void read(const void* table, Place place, Function& out) {
  static_assert(sizeof(Function) == sizeof(void*));
  const auto* const bytes = static_cast<const unsigned char*>(table);
  std::memcpy(&out, bytes + static_cast<std::size_t>(place) * sizeof(void*), sizeof out);
}

}  // namespace

Api read_table(const void* table) {
  Api api;
  read(table, Place::get_error_message, api.get_error_message);
  read(table, Place::create_env, api.create_env);
  read(table, Place::create_session, api.create_session);
  read(table, Place::run, api.run);
  read(table, Place::create_session_options, api.create_session_options);
  read(table, Place::disable_memory_pattern, api.disable_memory_pattern);
  read(table, Place::disable_arena, api.disable_arena);
  read(table, Place::set_log_severity, api.set_log_severity);
  read(table, Place::set_optimisation, api.set_optimisation);
  read(table, Place::set_intra_op_threads, api.set_intra_op_threads);
  read(table, Place::set_inter_op_threads, api.set_inter_op_threads);
  read(table, Place::input_count, api.input_count);
  read(table, Place::output_count, api.output_count);
  read(table, Place::input_type, api.input_type);
  read(table, Place::input_name, api.input_name);
  read(table, Place::output_name, api.output_name);
  read(table, Place::create_run_options, api.create_run_options);
  read(table, Place::set_terminate, api.set_terminate);
  read(table, Place::create_tensor_with_data, api.create_tensor_with_data);
  read(table, Place::tensor_data, api.tensor_data);
  read(table, Place::as_tensor_info, api.as_tensor_info);
  read(table, Place::element_type, api.element_type);
  read(table, Place::dimension_count, api.dimension_count);
  read(table, Place::dimensions, api.dimensions);
  read(table, Place::element_count, api.element_count);
  read(table, Place::value_shape, api.value_shape);
  read(table, Place::create_cpu_memory_info, api.create_cpu_memory_info);
  read(table, Place::allocator_free, api.allocator_free);
  read(table, Place::default_allocator, api.default_allocator);
  read(table, Place::release_env, api.release_env);
  read(table, Place::release_status, api.release_status);
  read(table, Place::release_memory_info, api.release_memory_info);
  read(table, Place::release_session, api.release_session);
  read(table, Place::release_value, api.release_value);
  read(table, Place::release_run_options, api.release_run_options);
  read(table, Place::release_type_info, api.release_type_info);
  read(table, Place::release_shape_info, api.release_shape_info);
  read(table, Place::release_session_options, api.release_session_options);
  read(table, Place::add_session_entry, api.add_session_entry);
  return api;
}

}  // namespace sotto::providers::moonshine::onnx
