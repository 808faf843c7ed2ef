#!/usr/bin/env bash
# From a fresh clone to a trained network: packages, build, data, one parameter server and four
# workers on Fashion-MNIST. Arguments go to `hermes train`, for instance:
#
#   jobs/quickstart.sh --set strategy.type=bsp
#
# Works as root and as a user (sudo only where packages are missing), with fewer cores than ranks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

heading() { printf '\n== [%3d s] %s\n' "$SECONDS" "$1"; }

heading "packages"
jobs/packages.sh build

heading "build"
# A tree that is configured stays as it is: tests/run.sh uses the same one, with tests.
if [[ ! -f build/release/build.ninja ]]; then
  if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
  cmake --preset release -DHERMES_UNITY=ON -DHERMES_BUILD_TESTS=OFF -DHERMES_BUILD_BENCH=OFF --log-level=WARNING >/dev/null
fi
cmake --build build/release --target src/cli/all

heading "data: Fashion-MNIST"
data/fashion_mnist.sh

heading "train: 1 parameter server, 4 workers"
code=0
jobs/launch.sh -n 5 -- hermes train jobs/fashion_mnist.toml "$@" || code=$?

if ((code == 0)); then
  heading "done"
  cat <<'NEXT'
What next:
  jobs/quickstart.sh --set strategy.type=bsp     the same with a barrier after every round (or asp)
  jobs/launch.sh -n 9 -- hermes train jobs/fashion_mnist.toml     eight workers
  build/release/src/cli/hermes report runs/fashion-mnist          plots and tables of the run as one page
  build/release/src/cli/hermes --help            every other command
  tests/run.sh                                   build and run all tests
NEXT
elif ((code == 75)); then
  heading "stopped early; go on with: jobs/quickstart.sh --resume"
else
  heading "failed with exit code $code" >&2
fi
exit "$code"
