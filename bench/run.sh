#!/usr/bin/env bash
# All micro-benchmarks, as tables and as JSON (build/release/bench/*.json), and at the end each as a
# part of what this core can do at most.
#
#   bench/run.sh [FILTER]      FILTER: a regular expression of benchmark names; the probes always run
#
# Machines are shared and noisy: compare ratios within one run, never times of two runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
filter=${1:-.}

jobs/packages.sh build test
cmake --preset release -DHERMES_BUILD_BENCH=ON --log-level=WARNING >/dev/null
benches=(probe_bench nn_bench data_bench protocol_bench wire_bench transport_bench)
cmake --build build/release --target "${benches[@]}" mpi_transport_bench
for bench in "${benches[@]}"; do
  printf '\n== %s\n' "$bench"
  chosen=$filter
  [[ $bench != probe_bench ]] || chosen=.
  build/release/bench/"$bench" --benchmark_filter="$chosen" \
    --benchmark_out="build/release/bench/$bench.json" --benchmark_out_format=json
done
printf '\n== mpi_transport_bench\n'
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpirun --oversubscribe --bind-to none --mca pml ob1 --mca btl self,vader \
  --mca btl_vader_single_copy_mechanism none -n 2 build/release/bench/mpi_transport_bench
printf '\n== parts of the limits\n'
bench/share_of_limits.py build/release/bench
