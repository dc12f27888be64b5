# Pods of the smoke test: short ways to make, ask and await them.
# shellcheck shell=bash

SMOKE=smoke

# pod NAME FIELDS COMMAND: prints a pod; FIELDS is an object of further fields of its spec, `main` of its container.
pod() {
  jq -n --arg name "$1" --arg image "$REGISTRY_NAME/shell:1" --arg command "$3" --argjson spec "$2" --arg namespace "$SMOKE" '
    {apiVersion: "v1", kind: "Pod", metadata: {name: $name, namespace: $namespace, labels: {app: "web", name: $name}},
     spec: ({terminationGracePeriodSeconds: 0, restartPolicy: "Never",
             containers: [{name: "main", image: $image, command: ["sh", "-c", $command]}]} + $spec
            | if .main then .containers[0] += .main | del(.main) else . end)}'
}

# server NAME NODE: answers with its own name on port 8080.
server() {
  pod "$1" "{\"nodeName\": \"$2\", \"hostname\": \"$1\", \"subdomain\": \"pair\",
    \"main\": {\"readinessProbe\": {\"httpGet\": {\"path\": \"/\", \"port\": 8080}, \"periodSeconds\": 1}}}" \
    'mkdir /tmp/www; hostname >/tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www'
}

k() { kubectl_admin -n "$SMOKE" "$@"; }
pod_address() { k get pod "$1" -o jsonpath='{.status.podIP}'; }
await_pod() { k wait "pod/$1" --for="$2" --timeout="${3:-60}s" >/dev/null; }
run_to_end() { k apply -f - >/dev/null && await_pod "$1" "jsonpath={.status.phase}=$2" 90; }

# reaches POD ADDRESS PORT, refused POD ADDRESS PORT: a connection within a second, or none. The pod itself must answer.
reaches() { [ "$(try_connection "$@")" = open ]; }
refused() { [ "$(try_connection "$@")" = closed ]; }
# shellcheck disable=SC2016  # the pod's shell expands it
try_connection() { k exec "$1" -- sh -c 'nc -w 1 "$0" "$1" </dev/null >/dev/null 2>&1 && echo open || echo closed' "$2" "$3"; }
# fetches POD URL TEXT
fetches() { [ "$(k exec "$1" -- wget -q -O- "$2" 2>/dev/null)" = "$3" ]; }
