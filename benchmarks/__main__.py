"""Every benchmark in one table: `make bench`."""

import sys

from benchmarks import engine_steps, ingestion_bulk, ingestion_single, live, sending
from benchmarks.figures import print_figures


def main() -> int:
    """Run the benchmarks one after the other and print them together."""
    figures = []
    for benchmark in (ingestion_single, ingestion_bulk, engine_steps, sending, live):
        print(f"{benchmark.__name__} …", file=sys.stderr)
        figures += benchmark.run()
    return not print_figures(figures)


if __name__ == "__main__":
    sys.exit(main())
