"""What a look-up costs, cold and warm, beside `thefuzz.process.extractOne` over the same names in the same run."""

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from time import perf_counter

from thefuzz import process

from bench.vendor_names import Names
from connector.vendors.book import Vendors
from connector.vendors.match import Register

SIZES = (1_000, 10_000, 50_000)
LOOKUPS, PLAIN = 100, 5  # plain fuzzy search takes seconds each where there are many vendors


def main(sizes: Sequence[int] = SIZES) -> None:
    print("look-ups, ms each (median, and in brackets where the middle half lies); x: times plain's median")
    print(f"{'vendors':>8} {'prepared in':>12} {'cold':>22} {'warm':>22} {'extractOne':>22}"
          f" {'cold x':>8} {'warm x':>9} {'compared':>9}")  # fmt: skip
    for size in sizes:
        names = Names(7)
        vendors = names.vendors(size)
        merchants = [one.merchant for one in names.merchants(vendors, LOOKUPS)]
        start = perf_counter()
        register = Register(vendors)
        prepared = perf_counter() - start
        book = Vendors({"usmf": register}, {})
        look = partial(book.choice, "usmf")
        cold = _times(look, merchants)
        compared = register.index.compared / LOOKUPS
        warm = _times(look, merchants)
        plain_names = [vendor.name for vendor in vendors]
        plain = _times(partial(process.extractOne, choices=plain_names), merchants[:PLAIN])
        told = " ".join(f"{_told(one):>22}" for one in (cold, warm, plain))
        faster = f"{median(plain) / median(cold):8,.0f} {median(plain) / median(warm):9,.0f}"
        print(f"{size:8,} {prepared:10.2f} s {told} {faster} {compared:9,.0f}")


def _times(work: Callable[[str], object], merchants: Sequence[str]) -> list[float]:
    """Milliseconds of each."""
    found = []
    for one in merchants:
        start = perf_counter()
        work(one)
        found.append((perf_counter() - start) * 1e3)
    return found


def _told(times: list[float]) -> str:
    ordered = sorted(times)
    low, high = ordered[len(ordered) // 4], ordered[len(ordered) * 3 // 4]
    return f"{median(times):.3f} ({low:.3f}-{high:.3f})"
