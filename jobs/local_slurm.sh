#!/usr/bin/env bash
# A throwaway Slurm on this machine, to try job scripts and to test them:
#
#   jobs/local_slurm.sh start [-d DIR] [-n NODES] [-c CPUS]
#   eval "$(jobs/local_slurm.sh env [-d DIR])"      then sbatch, squeue, srun, scancel as usual
#   jobs/local_slurm.sh stop [-d DIR]               ends its jobs and daemons, removes DIR
#
#   -d DIR    where all of it lives: key, sockets, state, logs (default: /tmp/hermes-slurm-UID)
#   -n NODES  virtual nodes of this one machine (default: 5)
#   -c CPUS   of each node, as told to Slurm; they are not reserved (default: 8)
#
# munged, slurmctld and a slurmd for each node, on loopback, with a key of their own; a Slurm or
# munge that is installed here for real is neither used nor disturbed. Jobs run as the user who
# started it: root is not needed. Nothing is limited: no accounting, no cgroups, no CPU binding.
# Exit codes: 0 done, 2 bad usage, 3 failed, 77 Slurm is not installed.
set -uo pipefail

readonly kMark='# made by jobs/local_slurm.sh'
PATH=$PATH:/usr/sbin:/sbin

usage_error() {
  echo "local_slurm.sh: $1 (usage: local_slurm.sh start|stop|env [-d DIR] [-n NODES] [-c CPUS])" >&2
  exit 2
}
fail() {
  echo "local_slurm.sh: $1" >&2
  exit 3
}

command=${1:-}
[[ $command =~ ^(start|stop|env)$ ]] || usage_error "expected start, stop or env, found '$command'"
shift
directory=/tmp/hermes-slurm-$UID nodes=5 cpus=8
while getopts :d:n:c: option; do
  case $option in
    d) directory=$OPTARG ;;
    n) nodes=$OPTARG ;;
    c) cpus=$OPTARG ;;
    *) usage_error "unknown option or missing value: -$OPTARG" ;;
  esac
done
shift $((OPTIND - 1))
(($# == 0)) || usage_error "unknown argument: $1"
[[ $nodes =~ ^[1-9][0-9]?$ ]] || usage_error "-n: expected 1 to 99 nodes, found '$nodes'"
[[ $cpus =~ ^[1-9][0-9]{0,3}$ ]] || usage_error "-c: expected 1 to 9999 CPUs, found '$cpus'"
directory=$(realpath -m -- "$directory") || exit 3
# munge.sock is its longest name; Unix sockets have names of at most 107 bytes.
((${#directory} <= 90)) || usage_error "-d: expected at most 90 characters, found ${#directory}"
[[ $directory =~ ^[A-Za-z0-9_./-]+$ ]] || usage_error "-d: expected letters, digits and _ . / -, found '$directory'"
readonly directory nodes cpus
readonly configuration=$directory/slurm.conf

# wait_for SECONDS COMMAND...
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

is_ours() { [[ -f $configuration && $(head -n 1 "$configuration") == "$kMark" ]]; }

print_env() {
  is_ours || fail "$directory: no Slurm was started there"
  # Virtual nodes of one machine meet on loopback, whatever other networks it has.
  cat <<ENV
export SLURM_CONF=$configuration
export OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ENV
}

# Prints the first of enough consecutive ports that nobody listens on.
free_ports() {
  local first port
  for ((first = 17100; first < 19000; first += 100)); do
    for ((port = first; port <= first + nodes; port++)); do
      ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || continue 2
    done
    echo "$first"
    return
  done
  return 1
}

write_configuration() {
  local port=$1 host=$2 user=$3 node
  cat <<CONF
$kMark
ClusterName=local
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
CredType=cred/munge
# A requeued job waits for the end of its old credential: 120 s by default.
AuthInfo=socket=$directory/munge.sock,cred_expire=5
StateSaveLocation=$directory/state
SlurmdSpoolDir=$directory/spool/%n
SlurmctldPidFile=$directory/pid/slurmctld
SlurmdPidFile=$directory/pid/slurmd-%n
SlurmctldLogFile=$directory/log/slurmctld
SlurmdLogFile=$directory/log/slurmd-%n
# Nodes of one machine must not share it: srun --mpi=pmix names its files by job and step alone.
TmpFS=$directory/tmp/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
JobRequeue=1
KillWait=5
MinJobAge=3600
PropagateResourceLimits=NONE
PartitionName=main Nodes=n[1-$nodes] Default=YES MaxTime=UNLIMITED State=UP
CONF
  for ((node = 1; node <= nodes; node++)); do
    echo "NodeName=n$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + node)) CPUs=$cpus RealMemory=1000"
  done
}

start_munged() {
  # --force: it would rather not have its socket below a directory like /tmp.
  munged --force --key-file="$directory/munge.key" --socket="$directory/munge.sock" \
    --pid-file="$directory/pid/munged" --log-file="$directory/log/munged" \
    --seed-file="$directory/munge.seed" --num-threads=2 2>>"$directory/log/start"
}

# shellcheck disable=SC2015  # give_up whatever fails
start() {
  local missing=() program
  for program in munged munge slurmctld slurmd sbatch srun; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  if ((${#missing[@]} > 0)); then
    echo "local_slurm.sh: not found: ${missing[*]}; on Debian: apt-get install slurm-wlm munge (jobs/packages.sh slurm)" >&2
    exit 77
  fi
  ! is_ours || fail "$directory: a Slurm was started there already (stop it first)"
  [[ ! -e $directory || -z $(ls -A "$directory") ]] || fail "$directory: expected an empty directory or none"

  local node port
  port=$(free_ports) || fail "no free ports between 17100 and 19000"
  mkdir -p "$directory"/{pid,log,state,spool,tmp} && chmod 755 "$directory" || exit 3
  for ((node = 1; node <= nodes; node++)); do
    mkdir "$directory/spool/n$node" "$directory/tmp/n$node" || exit 3
  done
  write_configuration "$port" "$(hostname -s)" "$(id -un)" >"$configuration"
  echo "CgroupPlugin=cgroup/v1" >"$directory/cgroup.conf"  # none is used; asking for one would fail
  (umask 077 && head -c 1024 /dev/urandom >"$directory/munge.key")
  eval "$(print_env)"
  start_munged && wait_for 10 munge -n -S "$directory/munge.sock" || give_up munged
  slurmctld -f "$configuration" -c 2>>"$directory/log/start" && wait_for 20 scontrol ping || give_up slurmctld
  for ((node = 1; node <= nodes; node++)); do
    slurmd -f "$configuration" -N "n$node" 2>>"$directory/log/start" || give_up "slurmd of n$node"
  done
  wait_for 30 all_idle || give_up "a node"
  echo "local_slurm.sh: $nodes nodes in $directory; next: eval \"\$($0 env -d $directory)\""
}
# shellcheck disable=SC2317  # called by wait_for
all_idle() { [[ $(sinfo -h -N -t idle -o %N | wc -l) == "$nodes" ]]; }

give_up() {
  tail -n 5 "$directory"/log/* >&2
  stop
  fail "$1 did not come up; its last words are above"
}

# daemons NAME: the process ids that NAME* left in pid/, of processes that are still ours.
daemons() {
  local file pid
  for file in "$directory/pid/$1"*; do
    pid=$(cat "$file" 2>/dev/null) || continue
    # munged names the directory in its arguments, the others in their arguments or environment.
    if tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$directory/" ||
       { tr '\0' '\n' <"/proc/$pid/environ"; } 2>/dev/null | grep -qxF "SLURM_CONF=$configuration"; then
      echo "$pid"
    fi
  done
}
# shellcheck disable=SC2317  # called by wait_for
gone() { [[ -z $(daemons "$1") ]]; }

stop() {
  is_ours || fail "$directory: no Slurm was started there"
  eval "$(print_env)"
  if timeout 5 squeue -h >/dev/null 2>&1; then
    timeout 5 squeue -h -o %A | xargs -r timeout 5 scancel 2>/dev/null
    wait_for 15 no_jobs || echo "local_slurm.sh: some job would not end" >&2
  fi
  local name pid
  for name in slurmd- slurmctld munged; do
    daemons "$name" | xargs -r kill -TERM 2>/dev/null
    wait_for 10 gone "$name" || daemons "$name" | xargs -r kill -KILL 2>/dev/null
  done
  # Step daemons outlive a slurmd; only those of this instance.
  for pid in $(pgrep -x slurmstepd); do
    { tr '\0' '\n' <"/proc/$pid/environ"; } 2>/dev/null | grep -qxF "SLURM_CONF=$configuration" &&
      kill -KILL "$pid" 2>/dev/null
  done
  rm -rf "$directory"
}
# shellcheck disable=SC2317  # called by wait_for
no_jobs() { [[ -z $(timeout 5 squeue -h) ]]; }

case $command in
  start) start ;;
  stop) stop ;;
  env) print_env ;;
esac
