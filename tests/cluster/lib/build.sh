# Building the parts, each once for its version.
# shellcheck shell=bash

# Go names a binary after its import path; these two would not be known by theirs.
rename_binaries() {
  [ ! -e "$1/server" ] || mv "$1/server" "$1/etcd"
  [ ! -e "$1/daemon" ] || mv "$1/daemon" "$1/cilium-agent"
}

# The agent compiles these C sources on its node; the CRDs are applied to the API server.
copy_cilium_sources() {
  local source
  source=$(cd "$CLUSTER_HOME/modules/cilium" && go list -m -f '{{.Dir}}' github.com/cilium/cilium)
  cp -r "$source/bpf" "$1/bpf"
  cp -r "$source/pkg/k8s/apis/cilium.io/client/crds" "$1/crds"
  chmod -R u+w "$1"
}

# Without stages kwok simulates nothing.
copy_kwok_stages() {
  local source folder file
  source=$(cd "$CLUSTER_HOME/modules/kwok" && go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)
  mkdir "$1/stages"
  for folder in node/fast node/heartbeat pod/fast; do
    for file in "$source/kustomize/stage/$folder"/*.yaml; do
      [ "$(basename "$file")" = kustomization.yaml ] || install -m 644 "$file" "$1/stages/${folder//\//-}-$(basename "$file")"
    done
  done
}

# build_part NAME: does nothing when the cache holds it. A killed build leaves only its .part folder.
build_part() {
  local target unfinished started=$SECONDS
  target=$(part_dir "$1")
  [ ! -d "$target" ] || return 0
  unfinished=$target.part
  rm -rf "$unfinished"
  mkdir -p "$unfinished" "$BUILD_LOGS"
  (
    cd "$CLUSTER_HOME/modules/$1" &&
      CGO_ENABLED=0 nice -n 10 go build -mod=readonly -trimpath -ldflags "-s -w $(part_ldflags "$1")" -o "$unfinished/" tool
  ) >"$BUILD_LOGS/$1.log" 2>&1 || {
    tail -20 "$BUILD_LOGS/$1.log" >&2
    echo "error: the build of $1 failed; its whole log is $BUILD_LOGS/$1.log" >&2
    return 1
  }
  rename_binaries "$unfinished"
  [ "$1" != cilium ] || copy_cilium_sources "$unfinished"
  [ "$1" != kwok ] || copy_kwok_stages "$unfinished"
  mv "$unfinished" "$target"
  echo "built $1 $(part_version "$1") in $((SECONDS - started)) s"
}
