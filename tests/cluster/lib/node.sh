# Nodes: each one network, PID, mount and UTS namespace. Killing its first process is a power cut.
# shellcheck shell=bash

# The settings of the machine that a kubelet or Cilium would change, with the values that they want to see.
# A node gets plain files in their place, so that the machine keeps its own.
HOST_SETTINGS=(
  kernel/panic=10 kernel/panic_on_oops=1 kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000
  kernel/timer_migration=0 kernel/unprivileged_bpf_disabled=1 vm/overcommit_memory=1 vm/panic_on_oom=0
)

write_node_config() {
  local node=$1 folder setting
  folder=$(node_dir "$node")
  mkdir -p "$folder"/{kubelet,containerd,log,volumes,tools,sys} "$folder/registries/$REGISTRY_NAME"
  render hosts.toml ADDRESS="$REGISTRY_ADDRESS" >"$folder/registries/$REGISTRY_NAME/hosts.toml"
  render containerd.toml REGISTRY="$REGISTRY_NAME" REGISTRIES="$folder/registries" CNI_BIN="$folder/tools/cni" >"$folder/containerd.toml"
  render kubelet.yaml NODE="$node" PKI="$PKI_DIR" CGROUP="$(node_cgroup "$node")" DNS="$DNS_ADDRESS" >"$folder/kubelet.yaml"
  for setting in "${HOST_SETTINGS[@]}"; do
    mkdir -p "$folder/sys/$(dirname "${setting%=*}")"
    echo "${setting#*=}" >"$folder/sys/${setting%=*}"
  done
  link_node_tools "$folder/tools"
}

# Cilium calls its compiler without a version in the name, and the kubelet's plugins lie in one folder.
link_node_tools() {
  mkdir -p "$1/cni"
  ln -sf "$(command -v clang-19)" "$1/clang"
  ln -sf "$(command -v llc-19)" "$1/llc"
  ln -sf "$(part_dir containerd)/containerd-shim-runc-v2" "$1/containerd-shim-runc-v2"
  ln -sf "$(part_dir cni)/loopback" "$1/cni/loopback"
  ln -sf "$(part_dir cilium)/cilium-cni" "$1/cni/cilium-cni"
}

# cgroup_folders NODE: one in each hierarchy of cgroup v1, or the only one of v2.
cgroup_folders() {
  local hierarchy
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ ! -e "$hierarchy/cgroup.procs" ] || [ -L "$hierarchy" ] || echo "$hierarchy/$(node_cgroup "$1")"
  done
}

make_cgroups() {
  local folder
  for folder in $(cgroup_folders "$1"); do mkdir -p "$folder"; done
}

remove_cgroups() {
  local folder
  for folder in $(cgroup_folders "$1"); do
    [ ! -d "$folder" ] || wait_until 5 remove_cgroup "$folder" || echo "warning: $folder could not be removed" >&2
  done
}

# A cgroup can be removed once its last process is reaped.
remove_cgroup() {
  find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
  [ ! -d "$1" ]
}

start_node() {
  local node=$1
  has_netns "$node" || join_node "$node"
  write_node_config "$node"
  make_cgroups "$node"
  start_process "$node" "$node" unshare --uts --mount --pid --fork --kill-child --mount-proc --propagation private \
    bash "$CLUSTER_HOME/lib/node-init" "$node"
}

# register_node NODE: before its kubelet does, since only so the pod range is known from the first moment.
register_node() { render node.yaml NODE="$1" POD_CIDR="$(node_pod_cidr "$1")" | kubectl_admin apply --server-side --validate=ignore -f - >/dev/null; }

# node_init NODE: the id of its first process. Only the node's namespaces hold it, and with it they end.
node_init() {
  local outer
  outer=$(process_id "$1") || return 1
  read -r outer _ <"/proc/$outer/task/$outer/children"
  echo "$outer"
}

# in_node NODE COMMAND...: runs it with the node's network, processes and mounts.
in_node() {
  local init
  init=$(node_init "$1") || { echo "error: $1 is not running" >&2; return 1; }
  shift
  nsenter -t "$init" --mount --uts --net --pid -- "$@"
}

# lose_node NODE: containerd, kubelet and pods end at once, and the cable is gone. Its disk stays.
lose_node() {
  local init
  if init=$(node_init "$1"); then kill -KILL "$init" 2>/dev/null || true; fi
  stop_process "$1" KILL
  remove_netns "$1"
  remove_cgroups "$1"
}

restore_node() {
  if process_id "$1" >/dev/null; then
    echo "error: $1 is not lost" >&2
    return 1
  fi
  register_node "$1"
  start_node "$1"
  need 60 "$1 was not ready" "$1" node_is_ready "$1"
}

node_is_ready() {
  [ "$(kubectl_admin get node "$1" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')" = True ]
}
