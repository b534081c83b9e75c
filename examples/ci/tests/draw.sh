test "$(sh src/draw.sh | wc -l)" -eq 1000
test "$(EVENKEEL_SAMPLE=0.01 sh src/draw.sh | wc -l)" -eq 10
