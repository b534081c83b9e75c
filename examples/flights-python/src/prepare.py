"""Makes tables to learn from and to judge by of flights: Parquet or CSV, one file or a folder of them."""

import argparse
import json
import pathlib

import pandas as pd

LATE_MINUTES = 15
# An airport with few flights is taken for an average one.
PRIOR_FLIGHTS = 200


def read(path: pathlib.Path) -> pd.DataFrame:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    tables = [pd.read_csv(file) if file.suffix == ".csv" else pd.read_parquet(file) for file in files]
    flights = pd.concat(tables, ignore_index=True)
    flights["date"] = pd.to_datetime(flights["date"], utc=True)
    return flights.dropna(subset=["date", "delay"]).sort_values("date", kind="stable")


def late_share(flights: pd.DataFrame, airport: str) -> dict[str, float]:
    late = flights["delay"] > LATE_MINUTES
    counts = late.groupby(flights[airport]).agg(["sum", "count"])
    shares = (counts["sum"] + PRIOR_FLIGHTS * late.mean()) / (counts["count"] + PRIOR_FLIGHTS)
    return {**shares.to_dict(), "": float(late.mean())}


def features(flights: pd.DataFrame, airports: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Whole numbers all of them: ONNX rounds the thresholds of trees to 32 bits, which then changes nothing."""
    date = flights["date"].dt
    table = pd.DataFrame(
        {
            "minute_of_day": date.hour * 60 + date.minute,
            "day_of_week": date.dayofweek + 1,
            "distance": flights["distance"],
        }
    )
    for airport, shares in airports.items():
        share = flights[airport].map(shares).fillna(shares[""])
        table[f"{airport}_late_per_mille"] = (share * 1000).round().astype(int)
    table["late"] = (flights["delay"] > LATE_MINUTES).astype(int)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flights", type=pathlib.Path)
    parser.add_argument("--until", type=pd.Timestamp, required=True)
    parser.add_argument("--rows", type=int, required=True)
    for output in ("train", "judge", "airports"):
        parser.add_argument(f"--{output}", type=pathlib.Path, required=True)
    asked = parser.parse_args()

    flights = read(asked.flights)
    known, later = flights[flights["date"] < asked.until], flights[flights["date"] >= asked.until]
    if known.empty or later.empty:
        raise SystemExit(f"There are {len(known)} flights before {asked.until} and {len(later)} after it; both are needed.")
    # What is learned about an airport is learned from the past alone.
    airports = {airport: late_share(known, airport) for airport in ("origin", "destination")}
    asked.airports.write_text(json.dumps(airports))
    sample = known.sample(min(len(known), asked.rows), random_state=1).sort_index()
    features(sample, airports).to_csv(asked.train, index=False)
    features(later, airports).to_csv(asked.judge, index=False)
    print(f"{len(sample):,} of {len(known):,} flights to learn from, {len(later):,} to judge by")


if __name__ == "__main__":
    main()
