# The control plane: etcd, API server, controller manager, scheduler, all in the hub.
# shellcheck shell=bash

AUDIT_LOG_MB=200

# kubectl_admin ARGUMENTS...: from inside, so that it works before the forward to the machine does.
kubectl_admin() {
  in_place "$HUB" "$(part_dir kubernetes)/kubectl" --kubeconfig "$PKI_DIR/admin.kubeconfig" "$@"
}

start_etcd() {
  start_process etcd "$HUB" "$(part_dir etcd)/etcd" --name test --data-dir "$RUN_DIR/etcd" --unsafe-no-fsync \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster test=http://127.0.0.1:2380
}

# --enable-aggregator-routing: the hub has no kube-proxy, so webhooks behind a Service are called at its endpoints.
start_apiserver() {
  start_process apiserver "$HUB" "$(part_dir kubernetes)/kube-apiserver" \
    --etcd-servers=http://127.0.0.1:2379 --secure-port=6443 --advertise-address="$API_ADDRESS" \
    --tls-cert-file="$PKI_DIR/apiserver.crt" --tls-private-key-file="$PKI_DIR/apiserver.key" \
    --client-ca-file="$PKI_DIR/ca.crt" --service-cluster-ip-range="$SERVICE_CIDR" \
    --kubelet-client-certificate="$PKI_DIR/admin.crt" --kubelet-client-key="$PKI_DIR/admin.key" \
    --kubelet-preferred-address-types=InternalIP --allow-privileged=true --enable-aggregator-routing=true \
    --service-account-key-file="$PKI_DIR/service-accounts.key" \
    --service-account-signing-key-file="$PKI_DIR/service-accounts.key" \
    --service-account-issuer=https://kubernetes.default.svc \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --audit-policy-file="$CLUSTER_HOME/config/audit-policy.yaml" --audit-log-path="$LOG_DIR/audit.log" \
    --audit-log-maxsize="$AUDIT_LOG_MB" --audit-log-maxbackup=2
}

# A node that is silent for 10 s counts as lost; the default of 50 s would make every test of it slow.
start_controller_manager() {
  start_process controller-manager "$HUB" "$(part_dir kubernetes)/kube-controller-manager" \
    --kubeconfig "$PKI_DIR/controller-manager.kubeconfig" --leader-elect=false \
    --root-ca-file="$PKI_DIR/ca.crt" --service-account-private-key-file="$PKI_DIR/service-accounts.key" \
    --cluster-signing-cert-file="$PKI_DIR/ca.crt" --cluster-signing-key-file="$PKI_DIR/ca.key" \
    --use-service-account-credentials --allocate-node-cidrs=false --flex-volume-plugin-dir="$RUN_DIR/volume-plugins" \
    --node-monitor-period=1s --node-monitor-grace-period=10s
}

start_scheduler() {
  start_process scheduler "$HUB" "$(part_dir kubernetes)/kube-scheduler" \
    --kubeconfig "$PKI_DIR/scheduler.kubeconfig" --leader-elect=false
}

start_control_plane() {
  start_etcd
  start_apiserver
  need 60 "the API server was not ready" apiserver kubectl_admin get --raw /readyz
  start_controller_manager
  start_scheduler
}
