# Network policy: each refusal is seen beside something that is allowed, and goes away with the policy.
# shellcheck shell=bash

apply_policy() { jq -n --arg name "$1" --argjson spec "$2" '
  {apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: {name: $name, namespace: "smoke"}, spec: $spec}' | k apply -f - >/dev/null; }

case_without_a_policy_all_is_open() {
  local address
  reaches a "$(pod_address b)" 8080
  reaches a "$API_ADDRESS" 6443
  for address in "${OUTSIDE_ADDRESSES[@]}"; do fetches a "http://$address:8080/" "$address"; done
}

case_a_policy_denies_and_allows_by_selector() {
  apply_policy deny '{"podSelector": {}, "policyTypes": ["Ingress"]}'
  wait_until 10 refused a "$(pod_address b)" 8080
  apply_policy allow '{"podSelector": {"matchLabels": {"name": "b"}}, "ingress": [
    {"from": [{"podSelector": {"matchLabels": {"name": "a"}}}], "ports": [{"port": 8080}]}]}'
  wait_until 10 reaches a "$(pod_address b)" 8080
  refused b "$(pod_address a)" 8080
}

case_a_policy_limits_the_way_out() {
  apply_policy out '{"podSelector": {"matchLabels": {"name": "a"}}, "policyTypes": ["Egress"], "egress": [
    {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "192.0.2.0/26", "192.0.2.200/32", "169.254.169.254/32"]}}]}]}'
  wait_until 10 refused a "${OUTSIDE_ADDRESSES[1]}" 8080
  refused a "${OUTSIDE_ADDRESSES[2]}" 80
  refused a "$API_ADDRESS" 6443
  refused a "$(pod_address b)" 8080
  reaches a "${OUTSIDE_ADDRESSES[0]}" 8080
  reaches b "${OUTSIDE_ADDRESSES[1]}" 8080
}

case_removed_policies_open_again() {
  k delete networkpolicy --all
  wait_until 10 reaches b "$(pod_address a)" 8080
  wait_until 10 reaches a "${OUTSIDE_ADDRESSES[1]}" 8080
  wait_until 10 reaches a "$(pod_address b)" 8080
}
