# shellcheck shell=bash
# What tests in Node need. A test is skipped, with 77 and a reason, where that is not installed; all
# else that keeps it from starting makes it fail. Sourced, in the folder of the test.
#
# skip REASON…
# needs_node
# needs_packages PACKAGE…   that they are in this folder's node_modules
# needs_recordings

skip() {
  echo "SKIPPED: $*"
  exit 77
}

needs_node() {
  command -v node >/dev/null || skip "there is no node; scripts/setup test installs it"
  local version
  version=$(node --version)
  local major=${version#v}
  (( ${major%%.*} >= 18 )) || skip "node $version is older than 18"
}

needs_packages() {
  local package
  for package in "$@"; do
    [[ -d node_modules/$package ]] ||
      skip "$package is not in node_modules; ./test or 'npm ci' in tests/${PWD##*/} installs it"
  done
}

needs_recordings() {
  [[ -d /usr/share/pocketsphinx/test/data/librivox ]] ||
    skip "there are no recordings; scripts/setup installs pocketsphinx-testdata"
}
