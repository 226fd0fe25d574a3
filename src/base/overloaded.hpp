#pragma once

namespace sotto {

/// Several functions as one, for std::visit: `Overloaded{[](A) {…}, [](B) {…}}`.
template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;  // clang 14 does not deduce it by itself

}  // namespace sotto
