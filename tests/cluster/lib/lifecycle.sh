# Bringing the cluster up and down. Down is complete whatever state it finds, also that of a killed start.
# shellcheck shell=bash

# Those that faults are made of: each has a function start_NAME.
CONTROL_PARTS=(etcd apiserver controller-manager scheduler provisioner registry)
PACKAGES=(clang-19 llvm-19 runc iptables ipset iproute2 socat openssl jq)

require_root() {
  [ "$(id -u)" -eq 0 ] || { echo "error: the cluster makes namespaces and mounts; run it as root" >&2; return 1; }
  case $CACHE_DIR in
    /run/* | /var/lib/* | /opt/*) echo "error: nodes hide /run, /opt and /var/lib; set XDG_CACHE_HOME to another place" >&2; return 1 ;;
  esac
}

# build_cluster: one at a time for all clusters of this user (descriptor 8), since they share the cache.
build_cluster() {
  local part started=$SECONDS
  command -v go >/dev/null || { echo "error: the parts are built from source; install Go 1.26 or newer" >&2; return 1; }
  mkdir -p "$CACHE_DIR"
  exec 8>"$CACHE_DIR/build.lock"
  flock 8
  "$PROJECT_HOME/scripts/deps" "${PACKAGES[@]}"
  for part in "${PARTS[@]}"; do build_part "$part"; done
  build_images
  exec 8>&-
  echo "everything is built (in $((SECONDS - started)) s) in $PARTS_DIR"
}

is_built() {
  local part
  for part in "${PARTS[@]}"; do [ -d "$(part_dir "$part")" ] || return 1; done
  [ -d "$(images_dir)" ] && [ -d "$(tools_dir)" ]
}

# The host's way in: two ports of 127.0.0.1, one kubeconfig.
open_doors() {
  local api_port registry_port
  api_port=$(free_port)
  forward api "$api_port" "$API_ADDRESS:6443"
  registry_port=$(free_port)
  forward registry "$registry_port" "$REGISTRY_ADDRESS"
  echo "127.0.0.1:$registry_port" >"$RUN_DIR/registry-address"
  write_kubeconfig "$RUN_DIR/kubeconfig" admin "https://127.0.0.1:$api_port"
}

start_base() {
  mkdir -p "$LOG_DIR"
  make_hub
  start_registry
  start_outside
  make_pki
}

start_nodes() {
  local node
  for node in "${NODES[@]}"; do
    register_node "$node"
    start_node "$node"
  done
  apply_addons
  start_provisioner
}

await_nodes() {
  local node
  for node in "${NODES[@]}"; do need 90 "$node was not ready" "$node-kubelet" node_is_ready "$node"; done
}

await_dns() { kubectl_admin rollout status -n kube-system deployment/coredns --timeout=90s >/dev/null; }

start_cluster() {
  local started=$SECONDS
  if [ -e "$RUN_DIR/started" ] && is_whole; then
    echo "$RUN_DIR/kubeconfig"
    return 0
  fi
  is_built || build_cluster
  step "clean" remove_run
  step "network, registry, keys" start_base
  step "control plane" start_control_plane
  step "doors" open_doors
  step "nodes" start_nodes
  step "nodes ready" await_nodes
  step "dns ready" await_dns
  touch "$RUN_DIR/started"
  echo "started in $((SECONDS - started)) s; the kubeconfig:"
  echo "$RUN_DIR/kubeconfig"
}

# is_whole: nothing is lost, halted or dead.
is_whole() {
  local name
  for name in "${CONTROL_PARTS[@]}" "${NODES[@]}" {api,registry}-{inner,outer}; do
    process_id "$name" >/dev/null || return 1
  done
}

# remove_run: ends everything of this run and removes its traces. A step that finds nothing to do is no failure.
remove_run() {
  local node file
  # All are told to end before the first is waited for. The nodes' first, or their pods would see the rest go.
  for node in "${NODES[@]}"; do lose_node "$node"; done
  for file in "$RUN_DIR"/pid/*; do signal_process "$(basename "$file")" KILL; done
  for file in "$RUN_DIR"/pid/*; do [ ! -e "$file" ] || stop_process "$(basename "$file")" KILL; done
  stop_leftovers
  unmount_run
  remove_netns "$HUB"
  rm -rf "$RUN_DIR"
}

# unmount_run: nodes mount in namespaces of their own, so this finds something only after an accident.
unmount_run() {
  local mount
  while read -r mount; do umount --lazy "$mount"; done < <(awk -v run="$RUN_DIR/" 'index($2, run) == 1 { print $2 }' /proc/mounts | sort -r)
}

# leftovers: prints what a stop should have removed.
leftovers() {
  local place folder
  leftover_processes
  for place in "$HUB" "${NODES[@]}"; do ! has_netns "$place" || netns_file "$place"; done
  for place in "${NODES[@]}"; do
    for folder in $(cgroup_folders "$place"); do [ ! -d "$folder" ] || echo "$folder"; done
  done
  awk -v run="$RUN_DIR/" 'index($2, run) == 1 { print $2 }' /proc/mounts
  [ ! -e "$RUN_DIR" ] || echo "$RUN_DIR"
}
