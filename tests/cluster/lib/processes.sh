# Processes of the cluster: started, remembered by id and start time, and ended by id only.
# shellcheck shell=bash

# Every process carries this in its environment, so that one is found even if the starter died before noting its id.
MARKER=QINGJIAO_CLUSTER_RUN

# start_process NAME PLACE COMMAND...: PLACE is the hub, a node, or `host` for the machine's own network.
start_process() {
  local name=$1 place=$2 enter=()
  shift 2
  [ "$place" = host ] || enter=(nsenter "--net=$(netns_file "$place")" --)
  mkdir -p "$RUN_DIR/pid"
  # The lock (descriptor 9) must not outlive the command that took it.
  env "$MARKER=$RUN_DIR" setsid "${enter[@]}" "$@" >>"$LOG_DIR/$name.log" 2>&1 </dev/null 9>&- &
  echo "$! $(start_time $!)" >"$RUN_DIR/pid/$name"
  disown
}

# start_time PID: in clock ticks since boot; with the id it names one process for good. Empty if there is none.
start_time() {
  local stat fields
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
  # The second field is a name in parentheses that may hold spaces.
  read -ra fields <<<"${stat##*) }"
  # A dead one that nobody has reaped yet runs no more.
  [ "${fields[0]}" != Z ] || return 0
  echo "${fields[19]}"
}

# process_id NAME: of a running process; fails when it does not run.
process_id() {
  local pid started
  { read -r pid started <"$RUN_DIR/pid/$1"; } 2>/dev/null || return 1
  [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ] || return 1
  echo "$pid"
}

# stop_process NAME [SIGNAL]: ends it and waits until it is gone.
stop_process() {
  signal_process "$1" "${2:-TERM}"
  wait_until 5 process_is_gone "$1" || signal_process "$1" KILL
  wait_until 5 process_is_gone "$1"
  rm -f "$RUN_DIR/pid/$1"
}

# signal_process NAME SIGNAL: nothing happens to one that does not run.
signal_process() {
  local pid
  if pid=$(process_id "$1"); then kill "-$2" "$pid" 2>/dev/null || true; fi
}

process_is_gone() { ! process_id "$1" >/dev/null; }

# stop_leftovers: whatever still carries the marker of this run, noted or not.
stop_leftovers() {
  local environ pid
  for environ in /proc/[0-9]*/environ; do
    pid=${environ#/proc/}
    pid=${pid%/environ}
    if grep -qzxF "$MARKER=$RUN_DIR" "$environ" 2>/dev/null; then kill -KILL "$pid" 2>/dev/null || true; fi
  done
  wait_until 10 no_leftover_process || echo "warning: processes of this run do not end: $(leftover_processes)" >&2
}

no_leftover_process() { [ -z "$(leftover_processes)" ]; }

leftover_processes() { grep -lzxF "$MARKER=$RUN_DIR" /proc/[0-9]*/environ 2>/dev/null || true; }

# wait_until SECONDS COMMAND...: tries it until it succeeds.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

# need SECONDS WHAT LOG COMMAND...: like wait_until, with an error that says where to look.
need() {
  local seconds=$1 what=$2 log=$3
  shift 3
  wait_until "$seconds" "$@" && return 0
  tail -n 5 "$LOG_DIR/$log.log" >&2 || true
  echo "error: $what after $seconds s; see $LOG_DIR/$log.log" >&2
  return 1
}

# step NAME COMMAND...: runs it and says how long it took.
step() {
  local name=$1 started=${EPOCHREALTIME/./} took_ms
  shift
  "$@"
  took_ms=$(((${EPOCHREALTIME/./} - started) / 1000))
  printf '%-24s %3d.%d s\n' "$name" $((took_ms / 1000)) $((took_ms % 1000 / 100))
}
