# What makes a cluster of the bare control plane: Cilium's types, DNS, storage, simulated nodes, an outside.
# shellcheck shell=bash

# apply_addons: DNS, storage, and Cilium's types. Those its operator would make; it cannot be built, and its other
# duties are not needed on two nodes. The agents wait for the types.
apply_addons() {
  render coredns.yaml REGISTRY="$REGISTRY_NAME" DNS="$DNS_ADDRESS" >"$RUN_DIR/coredns.yaml"
  kubectl_admin create --validate=ignore -f "$(part_dir cilium)/crds/v2" -f "$(part_dir cilium)/crds/v2alpha1" \
    -f "$RUN_DIR/coredns.yaml" -f "$CLUSTER_HOME/config/storage.yaml" >"$LOG_DIR/addons.log" 2>&1 ||
    { cat "$LOG_DIR/addons.log" >&2; return 1; }
}

# The provisioner runs beside the control plane; what it starts on a node is a pod.
start_provisioner() {
  render volume-pod.yaml REGISTRY="$REGISTRY_NAME" >"$RUN_DIR/volume-pod.yaml"
  start_process provisioner "$HUB" "$(part_dir provisioner)/local-path-provisioner" start \
    --kubeconfig "$PKI_DIR/provisioner.kubeconfig" --namespace local-path-storage \
    --config "$CLUSTER_HOME/config/volume-folders.json" --helper-pod-file "$RUN_DIR/volume-pod.yaml" --helper-image "$REGISTRY_NAME/shell:1"
}

# start_outside: a web server on each outside address, port 80 and 8080, so that a refused one can be told from a missing one.
start_outside() {
  local address port folder=$RUN_DIR/outside
  mkdir -p "$folder"
  for address in "${OUTSIDE_ADDRESSES[@]}"; do
    mkdir -p "$folder/$address"
    echo "$address" >"$folder/$address/index.html"
    for port in 80 8080; do
      start_process "outside-$address-$port" "$HUB" "$(tools_dir)/bin/busybox" httpd -f -p "$address:$port" -h "$folder/$address"
    done
  done
}

# make_fake_nodes COUNT: fake-0 and on, whose pods kwok reports as running.
make_fake_nodes() {
  local number
  if ! [[ ${1:-} =~ ^[1-9][0-9]{0,2}$ ]]; then
    echo "error: fake-nodes wants a number from 1 to 999" >&2
    return 2
  fi
  process_id kwok >/dev/null || start_kwok
  for ((number = 0; number < $1; number++)); do render fake-node.yaml NAME="fake-$number"; done |
    kubectl_admin apply --server-side --force-conflicts -f - >/dev/null
  wait_until 60 fake_nodes_are_ready "$1" || { echo "error: kwok's nodes were not ready; see $LOG_DIR/kwok.log" >&2; return 1; }
}

fake_nodes_are_ready() { [ "$(kubectl_admin get nodes -l type=fake --no-headers | grep -cw Ready)" -ge "$1" ]; }

start_kwok() {
  local stage stages=()
  for stage in "$(part_dir kwok)"/stages/*.yaml; do stages+=(--config "$stage"); done
  start_process kwok "$HUB" "$(part_dir kwok)/kwok" --kubeconfig "$PKI_DIR/kwok.kubeconfig" "${stages[@]}" \
    --manage-all-nodes=false --manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake \
    --node-lease-duration-seconds=8
}
