set -eu
folder=$(mktemp -d)
printf 'a ship keeps even\n' > "$folder/text"
EVENKEEL_PARAM_MIN_LENGTH=4 EVENKEEL_OUTPUT="$folder/values" sh count.sh "$folder/text" > "$folder/counts"
grep -q 'long=3' "$folder/values"
test "$(wc -l < "$folder/counts")" -eq 3
rm -r "$folder"
