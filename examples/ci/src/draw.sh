# A thousand lines, or the part of them that a trial asks for: a share up to 1, or a count.
awk -v part="${EVENKEEL_SAMPLE:-1}" 'BEGIN {
  count = part <= 1 ? 1000 * part : part
  for (i = 1; i <= count; i++) print "an even keel keeps a ship upright " i
}'
