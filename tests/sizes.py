"""How large the tests of bulk are: large enough to tell apart a statement for each part from one for each row.

`HYPOTHESIS_PROFILE=large` makes them as large as the largest customer, and the stateful test long.
"""

import os

LARGE = os.environ.get("HYPOTHESIS_PROFILE") == "large"


def size(usual: int, large: int) -> int:
    return large if LARGE else usual
