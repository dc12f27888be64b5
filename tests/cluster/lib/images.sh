# The images, made of Debian packages and static binaries without a container engine.
# shellcheck shell=bash

# The registry is taken out of its package and not installed: installed it would be a service of the machine.
TOOL_PACKAGES=(docker-registry busybox-static)
IMAGE_PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin

tools_dir() { echo "$PARTS_DIR/debian-tools"; }

# images_dir: the folder of a registry that holds all images; another recipe makes another folder.
images_dir() {
  local key
  key=$(cat "$CLUSTER_HOME/lib/images.sh" <(part_dir coredns) | sha256sum)
  echo "$PARTS_DIR/images-${key:0:8}"
}

# unpack_packages FOLDER PACKAGE...: with all they depend on, as if nothing were installed; none of their scripts run.
unpack_packages() {
  local folder=$1 work package
  shift
  work=$(mktemp -d)
  mkdir -p "$work/archives/partial" "$folder"
  touch "$work/status"
  # shellcheck source=/dev/null
  apt-get -qq -y -o APT::Sandbox::User=root -o Dir::State::status="$work/status" -o Dir::Cache::archives="$work/archives" \
    -t "$(. /etc/os-release && echo "$VERSION_CODENAME")" --no-install-recommends --download-only install "$@" </dev/null
  for package in "$work"/archives/*.deb; do dpkg-deb -x "$package" "$folder"; done
  rm -rf "$work"
}

make_tools() {
  local target work package
  target=$(tools_dir)
  [ ! -d "$target" ] || return 0
  work=$target.part
  rm -rf "$work"
  mkdir -p "$work/debs"
  # A fresh machine may have no package lists yet.
  [ -n "$(apt-cache policy docker-registry)" ] || apt-get -qq update
  (cd "$work/debs" && apt-get -qq -o APT::Sandbox::User=root download "${TOOL_PACKAGES[@]}")
  for package in "$work"/debs/*.deb; do dpkg-deb -x "$package" "$work"; done
  mv "$work" "$target"
}

# prepare_root FOLDER: what every image has: accounts, a home of the student (uid 1000), the folders of the system.
prepare_root() {
  mkdir -p "$1"/{bin,dev,etc,home/student,proc,root,sys,tmp}
  chmod 1777 "$1/tmp"
  printf '%s\n' root:x:0:0:root:/root:/bin/sh student:x:1000:1000:student:/home/student:/bin/sh >"$1/etc/passwd"
  printf '%s\n' root:x:0: student:x:1000: >"$1/etc/group"
  chown -R 1000:1000 "$1/home/student"
}

# add_busybox ROOT: the applets as links, where the image has no program of that name.
add_busybox() {
  local applet
  install -m 755 "$(tools_dir)/bin/busybox" "$1/bin/busybox"
  for applet in $("$1/bin/busybox" --list); do
    [ -e "$1/bin/$applet" ] || [ -L "$1/bin/$applet" ] || [ -e "$1/usr/bin/$applet" ] || ln -s busybox "$1/bin/$applet"
  done
}

crane() { "$(part_dir crane)/crane" "$@" --insecure >>"$BUILD_LOGS/images.log" 2>&1; }

# push_root REGISTRY NAME:TAG ROOT CONFIGURATION...: one layer, the same bytes from the same files.
push_root() {
  local registry=$1 image=$2 root=$3 layer
  shift 3
  layer=$(mktemp)
  tar -C "$root" --numeric-owner --sort=name --mtime=@0 -cf "$layer" .
  crane append -f "$layer" -t "$registry/$image"
  crane mutate --set-platform linux/amd64 "$@" -t "$registry/$image" "$registry/$image"
  rm -rf "$layer" "$root"
}

# A shell with busybox and a real bash, 1 MB; also what prepares volumes.
make_shell_image() {
  local root
  root=$(mktemp -d)
  chmod 755 "$root"
  unpack_packages "$root/packages" bash-static
  prepare_root "$root"
  install -m 755 "$root/packages/bin/bash-static" "$root/bin/bash"
  rm -rf "$root/packages"
  add_busybox "$root"
  push_root "$1" shell:1 "$root" --env "PATH=$IMAGE_PATH" --entrypoint /bin/sleep,2147483647
  push_pause "$1"
}

# What holds a pod's network: any program that waits.
push_pause() {
  crane mutate --entrypoint /bin/sleep,2147483647 -t "$1/pause:3" "$1/shell:1"
}

# Python for web applications of tests.
make_python_image() {
  local root
  root=$(mktemp -d)
  chmod 755 "$root"
  unpack_packages "$root" python3 bash
  rm -rf "$root"/usr/share/{doc,info,lintian,locale,man} "$root"/var/lib/dpkg
  prepare_root "$root"
  [ -e "$root/usr/bin/python3" ] || ln -s "$(basename "$root"/usr/bin/python3.[0-9]*)" "$root/usr/bin/python3"
  add_busybox "$root"
  push_root "$1" python:3 "$root" --env "PATH=$IMAGE_PATH" --entrypoint /bin/sleep,2147483647
}

# What starts PostgreSQL as the official image does with these variables: a new folder gets a user and a database.
write_postgresql_start() {
  cat >"$1" <<'TEXT'
#!/bin/bash
set -euo pipefail
PATH=/usr/lib/postgresql/15/bin:$PATH
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --pgdata "$PGDATA" --username "$POSTGRES_USER" --pwfile <(printf '%s\n' "$POSTGRES_PASSWORD") \
    --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --no-locale
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  pg_ctl --pgdata "$PGDATA" --wait start -o "-c listen_addresses="
  createdb --username "$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl --pgdata "$PGDATA" --wait stop
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c jit=off
TEXT
  chmod 755 "$1"
}

# PostgreSQL, for a region that has its database in the cluster. The compiler of queries is most of it, and not needed.
make_postgresql_image() {
  local root
  root=$(mktemp -d)
  chmod 755 "$root"
  unpack_packages "$root" postgresql-15 bash coreutils
  rm -rf "$root"/usr/share/{doc,info,lintian,locale,man,perl*} "$root"/usr/lib/*/perl* "$root"/usr/lib/llvm* \
    "$root"/usr/lib/*/libLLVM* "$root"/var/lib/dpkg
  prepare_root "$root"
  echo postgres:x:999:999:postgres:/tmp:/bin/sh >>"$root/etc/passwd"
  echo postgres:x:999: >>"$root/etc/group"
  add_busybox "$root"
  write_postgresql_start "$root/start"
  push_root "$1" postgresql:15 "$root" --env "PATH=$IMAGE_PATH" --entrypoint /start
}

make_coredns_image() {
  local root
  root=$(mktemp -d)
  chmod 755 "$root"
  install -m 755 "$(part_dir coredns)/coredns" "$root/coredns"
  push_root "$1" coredns:1 "$root" --entrypoint /coredns,-conf,/etc/coredns/Corefile
}

# build_images: a registry on loopback, for as long as it takes to fill its folder. In a subshell for the trap's sake.
build_images() (
  started=$SECONDS
  target=$(images_dir)
  make_tools
  [ ! -d "$target" ] || return 0
  work=$target.part
  rm -rf "$work"
  mkdir -p "$work" "$BUILD_LOGS"
  address=127.0.0.1:$(free_port)
  write_registry_config "$work/data" "$address" "$work/registry.yaml"
  "$(tools_dir)/usr/bin/docker-registry" serve "$work/registry.yaml" >>"$BUILD_LOGS/images.log" 2>&1 9>&- &
  registry=$!
  trap 'kill "$registry"' EXIT
  wait_until 20 registry_answers "$address"
  make_shell_image "$address"
  make_python_image "$address"
  make_postgresql_image "$address"
  make_coredns_image "$address"
  mv "$work" "$target"
  echo "made the images in $((SECONDS - started)) s"
)

registry_answers() { crane catalog "$1"; }
