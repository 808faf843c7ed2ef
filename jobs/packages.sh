#!/usr/bin/env bash
# Installs the Debian packages that Hermes needs and that are missing: packages.sh [build] [test] [slurm] [fuzz]
#
# Without arguments: build and test; slurm is what jobs/local_slurm.sh starts, fuzz what
# tests/fuzz.sh compiles with. Asks for root (sudo) only when something is missing.
# HERMES_SKIP_TORCH=1 leaves out python3-torch (large); the test that compares with it is then skipped.
set -euo pipefail

readonly build=(
  g++ cmake ninja-build libopenmpi-dev openmpi-bin libeigen3-dev libopenblas-dev libhdf5-dev
  libboost-serialization-dev libcli11-dev libtomlplusplus-dev libspdlog-dev nlohmann-json3-dev
  zlib1g-dev libpng-dev libjpeg-dev libhwy-dev dataset-fashion-mnist gnuplot-nox
)
readonly test=(
  libgtest-dev libgmock-dev libbenchmark-dev python3 python3-numpy python3-h5py python3-torch
  python3-onnx python3-opencv
  clang-format clang-tidy libsimgrid-dev doxygen environment-modules groff-base chromium
)
readonly slurm=(slurm-wlm munge)
readonly fuzz=(clang libclang-rt-dev)
# Without them tests skip themselves: left out where apt has none (Ubuntu has chromium only as a snap).
readonly optional=' python3-torch libsimgrid-dev doxygen environment-modules groff-base chromium '
readonly oldest_cmake=3.25

fail() {
  echo "packages.sh: $1" >&2
  exit 3
}

# Takes out of missing what is optional and unknown to apt.
drop_unavailable() {
  local package kept=()
  for package in "${missing[@]}"; do
    if [[ $optional == *" $package "* && $(LC_ALL=C apt-cache policy "$package") != *'Candidate: '[!\(]* ]]; then
      echo "packages.sh: apt has no $package: tests that need it will be skipped"
    else
      kept+=("$package")
    fi
  done
  missing=("${kept[@]}")
}

wanted=()
for group in "${@:-all}"; do
  case $group in
    build) wanted+=("${build[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    slurm) wanted+=("${slurm[@]}") ;;
    fuzz) wanted+=("${fuzz[@]}") ;;
    all) wanted+=("${build[@]}" "${test[@]}") ;;
    *) echo "packages.sh: unknown group '$group' (expected: build, test, slurm, fuzz)" >&2; exit 2 ;;
  esac
done

command -v dpkg-query >/dev/null ||
  fail "this is no Debian system; install by hand what matches: ${wanted[*]}"

# One query for all: dpkg-query fails for names it never heard of, but lists the others.
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
missing=() required=0
for package in "${wanted[@]}"; do
  [[ $package != python3-torch || ${HERMES_SKIP_TORCH:-0} != 1 ]] || continue
  if ! grep -qx "$package installed" <<<"$installed"; then
    missing+=("$package")
    [[ $optional == *" $package "* ]] || required=1
  fi
done

((required)) || drop_unavailable  # before anybody is asked for root
if ((${#missing[@]} > 0)); then
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "not root and no sudo; ask an administrator to run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  apt=("${as_root[@]}" env DEBIAN_FRONTEND="${DEBIAN_FRONTEND:-noninteractive}" apt-get -qq -o Dpkg::Use-Pty=0)
  "${apt[@]}" update || fail "apt-get update failed (network? sudo rights?)"
  drop_unavailable
  echo "packages.sh: installing ${missing[*]}"
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get could not install: ${missing[*]}"
fi

found=$(cmake --version | sed -n '1s/[^0-9]*//p')
[[ $(printf '%s\n' "$oldest_cmake" "$found" | sort -V | head -n1) == "$oldest_cmake" ]] ||
  fail "cmake: expected at least $oldest_cmake, found $found ($(command -v cmake))"
