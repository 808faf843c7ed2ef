#!/usr/bin/env bash
# Installs what is missing, builds and tests.
#
#   tests/run.sh [--preset release|debug|asan|tsan] [--label REGEX] [ctest arguments]
#
# Without arguments: everything that must hold before a change is accepted, as CI runs it:
#   1. the builds for release and for simulated clusters (where SimGrid is), and all tests
#      (those of the job scripts where there is Slurm, which only `full` installs);
#   2. tests/lint.sh;
#   3. sanitizer builds and a part of their tests;
#   4. tests/fuzz.sh, each target for 20 s.
# HERMES_TEST_SCOPE says how much of 2 and 3:
#   quick (default)  a new release build compiles several sources at once (HERMES_UNITY); clang-tidy
#                    on what changed, 6 sources at most; one test with the thread sanitizer and,
#                    beside the fuzz targets, one with those for addresses and undefined behaviour;
#                    for a machine with two cores and 25 minutes
#   full             each source by itself; clang-tidy on everything; sanitized tests labelled unit,
#                    sim or mpi; and the tests labelled unit or sim once more under the thread
#                    sanitizer
# With --preset or --label: that build and those tests alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

heading() { printf '\n== [%4d s] %s\n' "$SECONDS" "$1"; }
usage_error() { echo "run.sh: $1" >&2; exit 2; }

preset='' label='' ctest_arguments=()
while (($# > 0)); do
  case $1 in
    --preset | --label)
      (($# >= 2)) || usage_error "$1: value missing"
      if [[ $1 == --preset ]]; then preset=$2; else label=$2; fi
      shift
      ;;
    *) ctest_arguments+=("$1") ;;
  esac
  shift
done
scope=${HERMES_TEST_SCOPE:-quick}
[[ $scope == quick || $scope == full ]] ||
  usage_error "HERMES_TEST_SCOPE: expected quick or full, found '$scope'"
[[ $preset =~ ^(|release|debug|asan|tsan)$ ]] ||
  usage_error "--preset: expected release, debug, asan or tsan, found '$preset'"

cores=$(nproc)
if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi

# What a sanitizer build must not do: look for leaks in Open MPI (it never frees what it allocates
# at start; MPI tests switch detect_leaks off themselves), and go on after a finding.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}

# build_and_test PRESET LABELS [TEST...]: only the named tests, if there are any. LABELS is a regular expression like unit|sim; empty means all tests.
build_and_test() {
  local tree=$1 labels=$2 targets=() selection=() one
  shift 2
  local bench=ON
  if [[ $tree == asan || $tree == tsan || $tree == fuzz ]]; then bench=OFF; fi
  # Half the time for a new tree, but not for those who edit: a tree that is there stays as it is.
  local together=()
  if [[ $tree == release && -z $preset$label && $scope == quick && ! -f build/release/build.ninja ]]; then
    together=(-DHERMES_UNITY=ON)
  fi
  heading "$tree: configure and build"
  cmake --preset "$tree" -DHERMES_BUILD_TESTS=ON -DHERMES_BUILD_BENCH=$bench "${together[@]}" --log-level=WARNING >/dev/null
  # A sanitizer build is slow: build only what the labels need. Others build all, to see that it builds.
  if (($# > 0)); then
    cmake --build "build/$tree" --parallel "$cores" --target "$@"
    selection=(-R "^($(IFS='|' && echo "$*"))\$")
  elif [[ $bench == OFF && $labels =~ ^(unit|sim|mpi|e2e)(\|(unit|sim|mpi|e2e))*$ ]]; then
    for one in ${labels//|/ }; do targets+=("tests_$one"); done
    cmake --build "build/$tree" --parallel "$cores" --target "${targets[@]}"
  else
    cmake --build "build/$tree" --parallel "$cores"
  fi
  if [[ -n $labels ]]; then selection+=(-L "^($labels)\$"); fi
  heading "$tree: tests${labels:+ labelled $labels}"
  ctest --test-dir "build/$tree" --output-on-failure --no-tests=error -j "$cores" \
    "${selection[@]}" "${ctest_arguments[@]}"
}

heading "packages"
jobs/packages.sh build test
jobs/packages.sh fuzz || echo "run.sh: nothing will be fuzzed: no clang with libFuzzer"
if [[ $scope == full ]]; then
  jobs/packages.sh slurm || echo "run.sh: the job scripts will not be tested: no Slurm"
fi

if [[ -n $preset || -n $label ]]; then
  preset=${preset:-release}
  case $preset in
    asan) label=${label:-unit|sim|mpi} ;;
    tsan) label=${label:-unit|sim} ;;
  esac
  build_and_test "$preset" "$label"
else
  if command -v smpirun >/dev/null; then
    heading "smpi: configure and build"
    cmake --preset smpi --log-level=WARNING >/dev/null
    cmake --build build/smpi --parallel "$cores"
    # What is thread_local, all simulated ranks would share; spdlog's is the number of the thread.
    ! readelf -sW build/smpi/src/cli/hermes | awk '$4 == "TLS" && $7 != "UND"' | c++filt | grep -v ' spdlog::' >/dev/null ||
      usage_error "build/smpi: expected no thread_local variables"
  fi
  build_and_test release ''
  heading "lint"
  if [[ $scope == full ]]; then
    tests/lint.sh --all
    build_and_test asan 'unit|sim|mpi'
    build_and_test tsan 'unit|sim'
  else
    HERMES_LINT_LIMIT=${HERMES_LINT_LIMIT:-6} tests/lint.sh
    build_and_test tsan '' prefetcher_test
  fi
  heading "fuzz"
  tests/fuzz.sh --seconds 20 --jobs "$cores"
  if [[ $scope == quick ]]; then
    if [[ -f build/fuzz/build.ninja ]]; then build_and_test fuzz '' wire_test; else build_and_test asan '' wire_test; fi
  fi
fi
heading "all tests passed"
