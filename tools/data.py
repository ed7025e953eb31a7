"""Fetch the full-size data sets that are missing, and check all of them: python tools/data.py"""

import sys

from dlcourse import datasets


def main() -> int:
    """The number of data sets that could not be had; the others are kept."""
    failed = 0
    for name in datasets.FILES:
        try:
            print(datasets.load(name, download=True))
        except (datasets.DownloadError, datasets.DataCorruptError) as error:
            print(f"error: {error}", file=sys.stderr)
            failed += 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
