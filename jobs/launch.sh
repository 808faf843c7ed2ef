#!/usr/bin/env bash
# Runs an MPI job that outlives a dead worker and returns rank 0's true exit code.
#
#   jobs/launch.sh [-n RANKS] [-t LIMIT_S] [-g GRACE_S] [-b shm|tcp] [-m mpirun|srun | -H HOSTS] -- PROG ARGS...
#
#   -n RANKS    number of ranks; may be more than there are cores (default in a Slurm job: its tasks)
#   -t LIMIT_S  stop the job after so many seconds (default: no limit)
#   -g GRACE_S  how long mpirun may tidy up once rank 0 has reported (default: 10)
#   -b shm|tcp  how ranks of one machine talk: shared memory (default) or loopback TCP
#   -m mpirun|srun  who starts the ranks: mpirun (default), also inside a Slurm job, or srun --mpi=pmix
#   -H HOSTS    ranks on several machines, by ssh: an Open MPI hostfile that begins with this machine
#
# Why not plain mpirun: by default one dead worker ends the whole job, and with --enable-recovery
# mpirun returns 0 whatever happened. So rank 0 writes "<code>\n" to the file that
# HERMES_RESULT_FILE names (to a temporary that it renames, just before it exits), and this script
# returns that code. srun returns the highest code of any rank, a killed worker's too: the same cure.
#
# Inside a Slurm job: mpirun ignores Slurm on one node, where orted under srun does not notice ranks
# that leave by _exit; on several nodes it starts by srun. A heterogeneous job needs -m srun: the tasks
# of all its components are one world, the first component's first task is rank 0.
#
# Signals: USR1, which asks for an orderly stop, and USR2 reach every rank. TERM, INT and HUP ask for the same:
# the ranks get USR1 (mpirun would follow a TERM with KILL within seconds) and kStopSeconds to save
# their work; a second one ends the job at once. A rank that has only just started would die of USR1:
# signals are kept until rank 0 makes the result's file, empty, which says that all ranks listen.
#
# Exit codes of its own: 2 bad usage, 70 rank 0 left no result, 124 time limit.
set -uo pipefail
owed=()  # signals that the ranks are to get
trap 'owed+=(USR1)' USR1
trap 'owed+=(USR2)' USR2

readonly kStopSeconds=60 kTermSeconds=3
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 70
readonly root

usage_error() {
  echo "launch.sh: $1 (usage: launch.sh [-n RANKS] [-t LIMIT_S] [-g GRACE_S] [-b shm|tcp] [-m mpirun|srun | -H HOSTS] -- PROG ARGS...)" >&2
  exit 2
}

# Prints the program to run for the word on the command line; fails when there is none.
find_program() {
  if [[ $1 == hermes ]]; then
    local candidate
    for candidate in "$(type -P hermes)" "$root/build/release/src/cli/hermes" "$root/../../bin/hermes"; do
      if [[ -x $candidate ]]; then
        echo "$candidate"
        return
      fi
    done
    return 1
  fi
  type -P -- "$1"
}

ranks=${SLURM_NTASKS:-} limit='' grace=10 link=shm starter=mpirun hosts=''
while getopts :n:t:g:b:m:H: option; do
  case $option in
    n) ranks=$OPTARG ;;
    t) limit=$OPTARG ;;
    g) grace=$OPTARG ;;
    b) link=$OPTARG ;;
    m) starter=$OPTARG ;;
    H) hosts=$OPTARG ;;
    *) usage_error "unknown option or missing value: -$OPTARG" ;;
  esac
done
shift $((OPTIND - 1))
[[ $ranks =~ ^[1-9][0-9]*$ ]] || usage_error "-n: expected a positive number of ranks, found '$ranks'"
[[ -z $limit || $limit =~ ^[1-9][0-9]*$ ]] || usage_error "-t: expected whole seconds, found '$limit'"
[[ $grace =~ ^[0-9]+$ ]] || usage_error "-g: expected whole seconds, found '$grace'"
[[ $link == shm || $link == tcp ]] || usage_error "-b: expected shm or tcp, found '$link'"
[[ $starter == mpirun || $starter == srun ]] || usage_error "-m: expected mpirun or srun, found '$starter'"
[[ -z $hosts || -r $hosts ]] || usage_error "-H: no such file: $hosts"
[[ -z $hosts || -z ${SLURM_JOB_ID:-} ]] || usage_error "-H: a Slurm job has hosts of its own"
[[ $starter == mpirun || -n ${SLURM_JOB_ID:-} ]] || usage_error "-m srun: this is no Slurm job"
readonly components=${SLURM_HET_SIZE:-1}
readonly several_nodes=$((${SLURM_JOB_NUM_NODES:-1} > 1 || components > 1 || ${#hosts} > 0))
[[ $starter == srun ]] || ((components == 1)) || usage_error "-m: a heterogeneous job needs srun, found mpirun"
[[ $# -ge 1 ]] || usage_error "no program given"
program=$(find_program "$1") || usage_error "no such program: $1"
shift

# Everything temporary (the result, Open MPI's session files) lives and dies with this run.
work=$(mktemp -d) || exit 70
starter_pid='' filter_pid=''
# shellcheck disable=SC2317  # called by traps, here and below
clean_up() {
  [[ -z $starter_pid ]] || kill -KILL "$starter_pid" 2>/dev/null
  rm -rf "$work"
  # Open MPI made one of this name on each node.
  [[ $starter == srun || -n $hosts ]] || ((!several_nodes)) ||
    timeout 20 srun --overlap --ntasks-per-node=1 --input=none --quiet rm -rf "$work" >/dev/null 2>&1
}
trap clean_up EXIT
export HERMES_RESULT_FILE=$work/result

# mpirun gives each rank a pseudo-terminal, so isatty() is true even into a pipe: say what is there.
if [[ -z ${HERMES_PROGRESS:-} ]]; then
  HERMES_PROGRESS=plain
  [[ ! -t 1 ]] || HERMES_PROGRESS='tty'
fi
[[ ! -t 1 ]] || COLUMNS=$(tput cols 2>/dev/null) || COLUMNS=80
export HERMES_PROGRESS COLUMNS=${COLUMNS:-80}

# Open MPI refuses root by default; gds=hash keeps its key store out of shared memory.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 PMIX_MCA_gds=hash
# No yield: ranks sleep by themselves when they have nothing to do. A look at the mail that finds none
# would give up the rest of a time slice, and Linux charges all of it: beside other programs on its cores
# a worker would get a fiftieth of its share.
declare -A mca=([pml]=ob1 [mpi_yield_when_idle]=0)
case $link in
  # Single copy (CMA) is slower than two copies here and complains when its peer dies.
  shm) mca[btl]=self,vader mca[btl_vader_single_copy_mechanism]=none
       ((!several_nodes)) || mca[btl]+=,tcp ;;
  tcp) mca[btl]=self,tcp
       ((several_nodes)) || mca[btl_tcp_if_include]=lo ;;
esac

if [[ $starter == mpirun ]]; then
  start=(
    mpirun --enable-recovery -quiet -n "$ranks" -x HERMES_RESULT_FILE -x HERMES_PROGRESS -x COLUMNS
    --oversubscribe --bind-to none --mca odls_base_sigkill_timeout "$kTermSeconds"
  )
  [[ -z ${HERMES_START_SECONDS:-} ]] || start+=(-x HERMES_START_SECONDS)
  if [[ -n $hosts ]]; then
    start+=(--hostfile "$hosts" --map-by node --mca plm rsh)  # orted tidies up what it made in /tmp
  else
    start+=(--mca orte_tmpdir_base "$work")
    ((several_nodes)) || start+=(--mca plm isolated --mca ras ^slurm)
  fi
  for key in "${!mca[@]}"; do start+=(--mca "$key" "${mca[$key]}"); done
else
  # 0 and 0: neither a rank's bad end nor its early end ends the others.
  start=(srun --mpi=pmix --kill-on-bad-exit=0 --wait=0 --input=none)
  if ((components > 1)); then
    start+=(--het-group="0-$((components - 1))")
  else
    start+=(--ntasks="$ranks" --overcommit)
  fi
  for key in "${!mca[@]}"; do export "OMPI_MCA_$key=${mca[$key]}"; done
fi

# Lines of the MPI runtime that say nothing to a user; the program's own lines pass. The filter must
# outlive Ctrl-C, or the ranks' last words are lost.
exec {filtered}> >(trap '' INT TERM HUP
  exec grep --line-buffered -v \
    -e 'PMIX ERROR: BAD-PARAM in file .*pmix_event_notification\.c' \
    -e '^mpirun: Forwarding signal [0-9]* to job$' \
    -e '^srun: error: .*: Exited with exit code [0-9]*$' \
    -e '^srun: Force Terminated StepId=' >&2)
filter_pid=$!

# Own session: Ctrl-C at the terminal must reach this script alone, which passes it on in its way.
setsid "${start[@]}" "$program" "$@" </dev/null 2>&"$filtered" {filtered}>&- &
starter_pid=$!
exec {filtered}>&-

deadline='' why=''
[[ -z $limit ]] || { deadline=$((SECONDS + limit)) why=limit; }

# shellcheck disable=SC2317
orderly_stop() {
  if [[ $why == stop ]]; then
    deadline=$SECONDS
    return
  fi
  deadline=$((SECONDS + kStopSeconds)) why=stop owed+=(USR1)
}
trap orderly_stop TERM INT HUP

running() { kill -0 "$starter_pid" 2>/dev/null; }

# TERM, then KILL to mpirun and to the ranks it started here (a stopped rank hears nothing else).
end_job() {
  local children
  children=$(cat /proc/"$starter_pid"/task/*/children 2>/dev/null)
  kill -TERM "$starter_pid" 2>/dev/null
  local patience=$((SECONDS + 2 * kTermSeconds + 2))
  while running && ((SECONDS < patience)); do sleep 0.1; done
  # shellcheck disable=SC2086  # a list of process ids
  ! running || kill -KILL "$starter_pid" $children 2>/dev/null
}

while running; do
  if [[ $why != result && -s $HERMES_RESULT_FILE ]]; then
    deadline=$((SECONDS + grace)) why=result
  fi
  if [[ -n $deadline ]] && ((SECONDS >= deadline)); then
    end_job
    break
  fi
  if ((${#owed[@]} > 0)) && [[ -e $HERMES_RESULT_FILE ]]; then
    kill -"${owed[0]}" "$starter_pid" 2>/dev/null
    owed=("${owed[@]:1}")
  fi
  sleep 0.1
done
trap '' TERM INT HUP USR1 USR2
wait "$starter_pid" 2>/dev/null
starter_pid=''
wait "$filter_pid" 2>/dev/null

code=$(cat "$HERMES_RESULT_FILE" 2>/dev/null)
if [[ $code =~ ^[0-9]{1,3}$ ]]; then
  exit "$code"
fi
if [[ $why == limit ]] && ((SECONDS >= deadline)); then
  echo "launch.sh: stopped at the time limit of $limit s" >&2
  exit 124
fi
echo "launch.sh: rank 0 ended without a result (it crashed, was killed or is not a hermes program)" >&2
exit 70
