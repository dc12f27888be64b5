# Network namespaces: a star around the hub. Nothing joins the machine's own network.
# shellcheck shell=bash

# in_place PLACE COMMAND...: runs it in the network of the hub or of a node. Not `ip netns exec`: that remounts /sys.
in_place() {
  local place=$1
  shift
  nsenter "--net=$(netns_file "$place")" -- "$@"
}

make_netns() {
  ip netns add "$(netns_of "$1")"
  in_place "$1" ip link set lo up
  in_place "$1" sysctl -qw net.ipv4.ip_forward=1
}

make_hub() {
  local address
  make_netns "$HUB"
  # A bridge without an address of its own takes a port's: a lost node would change the router's address for the others.
  in_place "$HUB" ip link add br0 address 02:00:00:00:00:01 type bridge
  in_place "$HUB" ip link set br0 up
  for address in "$ROUTER_ADDRESS" "$API_ADDRESS" "${OUTSIDE_ADDRESSES[@]:0:2}"; do
    in_place "$HUB" ip addr add "$address/24" dev br0
  done
  for address in "${OUTSIDE_ADDRESSES[@]:2}"; do in_place "$HUB" ip addr add "$address/32" dev lo; done
}

# join_node NODE: a namespace with one cable to the hub; routes to the pods go both ways.
join_node() {
  local node=$1 other
  make_netns "$node"
  in_place "$HUB" ip link add "$node" type veth peer name eth0 netns "$(netns_of "$node")"
  in_place "$HUB" ip link set "$node" master br0 up
  in_place "$HUB" ip route replace "$(node_pod_cidr "$node")" via "$(node_address "$node")"
  in_place "$node" ip addr add "$(node_address "$node")/24" dev eth0
  in_place "$node" ip link set eth0 up
  in_place "$node" ip route add default via "$ROUTER_ADDRESS"
  for other in "${NODES[@]}"; do
    [ "$node" = "$other" ] || in_place "$node" ip route add "$(node_pod_cidr "$other")" via "$(node_address "$other")"
  done
}

has_netns() { [ -e "$(netns_file "$1")" ]; }

# remove_netns PLACE: with it go its cables and routes.
remove_netns() { ! has_netns "$1" || ip netns del "$(netns_of "$1")"; }

# free_port: a TCP port of 127.0.0.1 that nobody listens on, below the range that outgoing connections take.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    [ -n "$(ss -Hltn "sport = :$port")" ] || break
  done
  echo "$port"
}

# forward NAME PORT TARGET: 127.0.0.1:PORT of the machine leads to TARGET as the hub sees it, by way of a Unix socket.
forward() {
  local name=$1 port=$2 target=$3 socket=$RUN_DIR/$1.sock
  start_process "$name-inner" "$HUB" socat "UNIX-LISTEN:$socket,fork,mode=600" "TCP:$target"
  start_process "$name-outer" host socat "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork" "UNIX-CONNECT:$socket"
}
