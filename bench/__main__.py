"""Run a benchmark: `python -m bench plan`."""

import sys

from bench import landing, plan, vendors

BENCHMARKS = {"landing": landing.main, "plan": plan.main, "vendors": vendors.main}


def main() -> int:
    names = sys.argv[1:]
    if not names or not set(names) <= BENCHMARKS.keys():
        print(f"usage: python -m bench {{{','.join(BENCHMARKS)}}} …\nExample: python -m bench plan", file=sys.stderr)
        return 2
    for name in names:
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
