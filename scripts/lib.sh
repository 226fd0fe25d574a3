# shellcheck shell=bash
# What the scripts share. Sourced, never run; expects bash.

sotto_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# How many compilers at once: one a core, as long as each can have 1.5 GB. SOTTO_JOBS wins.
build_jobs() {
  if [[ -n ${SOTTO_JOBS:-} ]]; then
    echo "$SOTTO_JOBS"
    return
  fi
  local cores available_kb by_memory
  cores=$(nproc)
  available_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo 2>/dev/null)
  by_memory=$(( ${available_kb:-3145728} / 1572864 ))
  (( by_memory >= 1 )) || by_memory=1
  echo $(( cores < by_memory ? cores : by_memory ))
}

# build_folder PRESET: where that preset builds, as CMakePresets.json has it.
build_folder() {
  case $1 in
    release) echo "$sotto_root/build" ;;
    dev | asan-ubsan | tsan | fuzz) echo "$sotto_root/build/$1" ;;
    *) die "unknown preset '$1'; there are release, dev, asan-ubsan, tsan and fuzz" ;;
  esac
}

# cache_value BUILD_FOLDER NAME: the value CMake remembers, empty when there is none.
cache_value() {
  sed -n "s/^$2:[A-Z]*=//p" "$1/CMakeCache.txt" 2>/dev/null
}

# A tree that only ./run uses needs no test library, so tests and benchmarks are off in it; a tree
# that is configured already is left as it is.
configure_to_run() {
  local preset=$1 folder
  folder=$(build_folder "$preset") || exit 1
  [[ -e $folder/build.ninja ]] && return
  (cd "$sotto_root" && cmake --preset "$preset" \
    -DSOTTO_BUILD_TESTS=OFF -DSOTTO_BUILD_BENCH=OFF) || die "could not configure $folder (see above)"
}

# Benchmarks on, tests as they are.
configure_to_bench() {
  configure_to_run release
  [[ $(cache_value "$sotto_root/build" SOTTO_BUILD_BENCH) == ON ]] ||
    cmake -S "$sotto_root" -B "$sotto_root/build" -DSOTTO_BUILD_BENCH=ON ||
    die "could not configure $sotto_root/build (see above)"
}

# A tree that tests use has tests and benchmarks on, so that a benchmark that no longer builds is
# noticed; the sanitizer presets leave benchmarks out.
configure_to_test() {
  local preset=$1 folder bench=ON
  folder=$(build_folder "$preset") || exit 1
  case $preset in asan-ubsan | tsan) bench=OFF ;; esac
  if [[ -e $folder/build.ninja && $(cache_value "$folder" SOTTO_BUILD_TESTS) == ON &&
        $(cache_value "$folder" SOTTO_BUILD_BENCH) == "$bench" ]]; then
    return
  fi
  (cd "$sotto_root" && cmake --preset "$preset" \
    -DSOTTO_BUILD_TESTS=ON -DSOTTO_BUILD_BENCH=$bench) || die "could not configure $folder (see above)"
}

# find_static_libraries FOLDER: has a tree that was configured before they were there look again.
find_static_libraries() {
  [[ $(cache_value "$1" SOTTO_STATIC_SIMDJSON) == "$1/static/libsimdjson.a" ]] ||
    cmake -S "$sotto_root" -B "$1" >/dev/null || die "could not configure $1 (run cmake -S . -B $1)"
}

# build PRESET [TARGET]: brings the tree up to date; ninja does nothing where nothing changed.
build() {
  local folder
  folder=$(build_folder "$1") || exit 1
  cmake --build "$folder" --parallel "$(build_jobs)" ${2:+--target "$2"} ||
    die "the build failed (see above)"
}

# install_npm_packages FOLDER: the npm packages of its lock file, unless that is the one that was
# installed last. Fails when npm does; what to do then is up to the caller.
install_npm_packages() (
  cd "$sotto_root/$1" || return
  cmp -s package-lock.json node_modules/.installed-lock.json && return
  echo "${0##*/}: installing the npm packages of $1"
  npm ci --no-fund --no-audit --loglevel=error && cp package-lock.json node_modules/.installed-lock.json
)

# node_20: the folder of a node that is new enough for the AWS parts: the system's, or the one that
# infra/node has from npm, which is installed where the system's is older. Fails when there is none.
node_20() {
  local node=node version
  version=$("$node" --version 2>/dev/null) || return
  version=${version#v}
  if (( ${version%%.*} < 20 )); then
    install_npm_packages infra/node >&2 || return
    node=$(compgen -G "$sotto_root/infra/node/node_modules/node-linux-*/bin/node") || return
  fi
  dirname "$(command -v "$node")"
}

# python_script NAME [ARGUMENT...]: one of the scripts in Python; with Debian's, where it is there, which has
# what it takes to make a virtual environment. Its exit code, or 3 without a Python.
python_script() {
  local python=/usr/bin/python3
  [[ -x $python ]] || python=$(command -v python3) || {
    echo "$1: there is no python3; install it, and run scripts/$1" >&2
    return 3
  }
  "$python" "$sotto_root/scripts/$1" "${@:2}"
}
