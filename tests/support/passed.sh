# shellcheck shell=bash
# For tests that take minutes and that nothing outside the repository can change: what has passed is
# run again only when something it is made of has changed. Sourced.
#
#   SOTTO_PASSED    the folder that remembers; empty or unset: nothing is
#   SOTTO_TEST_ALL  not empty: everything is run again
#
# passed_unchanged NAME INPUT…   true, and says so, where NAME passed with inputs like these.
#                                An input is a file, a folder (node_modules and build in it left
#                                out), or any other text, such as a version
# remember_passed NAME           after passed_unchanged and the test itself

passed_unchanged() {
  local name=$1 input
  shift
  passed_sum=$(
    for input in "$@"; do
      if [[ -d $input ]]; then
        (cd "$input" &&
          find . -type f -not -path '*/node_modules/*' -not -path '*/build/*' -print0 |
          sort -z | xargs -0r sha256sum)
      elif [[ -e $input ]]; then
        sha256sum "$input"
      else
        printf '%s\n' "$input"
      fi
    done | sha256sum
  )
  [[ -n ${SOTTO_PASSED:-} && -z ${SOTTO_TEST_ALL:-} && -f $SOTTO_PASSED/$name &&
    $(<"$SOTTO_PASSED/$name") == "$passed_sum" ]] || return 1
  echo "passed before, and nothing has changed since; SOTTO_TEST_ALL=1 runs it all the same"
}

remember_passed() {
  [[ -n ${SOTTO_PASSED:-} ]] || return 0
  mkdir -p "$SOTTO_PASSED"
  echo "$passed_sum" >"$SOTTO_PASSED/$1"
}
