#!/bin/sh
# Runs one attempt and writes down how it ended: launcher.sh <attempt folder> <program> [argument...]
# Names of ours begin with EVENKEEL_, as no variable of a step may: whatever else is set here would reach the command.
set -f
EVENKEEL_LAUNCHER_CONTROL=$1/control
shift
# Creating the file is the lock: of two launchers, one wins. Nothing here is a program of its own but the command: each
# would cost as much as all the rest.
set -C
command : 2>/dev/null >"$EVENKEEL_LAUNCHER_CONTROL/claim" || exit 0
set +C

# The trap keeps this shell alive through a signal; it still has to write down how the command ended.
# Not `trap ''`: the command would inherit that, and could no longer be stopped.
trap ':' TERM INT HUP

# Who we are, so that nobody takes a later process with the same number for us.
EVENKEEL_LAUNCHER_BOOT=-
EVENKEEL_LAUNCHER_START=-
identify() {
  read -r EVENKEEL_LAUNCHER_STAT < "/proc/$$/stat"
  # The name of a program may hold spaces and brackets: fields are counted after the last one.
  set -- ${EVENKEEL_LAUNCHER_STAT##*)}
  EVENKEEL_LAUNCHER_START=${20}
  read -r EVENKEEL_LAUNCHER_BOOT < /proc/sys/kernel/random/boot_id
}
if [ -r "/proc/$$/stat" ]; then identify; else EVENKEEL_LAUNCHER_START=$(ps -o lstart= -p $$ | tr ' ' '_'); fi

# In a shell of its own, which has no trap and becomes the command: whoever has read who we are and tells us to end is
# heard, also before the command has begun.
(
  # Whoever reads this or exit.json before it is whole, to the newline or the bracket, has come too early.
  echo "$$ $EVENKEEL_LAUNCHER_START $EVENKEEL_LAUNCHER_BOOT" > "$EVENKEEL_LAUNCHER_CONTROL/pid"
  # Secrets are in no environment that somebody could look up, and gone from the disk before the command starts.
  if [ -f "$EVENKEEL_LAUNCHER_CONTROL/secrets" ]; then
    . "$EVENKEEL_LAUNCHER_CONTROL/secrets"
    rm -f "$EVENKEEL_LAUNCHER_CONTROL/secrets"
  fi
  exec "$@"
)
EVENKEEL_LAUNCHER_CODE=$?
# What it used, by the shell itself and by the container it may be in; before the end is told.
times > "$EVENKEEL_LAUNCHER_CONTROL/usage"
for EVENKEEL_LAUNCHER_PEAK in /sys/fs/cgroup/memory.peak /sys/fs/cgroup/memory/memory.max_usage_in_bytes; do
  [ -r "$EVENKEEL_LAUNCHER_PEAK" ] || continue
  read -r EVENKEEL_LAUNCHER_BYTES < "$EVENKEEL_LAUNCHER_PEAK"
  echo "$EVENKEEL_LAUNCHER_BYTES" > "$EVENKEEL_LAUNCHER_CONTROL/cgroup-peak"
done
echo "{\"exit_code\":$EVENKEEL_LAUNCHER_CODE}" > "$EVENKEEL_LAUNCHER_CONTROL/exit.json"
