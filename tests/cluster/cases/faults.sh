# Lost nodes, lost parts of the control plane, simulated nodes.
# shellcheck shell=bash

not_ready() { kubectl_admin get node "$1" --no-headers | grep -q NotReady; }

case_a_lost_node_is_noticed() {
  local started=$SECONDS
  "$CLUSTER_HOME/cluster" lose-node node-2
  [ "$SECONDS" -le $((started + 10)) ]
  wait_until 30 not_ready node-2
  refused a "$(pod_address b)" 8080
  fetches a "http://$(pod_address a):8080/" a
}

case_the_lost_node_comes_back() {
  "$CLUSTER_HOME/cluster" restore-node node-2
  k delete pod b --force --grace-period=0
  server b node-2 | k apply -f -
  await_pod b condition=Ready
  wait_until 15 fetches a "http://$(pod_address b):8080/" b
  wait_until 15 fetches b "http://$(pod_address a):8080/" a
}

case_policy_holds_after_the_return() {
  apply_policy deny '{"podSelector": {"matchLabels": {"name": "b"}}, "policyTypes": ["Ingress"]}'
  wait_until 10 refused a "$(pod_address b)" 8080
  k delete networkpolicy deny
  wait_until 10 reaches a "$(pod_address b)" 8080
}

case_etcd_and_api_server_restart() {
  "$CLUSTER_HOME/cluster" halt etcd
  "$CLUSTER_HOME/cluster" halt apiserver
  ! kubectl_admin get --raw /readyz --request-timeout=2s
  "$CLUSTER_HOME/cluster" resume etcd
  "$CLUSTER_HOME/cluster" resume apiserver
  wait_until 60 kubectl_admin get --raw /readyz
  fetches a "http://$(pod_address b):8080/" b
}

fake_pods_run() { [ "$(k get pods -l fake=yes --no-headers | grep -cw Running)" -eq 20 ]; }

case_simulated_nodes_take_pods() {
  local number
  "$CLUSTER_HOME/cluster" fake-nodes 5
  for number in $(seq 20); do
    pod "fake-$number" '{"nodeSelector": {"type": "fake"}, "tolerations": [{"operator": "Exists"}]}' true |
      jq -c '.metadata.labels = {fake: "yes"}'
  done | k apply -f - >/dev/null
  wait_until 60 fake_pods_run
}
