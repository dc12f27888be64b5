# What a pod may not exceed.
# shellcheck shell=bash

case_too_much_memory_is_killed() {
  pod hog '{"main": {"resources": {"limits": {"memory": "32Mi"}}}}' 'tail /dev/zero' | run_to_end hog Failed
  [ "$(k get pod hog -o jsonpath='{.status.containerStatuses[0].state.terminated.reason}')" = OOMKilled ]
}

case_a_fork_bomb_is_contained() {
  # The shell counts what it could start, and gives up when a fork fails.
  # shellcheck disable=SC2016  # the pod expands it
  pod bomb '{"main": {"command": ["bash", "-c", "n=0; while sleep 60 & do n=$((n+1)); echo $n; [ $n -lt 2000 ] || exit 0; done 2>&1"]}}' '' |
    k apply -f -
  wait_until 60 fork_was_refused
  k delete pod bomb --wait
}

fork_was_refused() { k logs bomb | grep -qi 'fork\|resource temporarily'; }

case_too_much_disk_is_evicted() {
  pod filler '{"main": {"resources": {"limits": {"ephemeral-storage": "10Mi"}}}}' \
    'dd if=/dev/zero of=/tmp/fill bs=1M count=30 2>/dev/null; sleep 300' | run_to_end filler Failed
  [ "$(k get pod filler -o jsonpath='{.status.reason}')" = Evicted ]
}
