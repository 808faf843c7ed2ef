#!/usr/bin/env bash
# What takes hours: that runs outlive whatever happens to them. Not part of tests/run.sh.
#
#   tests/endurance.sh [--out DIR] [PART...]
#
#   killed       100 runs with a killed worker
#   frozen       100 runs with a worker that is frozen, lost and taken back
#   server       21 runs whose server is killed and that are resumed
#   torn         50 servers killed while they write a checkpoint
#   slurm        all job scripts on a Slurm of their own, into the time limit and back
#   netns        four hosts in network namespaces, links cut and slowed (root)
#   soak         half an hour with eight workers and a fault every 20 s
#   bad_input    the list of bad inputs, over every command
#   fuzz         each fuzz target for 10 minutes
#
# Without a PART: all of them, one after the other, about five hours on two cores. Each has its log in
# DIR (build/endurance); what is printed is the exit code, the time and the rows of its table. With
# Fashion-MNIST under data/ (data/fashion_mnist.sh) accuracies are worth comparing.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
root=$PWD
hermes=$root/build/release/src/cli/hermes

usage_error() { echo "endurance.sh: $1" >&2; exit 2; }

readonly all=(killed frozen server torn slurm netns soak bad_input fuzz)
out=build/endurance parts=()
while (($# > 0)); do
  case $1 in
    --out)
      (($# > 1)) || usage_error "--out: expected a directory, found nothing"
      out=$2
      shift
      ;;
    *)
      [[ " ${all[*]} " == *" $1 "* ]] || usage_error "expected a part (${all[*]}), found '$1'"
      parts+=("$1")
      ;;
  esac
  shift
done
((${#parts[@]} > 0)) || parts=("${all[@]}")
[[ -x $hermes ]] || usage_error "no program: $hermes (tests/run.sh builds it)"
mkdir -p "$out" || exit 2
if [[ -z ${HERMES_DATA:-} && -e data/fashion_mnist.h5 ]]; then export HERMES_DATA=$root/data/fashion_mnist.h5; fi

# harmed RUNS TEST
harmed() { HERMES_RUNS=$1 python3 -B tests/e2e/endurance.py "$hermes" . "EnduranceTest.test_$2"; }

run_part() {
  case $1 in
    killed) harmed 100 a_killed_worker_never_ends_a_run ;;
    frozen) harmed 100 a_frozen_worker_comes_back ;;
    server) harmed 21 a_killed_server_loses_nothing_that_was_saved ;;
    torn) harmed 50 a_checkpoint_is_whole_or_absent ;;
    slurm) HERMES_SLURM_LONG=1 python3 -B tests/jobs/slurm_test.py "$hermes" . ;;
    netns) tests/netns.sh "$hermes" ;;
    soak) HERMES_SOAK_SECONDS=1800 python3 -B tests/e2e/soak.py "$hermes" . ;;
    bad_input) python3 -B tests/cli/bad_input_list_test.py "$hermes" . ;;
    fuzz) tests/fuzz.sh --seconds 600 --jobs "$(nproc)" ;;
  esac
}

failed=0
for part in "${parts[@]}"; do
  begin=$SECONDS code=0
  run_part "$part" >"$out/$part.log" 2>&1 || { code=$? failed=1; }
  printf '%-10s code %d after %d s\n' "$part" "$code" "$((SECONDS - begin))"
  grep -E '^(== |OK|FAILED|Ran | *[0-9]+ s  |exit code)|edges|FINDING|: link cut|the server.s link' "$out/$part.log"
done
exit "$failed"
