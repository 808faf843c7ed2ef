#!/usr/bin/env bash
# Feeds hostile input to everything that reads files or frames of others (tests/fuzz/README.md):
#
#   tests/fuzz.sh [--seconds N] [--jobs N] [TARGET...]
#
# Builds the preset `fuzz` (clang, libFuzzer) and searches with each target for N seconds (20), as
# many targets at once as jobs say (2), beginning with the committed seeds. A finding is a crash, a
# sanitizer's report, an untyped exception, a hang over a second, or an allocation over the limit:
# it is printed, its input is kept in build/fuzz/findings/TARGET, and the exit code is 1. What
# reaches new code is kept in build/fuzz/corpus/TARGET, so that the next search goes on from there.
# Without clang and libFuzzer: says so and ends with 0.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly all=(wire state run_state run_config model_file model_store checkpoint dataset idx cifar10 csv npy image safetensors)
readonly malloc_limit_mb=256  # HDF5 data may claim 64 MiB more than they store, and once more as chunks
readonly rss_limit_mb=1024

usage_error() { echo "fuzz.sh: $1" >&2; exit 2; }

seconds=20 jobs=2 targets=()
while (($# > 0)); do
  case $1 in
    --seconds | --jobs)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage_error "$1: expected a number, found '${2:-}'"
      if [[ $1 == --seconds ]]; then seconds=$2; else jobs=$2; fi
      shift
      ;;
    *)
      [[ " ${all[*]} " == *" $1 "* ]] || usage_error "expected a target (${all[*]}), found '$1'"
      targets+=("$1")
      ;;
  esac
  shift
done
((${#targets[@]} > 0)) || targets=("${all[@]}")

# In memory, if possible: inputs are written to files.
scratch=$(TMPDIR=${TMPDIR:-/dev/shm} mktemp -d 2>/dev/null || mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if ! command -v clang++ >/dev/null ||
  ! clang++ -fsanitize=fuzzer,address -x c++ -o "$scratch/probe" - 2>/dev/null \
    <<<'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }'; then
  echo "fuzz.sh: skipped: no clang++ with libFuzzer (packages clang, libclang-rt-dev)"
  exit 0
fi

cmake --preset fuzz --log-level=WARNING >/dev/null
cmake --build build/fuzz --parallel "$(nproc)" --target "${targets[@]/#/fuzz_}"

# fuzz TARGET: leaves its findings, if any, and says how it went.
fuzz() {
  local target=$1 found=build/fuzz/findings/$1/ grown=build/fuzz/corpus/$1/ log=$scratch/$1.log status=0
  mkdir -p "$found" "$grown" "$scratch/$target"
  TMPDIR=$scratch/$target "build/fuzz/tests/fuzz/fuzz_$target" -max_total_time="$seconds" \
    -timeout=1 -malloc_limit_mb=$malloc_limit_mb -rss_limit_mb=$rss_limit_mb -max_len=16384 \
    -artifact_prefix="$found" -print_final_stats=1 \
    "$grown" "tests/fuzz/corpus/$target" >"$log" 2>&1 || status=$?
  if ((status == 0)); then
    awk -v name="$target" '/number_of_executed_units/ { runs = $2 } / cov: / { coverage = $0 }
      END { sub(/.*cov: /, "", coverage); sub(/ .*/, "", coverage)
            printf "%-12s %8d runs, %5d edges, no finding\n", name, runs, coverage }' "$log"
  else
    tail -n 60 "$log"
    echo "$target: FINDING: see above and $found"
    touch "$scratch/failed"
  fi
}

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:allocator_may_return_null=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
for target in "${targets[@]}"; do
  while (($(jobs -rp | wc -l) >= jobs)); do wait -n || true; done
  fuzz "$target" &
done
wait
[[ ! -e $scratch/failed ]]
