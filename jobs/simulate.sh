#!/usr/bin/env bash
# Trains on a simulated cluster: the same program, really training, in virtual time (SimGrid SMPI).
#
#   jobs/simulate.sh --platform FILE.xml [-n RANKS] [--host NAME ...] [--no-build] -- train RUN.toml ...
#
#   --platform FILE  hosts and links (jobs/platforms); its first host is rank 0
#   -n RANKS         only the first so many hosts
#   --host NAME      this host instead, repeatable, in this order; one alone trains alone
#   --no-build       fail instead of building build/smpi
#
# What follows -- are the arguments of `hermes`. All times it tells are virtual seconds. Exit codes
# are its own (0, 2, 3, 75): SMPI's are not to be trusted, so rank 0 writes its code to the file that
# HERMES_RESULT_FILE names. 3 also when the simulation ends without one, or in a deadlock.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 3
readonly root
readonly program=$root/build/smpi/src/cli/hermes

usage_error() {
  echo "simulate.sh: $1" >&2
  exit 2
}

[[ -e $root/CMakeLists.txt ]] || usage_error "simulations need the source tree of hermes, which $root is not"

platform='' ranks='' may_build=1 hosts=()
while (($# > 0)); do
  case $1 in
    --platform | -n | --host)
      (($# >= 2)) || usage_error "$1: value missing"
      case $1 in
        --platform) platform=$2 ;;
        -n) ranks=$2 ;;
        --host) hosts+=("$2") ;;
      esac
      shift
      ;;
    --no-build) may_build=0 ;;
    --) shift && break ;;
    *) usage_error "expected --platform FILE.xml [-n RANKS] [--host NAME ...] [--no-build] -- train RUN.toml ..., found '$1'" ;;
  esac
  shift
done
(($# > 0)) || usage_error "nothing to run: expected -- train RUN.toml ..."
[[ $1 == train ]] || usage_error "expected the command train after --, found '$1'"
[[ -n $platform ]] || usage_error "--platform: missing"
[[ -f $platform && -r $platform ]] || usage_error "--platform: no such file: $platform"
[[ -z $ranks || $ranks =~ ^[1-9][0-9]*$ ]] || usage_error "-n: expected a positive number of ranks, found '$ranks'"
[[ -z $ranks || ${#hosts[@]} == 0 ]] || usage_error "-n and --host: expected one of them"
for word in "$@"; do
  # smpirun splits them, and takes some options for its own.
  [[ $word != *[[:space:]]* && -n $word ]] || usage_error "an argument has blanks, which smpirun cannot pass on: '$word'"
  [[ $word != --cfg=* && $word != --log=* ]] || usage_error "an option that the simulator would take for its own: $word"
done

mapfile -t known < <(sed 's/<!--.*-->//' "$platform" | grep -o '<host [^>]*' | sed -n 's/.* id="\([^"]*\)".*/\1/p')
((${#known[@]} > 0)) || usage_error "$platform: expected hosts, found none"
((${#hosts[@]} > 0)) || hosts=("${known[@]:0:${ranks:-${#known[@]}}}")
((${ranks:-0} <= ${#known[@]})) || usage_error "-n: $platform has ${#known[@]} hosts, found $ranks"
declare -A is_known
for host in "${known[@]}"; do is_known[$host]=1; done
for host in "${hosts[@]}"; do
  [[ -v is_known[$host] ]] || usage_error "--host: $platform has no host '$host'"
done

command -v smpirun >/dev/null ||
  usage_error "smpirun: not found (SimGrid; on Debian: apt-get install libsimgrid-dev)"
if [[ ! -x $program ]]; then
  ((may_build)) || usage_error "$program: not built yet, and --no-build was given"
  launcher=()
  if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  echo "simulate.sh: building $program" >&2
  (cd "$root" && cmake --preset smpi --log-level=WARNING "${launcher[@]}" && cmake --build build/smpi) >&2 || exit 3
fi

work=$(mktemp -d) || exit 3
simulation=''
# KILL: to the ranks, SIGTERM is a wish to stop in virtual time, and one of them alone hears it.
# shellcheck disable=SC2317  # called by the traps
clean_up() {
  [[ -z $simulation ]] || kill -KILL -- "-$simulation" 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
printf '%s\n' "${hosts[@]}" >"$work/hosts"

# simulate-computation:no, test:0: time passes by what the program charges, sleeps and sends alone,
# so it is the same in each run; bw-factor, lat-factor: links have the platform's figures, instead of
# corrections that were calibrated on a cluster of 2010; finalization-barrier: no rank is gone while
# another one may still send to it.
options=(
  -np "${#hosts[@]}" -platform "$platform" -hostfile "$work/hosts"
  --log=xbt_cfg.thresh:warning --log=smpi_config.thresh:error --log=smpi.thresh:error
  --cfg=smpi/simulate-computation:no --cfg=smpi/test:0 --cfg=smpi/iprobe:0 --cfg=smpi/wtime:0
  --cfg=smpi/finalization-barrier:on
  --cfg=smpi/grow-injected-times:no --cfg=smpi/bw-factor:0:1 --cfg=smpi/lat-factor:0:1
)
# mmap: ranks share the program and have variables of their own, but for thread_local ones.
# Large pages: the ranks' buffers are most of what a simulation touches first.
export GLIBC_TUNABLES=${GLIBC_TUNABLES:-glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4194304}
export SMPI_PRIVATIZATION=mmap TMPDIR=$work HERMES_RESULT_FILE=$work/result OPENBLAS_NUM_THREADS=1 HERMES_PROGRESS=${HERMES_PROGRESS:-plain}
# data.prefetch: all ranks share one thread, which must not wait for another.
exec {screen}> >(exec grep --line-buffered -v -e '--cfg=smpi/privatization' -e '^Execution failed with code ')
filter=$!
setsid smpirun "${options[@]}" "$program" "$@" --set data.prefetch=false \
  </dev/null >&"$screen" 2>"$work/errors" {screen}>&- &
simulation=$!
exec {screen}>&-
wait "$simulation"
simulation=''
wait "$filter"

# What smpirun says of itself is of no use to a user; a failure's backtrace is.
grep -v -e '/INFO\]' -e '^$' "$work/errors" >&2
code=$(cat "$work/result" 2>/dev/null)
if [[ ! $code =~ ^[0-9]{1,3}$ ]]; then
  echo "simulate.sh: rank 0 ended without a result: the simulation was aborted or is deadlocked" >&2
  exit 3
fi
if grep -qE 'Deadlock|/CRITICAL\]' "$work/errors"; then
  echo "simulate.sh: the simulation was aborted or is deadlocked" >&2
  exit 3
fi
exit "$code"
