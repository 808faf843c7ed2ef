#!/usr/bin/env bash
# Makes FILE.h5 (data/fashion_mnist.h5) of Fashion-MNIST from Debian's package dataset-fashion-mnist, or taken from DIR.
# usage: data/fashion_mnist.sh [--from DIR] [--out FILE.h5] [--limit N] [--force]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"

from=/usr/share/datasets/fashion-mnist
out=$here/fashion_mnist.h5
parse_arguments "$@"
skip_when_done
check_out

[[ -d $from ]] || fail "no directory $from (apt install dataset-fashion-mnist, or name one with --from DIR)"
convert_idx_directory
