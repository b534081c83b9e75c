#!/usr/bin/env bash
# Draws numbers with a linear congruential generator, so that they are the same at each run.
set -euo pipefail

count=$1
[[ $count =~ ^[0-9]+$ ]] || {
  echo "draw: the count must be a whole number, and is '$count'" >&2
  # 78: another attempt would change nothing.
  exit 78
}

state=42
for ((i = 0; i < count; i++)); do
  state=$(((1103515245 * state + 12345) % 2147483648))
  echo "$state"
done
echo "drawn=$count" >> "$EVENKEEL_OUTPUT"
