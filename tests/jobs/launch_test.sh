#!/usr/bin/env bash
# What jobs/launch.sh promises: launch_test.sh LAUNCHER PROBE. Every case also checks that nothing
# is left in the temporary directory.
set -uo pipefail

launcher=$1 probe=$2
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
mkdir "$here/tmp"
export TMPDIR=$here/tmp
unset HERMES_PROGRESS HERMES_RESULT_FILE
failures=0

fail() {
  echo "FAILED: $*"
  sed 's/^/    stdout: /' "$here/out"
  sed 's/^/    stderr: /' "$here/err"
  failures=$((failures + 1))
}

# expect_code CODE NAME FOUND
expect_code() {
  [[ $3 == "$1" ]] || fail "$2: expected exit code $1, found $3"
  local left
  left=$(ls -A "$TMPDIR")
  [[ -z $left ]] || fail "$2: left behind in the temporary directory: $left"
}

# launch CODE NAME ARGS...: runs the launcher to its end and checks its exit code.
launch() {
  local code=$1 name=$2
  shift 2
  "$launcher" "$@" >"$here/out" 2>"$here/err"
  expect_code "$code" "$name" $?
}

expect_stderr() {
  [[ $(<"$here/err") == "$2" ]] || fail "$1: expected on stderr only '$2'"
}

# signal_job CODE NAME FATE SIGNAL...: sends the signals to a running launcher, one a second.
signal_job() {
  local code=$1 name=$2 fate=$3 number
  shift 3
  : >"$here/out"  # the last job's words are not this one's
  env --default-signal=INT "$launcher" -n 3 -- "$probe" "$fate" >"$here/out" 2>"$here/err" &
  local launcher_pid=$!
  until grep -q ready "$here/out"; do sleep 0.1; done
  for number in "$@"; do
    kill -"$number" "$launcher_pid"
    sleep 1
  done
  wait "$launcher_pid"
  expect_code "$code" "$name" $?
}

for code in 0 2 3 75; do
  launch "$code" "rank 0 returns $code" -n 3 -- "$probe" exit "$code"
  grep -qx 'ready plain' "$here/out" || fail "stdout of rank 0 passes, progress is plain in a pipe"
  if ((code == 0)); then
    expect_stderr "quiet success" ""
  else
    expect_stderr "the program's own line alone" "probe: one line of its own"
  fi
done

for link in shm tcp; do
  launch 0 "a killed worker leaves the others alone ($link)" -b "$link" -n 4 -- "$probe" worker-killed
  expect_stderr "a killed worker makes no noise ($link)" ""
done
launch 70 "a killed server leaves no result" -n 3 -- "$probe" server-killed
launch 7 "a rank that never ends does not hold the result" -g 1 -n 2 -- "$probe" linger 7
launch 124 "time limit" -t 1 -n 2 -- "$probe" hang
launch 124 "time limit, ranks deaf to TERM" -t 1 -n 2 -- "$probe" deaf

signal_job 75 "USR1 reaches every rank" signal USR1
signal_job 75 "TERM asks for an orderly stop" signal TERM
signal_job 75 "Ctrl-C asks for an orderly stop" signal INT
signal_job 1 "USR2 arrives as USR2" signal USR2
signal_job 70 "a second TERM ends the job" deaf TERM TERM

launch 2 "no ranks" -n 0 -- "$probe" exit 0
launch 2 "not a number" -n 2 -t soon -- "$probe" exit 0
launch 2 "unknown link" -n 2 -b pigeon -- "$probe" exit 0
launch 2 "unknown starter" -n 2 -m pigeon -- "$probe" exit 0
launch 2 "no hosts" -n 2 -H "$here/nothing" -- "$probe" exit 0
[[ -n ${SLURM_JOB_ID:-} ]] || launch 2 "srun without Slurm" -n 2 -m srun -- "$probe" exit 0
launch 2 "no program" -n 2
launch 2 "unknown program" -n 2 -- "$here/nothing"
[[ $(wc -l <"$here/err") == 1 ]] || fail "bad usage is one line"

if script --version >/dev/null 2>&1; then
  script -qec "$launcher -n 2 -- $probe exit 0" /dev/null >"$here/out" 2>"$here/err" </dev/null
  grep -q '^ready tty' "$here/out" || fail "HERMES_PROGRESS is tty on a terminal"
else
  echo "no script(1) here: the terminal case was not tested"
fi

if ((failures > 0)); then
  echo "$failures check(s) failed"
  exit 1
fi
echo "all launcher checks passed"
