#include "access/tokens.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <stdexcept>

#include "base/encoding.hpp"

namespace sotto::access {

namespace {

// Short, easy to say and to spell, kind, and not to be confused when heard.
constexpr std::array<std::string_view, 64> adjectives = {
    "amber",  "ample",  "autumn", "brave",  "bright",  "brisk",  "bronze", "calm",
    "candid", "cheery", "civil",  "clever", "coastal", "copper", "coral",  "cosmic",
    "crisp",  "daring", "eager",  "early",  "easy",    "fair",   "fancy",  "fresh",
    "gentle", "glad",   "golden", "grand",  "green",   "happy",  "hidden", "honest",
    "humble", "ivory",  "jolly",  "keen",   "kind",    "lively", "lucky",  "lunar",
    "mellow", "merry",  "misty",  "modest", "noble",   "open",   "orange", "patient",
    "polite", "proud",  "purple", "quick",  "quiet",   "royal",  "rustic", "silver",
    "simple", "solar",  "steady", "sunny",  "tidy",    "velvet", "vivid",  "warm"};
constexpr std::array<std::string_view, 64> nouns = {
    "acorn",   "anchor",   "apple",   "badger", "bamboo", "beacon", "bison",  "breeze",
    "bridge",  "canyon",   "castle",  "cedar",  "cherry", "cloud",  "comet",  "coyote",
    "crane",   "daisy",    "dolphin", "eagle",  "ember",  "falcon", "forest", "fountain",
    "garden",  "gecko",    "harbor",  "heron",  "island", "jaguar", "kettle", "koala",
    "lagoon",  "lemon",    "lantern", "lion",   "lotus",  "maple",  "meadow", "melon",
    "moose",   "mountain", "ocean",   "olive",  "otter",  "panda",  "parrot", "pepper",
    "planet",  "pony",     "rabbit",  "raven",  "river",  "robin",  "rocket", "salmon",
    "sparrow", "spruce",   "summit",  "tiger",  "tulip",  "valley", "walnut", "willow"};

}  // namespace

RandomBelow secure_random() {
  return [](std::size_t bound) {
    // Rejecting the uneven end of the range keeps every number equally likely.
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    for (;;) {
      std::uint64_t number = 0;
      if (RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number) != 1)
        throw std::runtime_error("the system has no randomness to give");
      if (number < limit) return static_cast<std::size_t>(number % bound);
    }
  };
}

SessionId make_session_id(const RandomBelow& random) {
  std::string id(adjectives[random(adjectives.size())]);
  id += '-';
  id += nouns[random(nouns.size())];
  id += '-';
  id += std::to_string(100 + random(900));
  return SessionId{std::move(id)};
}

std::string make_token(const RandomBelow& random) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string token(43, '\0');
  for (char& c : token) c = alphabet[random(alphabet.size())];
  return token;
}

std::string token_digest(std::string_view token) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return to_hex(digest);
}

bool has_digest(std::string_view token, std::string_view digest) {
  return same_token(token_digest(token), digest);
}

bool same_token(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sotto::access
