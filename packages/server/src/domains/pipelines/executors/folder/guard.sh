#!/bin/sh
# Runs the launcher of one attempt where no signal of the server can reach it: guard.sh <attempt folder>
# What the server wants, it writes as a file: `control/term`, then `control/kill`. A platform that ends the job by itself
# sends SIGTERM to this shell, which passes it on.
control=$1/control
id=${1##*/}

# Told to end before it began.
if [ -e "$control/term" ] || [ -e "$control/kill" ]; then
  mkdir "$control/claim" 2>/dev/null || exit 0
  printf '{"exit_code":143}' > "$control/exit.part"
  mv "$control/exit.part" "$control/exit.json"
  exit 0
fi

# Environments that may hold our id. The grep of BusyBox sees no further than the first variable: it gets one at a time.
candidates() {
  if printf 'a\0b' | grep -q -F b; then
    grep -l -F "EVENKEEL_EXTERNAL_ID=$id" /proc/[0-9]*/environ 2>/dev/null
  else
    echo /proc/[0-9]*/environ
  fi
}

# The whole tree carries the external id, also what left the process group. This shell does not. Leaves in `heard` whether
# anybody but the launcher was there.
tell() {
  heard=
  read -r leader _ < "$control/pid" 2>/dev/null || leader=
  for file in $(candidates); do
    # An id that begins like ours is not ours.
    tr '\0' '\n' < "$file" 2>/dev/null | grep -q -x -F "EVENKEEL_EXTERNAL_ID=$id" || continue
    pid=${file#/proc/}
    pid=${pid%/environ}
    kill "-$1" "$pid" 2>/dev/null && [ "$pid" != "$leader" ] && heard=1
  done
}

trap 'tell TERM' TERM INT HUP
/bin/sh "$control/start.sh" >> "$control/log" 2>&1 &
job=$!
told=
# Empty, it is being written.
while [ ! -s "$control/exit.json" ] && kill -0 "$job" 2>/dev/null; do
  if [ -e "$control/kill" ]; then tell KILL
  elif [ -z "$told" ] && [ -e "$control/term" ]; then
    # A launcher that has not started its command yet would keep it to itself.
    if [ -e "$control/pid" ]; then tell TERM; told=$heard; fi
  fi
  # In the background, because a trap waits for what runs in front.
  sleep 0.5 &
  wait $!
done
# What it left running.
tell KILL
# So that the platform's own lists show how it ended.
code=$(sed -n 's/.*"exit_code":\([0-9]*\).*/\1/p' "$control/exit.json" 2>/dev/null)
exit "${code:-1}"
