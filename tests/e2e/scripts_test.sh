#!/usr/bin/env bash
# Every shell script of the project parses, can be run, and pleases shellcheck where that is
# installed: scripts_test.sh SOURCE_DIR
set -uo pipefail
cd "$1" || exit 2

mapfile -t scripts < <(
  find jobs data tests bench models .ci -type f \
    -exec awk 'FNR == 1 && /^#!.*(bash|\/sh)/ { print FILENAME } { nextfile }' {} +
)
((${#scripts[@]} > 0)) || { echo "no scripts found below $1"; exit 1; }

failures=0
fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

for script in "${scripts[@]}"; do
  bash -n "$script" || fail "$script does not parse"
  # data/common.sh and its like are read, not run.
  [[ -x $script ]] || grep -rqE "(source|\.) .*${script##*/}" jobs data tests bench .ci ||
    fail "$script cannot be executed, and nobody sources it"
done

if command -v shellcheck >/dev/null; then
  shellcheck --external-sources --source-path=SCRIPTDIR --severity=warning "${scripts[@]}" ||
    fail "shellcheck"
else
  echo "shellcheck is not installed: only the syntax was checked"
fi

# Slurm's warning may come just when the job is done.
for ((run = 0; run < 25; run++)); do
  env SLURM_JOB_ID=1 bash -c '. jobs/slurm_job.sh; run_job bash -c "kill -USR1 \$PPID; exit 7"' >/dev/null 2>&1
  code=$?
  ((code == 7)) || fail "a warning at the end of a job: expected its exit code 7, found $code"
done

# As installed: a copy of a job script finds the rest through the hermes in PATH.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch"/{bin,elsewhere/bin,mine,share/hermes}
cp -r jobs "$scratch/share/hermes/"
printf '#!/bin/sh\necho "$@" >arguments\necho 0 >"$HERMES_RESULT_FILE"\n' >"$scratch/bin/hermes"
printf '#!/bin/sh\nuntil [ "${1##*/}" = hermes ]; do shift; done\nexec "$@"\n' | tee "$scratch/bin/mpirun" >"$scratch/bin/srun"
chmod +x "$scratch"/bin/*
cp "$scratch/bin/hermes" "$scratch/elsewhere/bin/"

# submit SCRIPT PLACE: runs a copy of it where there is no jobs/, with the hermes of that place.
submit() {
  cp "jobs/$1" "$scratch/mine/"
  env PATH="$scratch/$2:$PATH" SLURM_JOB_ID=1 SLURM_NTASKS=1 SLURM_SUBMIT_DIR="$scratch/mine" \
    bash "$scratch/mine/$1" 2>&1
}
for script in train.slurm train_srun.slurm train_het.slurm; do
  rm -f "$scratch/mine/arguments"
  said=$(submit "$script" bin) || fail "$script as installed: exit code $?: $said"
  found=$(cat "$scratch/mine/arguments")
  [[ $found == "train $scratch/bin/../share/hermes/jobs/fashion_mnist.toml --out runs/1 --resume" ]] ||
    fail "$script as installed: $found"
  said=$(submit "$script" elsewhere/bin)
  code=$?
  ((code == 2)) && [[ $said == "$script: expected jobs/ in $scratch/mine or an installed hermes in PATH, found neither" ]] ||
    fail "$script without its companions: exit code $code: $said"
done
said=$("$scratch/share/hermes/jobs/simulate.sh" --platform jobs/platforms/lan8.xml -- train jobs/smoke.toml 2>&1)
code=$?
((code == 2)) && [[ $said == "simulate.sh: simulations need the source tree of hermes, which $scratch/share/hermes is not" ]] ||
  fail "simulate.sh as installed: exit code $code: $said"

for configuration in jobs/*.toml; do
  grep -q '^file = "models/.*\.toml"' "$configuration" || fail "$configuration names no model"
  model=$(sed -n 's/^file = "\(models\/.*\.toml\)".*/\1/p' "$configuration")
  [[ -f $model ]] || fail "$configuration: no such model: $model"
done

if ((failures > 0)); then
  echo "$failures check(s) failed"
  exit 1
fi
echo "${#scripts[@]} scripts are fine"
