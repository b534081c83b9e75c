"""Keeps the lower or the upper half of a list of numbers, with nothing but the standard library."""

import sys
from statistics import median


def main(half: str, source: str, target: str) -> None:
    with open(source, encoding="utf-8") as lines:
        numbers = [int(line) for line in lines]
    middle = median(numbers)
    kept = [n for n in numbers if (n < middle) == (half == "low")]
    with open(target, "w", encoding="utf-8") as out:
        out.writelines(f"{n}\n" for n in kept)
    print(f"{half}: {len(kept)} of {len(numbers)} numbers")


if __name__ == "__main__":
    main(*sys.argv[1:])
