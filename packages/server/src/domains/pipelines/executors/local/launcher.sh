#!/bin/sh
# Runs one attempt and writes down how it ended: launcher.sh <attempt folder> <program> [argument...]
set -f
control=$1/control
shift
# Creating the file is the lock: of two launchers, one wins. Nothing here is a program of its own but the command: each
# would cost as much as all the rest.
set -C
command : 2>/dev/null >"$control/claim" || exit 0
set +C

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

# Whoever reads one of these before it is whole, to the newline or the bracket, has come too early.
echo "$$ $start $boot" > "$control/pid"
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
echo "{\"exit_code\":$?}" > "$control/exit.json"
