# Nodes, the ways in, pods, names.
# shellcheck shell=bash

case_nodes_are_ready() {
  [ "$(kubectl_admin get nodes --no-headers | awk '$2 == "Ready" && $5 == "v1.34.4"' | wc -l)" -eq 2 ]
}

case_the_machine_reaches_the_api() {
  "$(part_dir kubernetes)/kubectl" --kubeconfig "$("$CLUSTER_HOME/cluster" kubeconfig)" get namespace default
}

case_a_command_enters_the_network() { [ "$("$CLUSTER_HOME/cluster" enter kubectl auth whoami -o jsonpath='{.status.userInfo.username}')" = admin ]; }

case_pods_start() {
  wait_until 20 k get serviceaccount default
  { server a node-1; server b node-2; } | k apply -f -
  await_pod a condition=Ready
  await_pod b condition=Ready
}

case_pods_reach_each_other() {
  fetches a "http://$(pod_address b):8080/" b
  fetches b "http://$(pod_address a):8080/" a
}

case_names_resolve() {
  wait_until 15 fetches a http://b.pair.smoke.svc.cluster.local:8080/ b
  wait_until 15 fetches b http://a.pair:8080/ a
  k exec b -- wget -q -O- http://web.smoke.svc.cluster.local/
}

case_exec_and_logs_work() {
  [ "$(echo kept | k exec -i a -- cat)" = kept ]
  pod talker '{}' 'echo said' | run_to_end talker Succeeded
  [ "$(k logs talker)" = said ]
}

case_the_network_namespace_reaches_pods() { in_place "$HUB" timeout 2 bash -c ": </dev/tcp/$(pod_address b)/8080"; }

case_strangers_have_no_rights() {
  local answer
  answer=$(kubectl_admin auth can-i list secrets -A --as=system:serviceaccount:smoke:default) || true
  [ "$answer" = no ]
}

case_a_restricted_namespace_refuses_privilege() {
  local answer
  kubectl_admin create namespace restricted
  kubectl_admin label namespace restricted pod-security.kubernetes.io/enforce=restricted
  answer=$(pod root '{"main": {"securityContext": {"privileged": true}}}' true | jq '.metadata.namespace = "restricted"' |
    kubectl_admin apply -f - 2>&1) || true
  grep 'violates PodSecurity' <<<"$answer"
}

case_requests_are_counted() {
  grep '"username":"admin"' "$LOG_DIR/audit.log" | grep '"resource":"pods"' | grep -q '"verb":"create"\|"verb":"patch"'
}

case_a_pushed_image_runs() {
  local work name
  work=$(mktemp -d)
  echo pushed >"$work/note"
  tar -C "$work" -cf "$work/layer.tar" note
  in_place "$HUB" "$(part_dir crane)/crane" append --insecure -b "$REGISTRY_ADDRESS/shell:1" -f "$work/layer.tar" \
    -t noted:1 -o "$work/image.tar"
  name=$("$CLUSTER_HOME/cluster" push "$work/image.tar" noted:1)
  rm -rf "$work"
  pod noted "{\"main\": {\"image\": \"$name\"}}" 'cat /note' | run_to_end noted Succeeded
  [ "$(k logs noted)" = pushed ]
}
