# What Slurm's signals mean for a training run. Read by jobs/train*.slurm, not run by itself:
#
#   run_job COMMAND...
#
# runs the command and ends the job with its exit code: 0, or a failure that stays one. Only 75
# (stopped early with a checkpoint) puts the job back into the queue, under the same id, so that
# the same script goes on from the checkpoint.
#
# USR1 is Slurm's warning before the time limit (#SBATCH --signal=B:USR1@SECONDS): the command gets
# it and saves its work. TERM is the end itself (scancel, or a time limit without a warning): the
# command gets it too, but nobody wants the job back.
# shellcheck shell=bash

readonly kRestartsMax=100  # a time limit that is too short to get anywhere must not go on for ever

job_says() { echo "== $(date '+%F %T') job $SLURM_JOB_ID: $1"; }

run_job() {
  local restarts=${SLURM_RESTART_COUNT:-0} cancelled=0 signals=() command code
  job_says "start $((restarts + 1)) on ${SLURM_JOB_NODELIST:-?}: $*"
  trap 'signals+=(USR1)' USR1
  trap 'signals+=(TERM)' TERM
  "$@" &
  command=$!
  # No wait while signals may come: bash 5.2 forgets the exit code when both come at once.
  while kill -0 "$command" 2>/dev/null; do
    sleep 0.2
    if ((${#signals[@]} > 0)); then
      case ${signals[0]} in
        USR1) job_says "warned: saving" ;;
        TERM) cancelled=1; job_says "told to end" ;;
      esac
      kill -"${signals[0]}" "$command" 2>/dev/null
      signals=("${signals[@]:1}")
    fi
  done
  trap '' USR1 TERM
  wait "$command"
  code=$?

  if ((code != 75)); then
    job_says "ended with exit code $code"
  elif ((cancelled)); then
    job_says "stopped early; go on with: scontrol requeue $SLURM_JOB_ID"
  elif ((restarts >= kRestartsMax)); then
    job_says "stopped early for the $((restarts + 1))th time: not put back into the queue"
  else
    job_says "stopped early: back into the queue"
    trap 'exit 75' TERM  # what Slurm does to this script when it takes the job back
    if scontrol requeue "$SLURM_JOB_ID"; then
      sleep 600 &
      wait "$!"
    fi
    job_says "could not be put back into the queue"
  fi
  exit "$code"
}
