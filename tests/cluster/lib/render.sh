# Filling in the files of config/.
# shellcheck shell=bash

# render FILE NAME=VALUE...: prints config/FILE with each @NAME@ replaced; an @NAME@ that is left is an error.
render() {
  local file=$1 text pair
  shift
  text=$(<"$CLUSTER_HOME/config/$file")
  for pair in "$@"; do text=${text//"@${pair%%=*}@"/"${pair#*=}"}; done
  if [[ $text =~ @[A-Z_]+@ ]]; then
    echo "error: config/$file: nothing was given for ${BASH_REMATCH[0]}" >&2
    return 1
  fi
  printf '%s\n' "$text"
}
