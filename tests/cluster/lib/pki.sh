# Keys, certificates and the kubeconfigs that use them. Elliptic curves: made in milliseconds.
# shellcheck shell=bash

PKI_DAYS=30

make_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$PKI_DIR/$1.key"; }

make_authority() {
  make_key ca
  openssl req -x509 -new -key "$PKI_DIR/ca.key" -subj /CN=qingjiao-test-cluster -days "$PKI_DAYS" -out "$PKI_DIR/ca.crt"
}

# make_certificate NAME SUBJECT [ALTERNATIVE_NAMES]
make_certificate() {
  local name=$1 subject=$2 names=${3:-DNS:$1}
  make_key "$name"
  openssl req -new -key "$PKI_DIR/$name.key" -subj "$subject" 2>/dev/null |
    openssl x509 -req -CA "$PKI_DIR/ca.crt" -CAkey "$PKI_DIR/ca.key" -set_serial "0x$(openssl rand -hex 8)" \
      -days "$PKI_DAYS" -out "$PKI_DIR/$name.crt" \
      -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$names") 2>/dev/null
}

# write_kubeconfig FILE CERTIFICATE_NAME SERVER: keys are written into it, so that the file alone suffices.
write_kubeconfig() {
  render kubeconfig.yaml SERVER="$3" CA="$(base64 -w0 "$PKI_DIR/ca.crt")" \
    CERTIFICATE="$(base64 -w0 "$PKI_DIR/$2.crt")" KEY="$(base64 -w0 "$PKI_DIR/$2.key")" >"$1"
  chmod 600 "$1"
}

# make_client NAME SUBJECT: a name of its own for each part, so that the audit log tells them apart.
make_client() {
  make_certificate "$1" "$2"
  write_kubeconfig "$PKI_DIR/$1.kubeconfig" "$1" "https://$API_ADDRESS:6443"
}

make_pki() {
  local node
  mkdir -m 700 "$PKI_DIR"
  make_authority
  make_key service-accounts
  make_certificate apiserver /CN=kube-apiserver \
    "IP:127.0.0.1,IP:$API_ADDRESS,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default,DNS:kubernetes.default.svc"
  make_client admin /O=system:masters/CN=admin
  make_client cilium /O=system:masters/CN=cilium
  make_client provisioner /O=system:masters/CN=provisioner
  make_client kwok /O=system:masters/CN=kwok
  make_client controller-manager /CN=system:kube-controller-manager
  make_client scheduler /CN=system:kube-scheduler
  make_client proxy /CN=system:kube-proxy
  for node in "${NODES[@]}"; do
    make_certificate "$node" "/O=system:nodes/CN=system:node:$node" "DNS:$node,IP:$(node_address "$node")"
    write_kubeconfig "$PKI_DIR/$node.kubeconfig" "$node" "https://$API_ADDRESS:6443"
  done
}
