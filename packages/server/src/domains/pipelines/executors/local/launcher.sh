#!/bin/sh
# Runs one attempt and writes down how it ended: launcher.sh <attempt folder> <program> [argument...]
set -f
control=$1/control
shift
# Creating the folder is the lock: of two launchers, one wins.
mkdir "$control/claim" 2>/dev/null || exit 0

# The trap keeps this shell alive through a signal; it still has to write down how the command ended.
# Not `trap ''`: the command would inherit that, and could no longer be stopped.
trap ':' TERM INT HUP

# Who we are, so that nobody takes a later process with the same number for us.
boot=-
start=-
identify() {
  read -r line < "/proc/$$/stat"
  # The name of a program may hold spaces and brackets: fields are counted after the last one.
  set -- ${line##*)}
  start=${20}
  read -r boot < /proc/sys/kernel/random/boot_id
}
if [ -r "/proc/$$/stat" ]; then identify; else start=$(ps -o lstart= -p $$ | tr ' ' '_'); fi

# Each file gets its content under another name first, so nobody reads half of it.
echo "$$ $start $boot" > "$control/pid.part"
mv "$control/pid.part" "$control/pid"
# Secrets are in no environment that somebody could look up, and gone from the disk before the command starts. In a shell
# of its own, and by numbers: a secret may be called like a variable of ours.
if [ -f "$control/secrets" ]; then
  (
    set -- "$control/secrets" "$@"
    . "$1"
    rm -f "$1"
    shift
    exec "$@"
  )
else
  "$@"
fi
printf '{"exit_code":%d}' $? > "$control/exit.part"
mv "$control/exit.part" "$control/exit.json"
