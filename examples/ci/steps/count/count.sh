set -eu
tr -s ' ' '\n' < "$1" | awk -v least="$EVENKEEL_PARAM_MIN_LENGTH" 'length($0) >= least' | sort | uniq -c
tr -s ' ' '\n' < "$1" | awk -v least="$EVENKEEL_PARAM_MIN_LENGTH" 'length($0) >= least { count++ } END { print "long=" count + 0 }' >> "$EVENKEEL_OUTPUT"
