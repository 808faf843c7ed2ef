#!/usr/bin/env bash
# Makes FILE.h5 (data/mnist.h5) of MNIST, downloaded into raw/ beside it (checksums verified) or taken from DIR.
# usage: data/mnist.sh [--from DIR] [--out FILE.h5] [--limit N] [--force]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"

mirrors=(https://ossci-datasets.s3.amazonaws.com/mnist https://storage.googleapis.com/cvdf-datasets/mnist)
from=
out=$here/mnist.h5
parse_arguments "$@"
skip_when_done
check_out

if [[ -z $from ]]; then
  from=$(dirname "$out")/raw/mnist
  fetch train-images-idx3-ubyte.gz 440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609
  fetch train-labels-idx1-ubyte.gz 3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c
  fetch t10k-images-idx3-ubyte.gz 8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6
  fetch t10k-labels-idx1-ubyte.gz f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6
fi
[[ -d $from ]] || fail "no directory $from"
convert_idx_directory
