# Volumes made on demand.
# shellcheck shell=bash

volume_pod() {
  pod "$1" '{"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "home"}}],
    "main": {"volumeMounts": [{"name": "v", "mountPath": "/home/student"}],
             "securityContext": {"runAsUser": 1000, "runAsNonRoot": true, "allowPrivilegeEscalation": false,
                                 "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}}}' "$2"
}

case_a_claim_is_bound_and_kept() {
  echo '{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "home"}, "spec": {
    "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Mi"}}}}' | k apply -f -
  volume_pod writer 'echo homework >/home/student/file' | run_to_end writer Succeeded
  k delete pod writer --wait
  volume_pod reader 'cat /home/student/file' | run_to_end reader Succeeded
  [ "$(k logs reader)" = homework ]
}

no_volume() { [ -z "$(kubectl_admin get persistentvolumes -o name)" ] && [ -z "$(find "$RUN_DIR"/node-*/volumes -mindepth 1)" ]; }

case_a_deleted_claim_leaves_nothing() {
  k delete pod reader --wait
  k delete persistentvolumeclaim home --wait
  wait_until 30 no_volume
}
