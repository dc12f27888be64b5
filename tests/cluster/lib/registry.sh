# The registry of a run, and what tests put into it.
# shellcheck shell=bash

# write_registry_config FOLDER ADDRESS FILE
write_registry_config() {
  render registry.yaml FOLDER="$1" ADDRESS="$2" >"$3"
}

# start_registry: on a copy, so that what one run pushes or deletes is its own.
start_registry() {
  [ -d "$RUN_DIR/registry" ] || cp -r --reflink=auto "$(images_dir)/data" "$RUN_DIR/registry"
  write_registry_config "$RUN_DIR/registry" "$REGISTRY_ADDRESS" "$RUN_DIR/registry.yaml"
  start_process registry "$HUB" "$(tools_dir)/usr/bin/docker-registry" serve "$RUN_DIR/registry.yaml"
}

# push_image PATH NAME:TAG: an image as one tar file or as an OCI layout folder.
push_image() {
  if [ $# -ne 2 ] || [ ! -e "$1" ]; then
    echo "error: push wants PATH NAME:TAG, PATH a tar file or an OCI layout folder that exists" >&2
    return 2
  fi
  in_place "$HUB" "$(part_dir crane)/crane" push --insecure "$1" "$REGISTRY_ADDRESS/$2" >/dev/null
  echo "$REGISTRY_NAME/$2"
}
