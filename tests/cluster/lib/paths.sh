# Where everything lies and what it is called. Sourced by every command; it makes nothing.
# shellcheck shell=bash disable=SC2034  # the names are used by whoever sources this

CLUSTER_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PROJECT_HOME=$(cd "$CLUSTER_HOME/../.." && pwd)
CACHE_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/qingjiao/cluster
PARTS_DIR=$CACHE_DIR/parts
BUILD_LOGS=$CACHE_DIR/logs

# Two clusters of one machine differ in this name alone.
CLUSTER_ID=${CLUSTER_ID:-dev}
if ! [[ $CLUSTER_ID =~ ^[a-z][a-z0-9]{0,7}$ ]]; then
  echo "error: CLUSTER_ID is \"$CLUSTER_ID\": use 1 to 8 small letters and digits, a letter first" >&2
  exit 2
fi
RUN_DIR=$CACHE_DIR/run/$CLUSTER_ID
LOG_DIR=$RUN_DIR/log
PKI_DIR=$RUN_DIR/pki
LOCK_FILE=$CACHE_DIR/run/$CLUSTER_ID.lock

NODES=(node-1 node-2)
# The hub is the router between the nodes; the control plane, the registry and "the internet" live in it.
HUB=hub

# netns_of PLACE, netns_file PLACE: the network namespace of the hub or of a node.
netns_of() { echo "test-cluster-$CLUSTER_ID-$1"; }
netns_file() { echo "/run/netns/$(netns_of "$1")"; }
node_dir() { echo "$RUN_DIR/$1"; }
# node_cgroup NODE: its cgroup's name in every hierarchy.
node_cgroup() { netns_of "$1"; }

# Addresses for documentation (RFC 5737), so that nothing real can ever be meant.
ROUTER_ADDRESS=192.0.2.1
API_ADDRESS=192.0.2.10
# Two outside servers, for policies that allow one and deny the other, and the clouds' metadata addresses.
OUTSIDE_ADDRESSES=(192.0.2.100 192.0.2.200 169.254.169.254 100.100.100.200)
REGISTRY_ADDRESS=$ROUTER_ADDRESS:5000
# The name in image references; the nodes know by their mirror configuration where it is.
REGISTRY_NAME=registry.test
POD_CIDR=10.244.0.0/16
SERVICE_CIDR=10.96.0.0/16
DNS_ADDRESS=10.96.0.10

node_address() { echo "192.0.2.1${1#node-}"; }
node_pod_cidr() { echo "10.244.${1#node-}.0/24"; }

is_node() {
  local node
  for node in "${NODES[@]}"; do [ "$1" != "$node" ] || return 0; done
  return 1
}
