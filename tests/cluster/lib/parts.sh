# The parts that are built from Go modules: their names, versions and cache folders.
# shellcheck shell=bash

# The longest builds first, so that the short ones fill the end.
PARTS=(kubernetes cilium coredns kwok provisioner containerd etcd crane cni)

# part_version NAME: the version of the part's main module.
part_version() {
  local module
  module=$(part_module "$1")
  awk -v module="$module" '($1 == module || $2 == module) && $0 !~ /=>/ && !/^tool/ && $1 != "module" {
    print $1 == module ? $2 : $3; exit }' "$CLUSTER_HOME/modules/$1/go.mod"
}

part_module() {
  case $1 in
    kubernetes) echo k8s.io/kubernetes ;;
    cilium) echo github.com/cilium/cilium ;;
    coredns) echo github.com/coredns/coredns ;;
    kwok) echo sigs.k8s.io/kwok ;;
    provisioner) echo github.com/rancher/local-path-provisioner ;;
    containerd) echo github.com/containerd/containerd/v2 ;;
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    crane) echo github.com/google/go-containerregistry ;;
    cni) echo github.com/containernetworking/plugins ;;
    *) echo "error: no part is called \"$1\": ${PARTS[*]}" >&2; return 2 ;;
  esac
}

# part_dir NAME: the folder of its binaries; it exists only when the build was whole.
part_dir() {
  local key
  key=$(cat "$CLUSTER_HOME/modules/$1/go.mod" "$CLUSTER_HOME/modules/$1/go.sum" | sha256sum)
  echo "$PARTS_DIR/$1-$(part_version "$1")-${key:0:8}"
}

# part_ldflags NAME: what a release build would have written into the binaries.
part_ldflags() {
  local version minor
  version=$(part_version "$1")
  case $1 in
    kubernetes)
      minor=${version#v1.}
      echo "-X k8s.io/component-base/version.gitVersion=$version -X k8s.io/component-base/version.gitMajor=1" \
        "-X k8s.io/component-base/version.gitMinor=${minor%%.*}"
      ;;
    containerd) echo "-X github.com/containerd/containerd/v2/version.Version=$version" ;;
    cilium) echo "-X github.com/cilium/cilium/pkg/version.ciliumVersion=${version#v}" ;;
  esac
}
