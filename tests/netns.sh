#!/usr/bin/env bash
# Trains on four hosts that are network namespaces of this machine, cuts and slows their links:
#
#   tests/netns.sh [HERMES]      needs root; about two minutes; not part of tests/run.sh
#
# Every host has a hostname and an address (10.77.0.10 and on) of its own; a bridge in a fifth
# namespace joins them. Open MPI sees four machines; its ssh is `ip netns exec`. What is expected of
# the program is in tests/jobs/netns.py.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
hermes=$(realpath "${1:-$root/build/release/src/cli/hermes}")

((EUID == 0)) || { echo "netns.sh: network namespaces need root" >&2; exit 2; }
[[ -x $hermes ]] || { echo "netns.sh: no such program: $hermes" >&2; exit 2; }
for program in ip tc unshare; do
  command -v "$program" >/dev/null || { echo "netns.sh: $program: not found (iproute2, util-linux)" >&2; exit 2; }
done

readonly hosts=4 prefix=hermes$$- network=10.77.0
work=$(mktemp -d)
take_down() {
  local namespace
  for namespace in $(ip netns list | awk '{ print $1 }' | grep "^$prefix"); do ip netns del "$namespace"; done
  rm -rf "$work"
}
trap take_down EXIT
trap 'exit 130' INT TERM

ip netns add "${prefix}switch"
ip -n "${prefix}switch" link add bridge type bridge
ip -n "${prefix}switch" link set bridge up
for ((i = 0; i < hosts; i++)); do
  host=$prefix$i
  ip netns add "$host"
  ip -n "$host" link set lo up
  ip -n "$host" link add eth0 type veth peer name "port$i" netns "${prefix}switch"
  ip -n "${prefix}switch" link set "port$i" master bridge up
  ip -n "$host" addr add "$network.$((10 + i))/24" dev eth0
  ip -n "$host" link set eth0 up
  echo "$network.$((10 + i)) slots=1" >>"$work/hosts"
done

# Called like ssh: [options] ADDRESS COMMAND...
cat >"$work/ssh" <<SSH
#!/usr/bin/env bash
while [[ \$1 == -* ]]; do shift; done
host=$prefix\$((\${1##*.} - 10))
shift
exec ip netns exec "\$host" unshare --uts bash -c "hostname \$host; \$*"
SSH
chmod +x "$work/ssh"

export OMPI_MCA_plm_rsh_agent=$work/ssh OMPI_MCA_btl_tcp_if_include=eth0 OMPI_MCA_oob_tcp_if_include=eth0
# shellcheck disable=SC2016  # expanded by the inner shell
ip netns exec "${prefix}0" unshare --uts bash -c 'hostname "$0"; exec "$@"' "${prefix}0" \
  python3 -B "$root/tests/jobs/netns.py" "$hermes" "$root" "$work/hosts" "$prefix"
