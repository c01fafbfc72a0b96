"""F&O's tokens end after 60 to 90 minutes, by chance: none is used to its very end."""

import pytest
import time_machine

from connector.d365.auth import TokenSource
from sandbox.world import World

START = 1_800_000_000
# MSAL takes a token for over so long before it is.
MARGIN = 300


@pytest.mark.parametrize("lifetime", [310, 900, 3600, 5400])
def test_a_token_is_exchanged_before_its_real_end(lifetime: int, world: World, tokens: TokenSource) -> None:
    """Whenever it is asked: what is handed out is good for minutes yet, and F&O never has to refuse it."""
    world.entra.lifetime = (lifetime, lifetime)
    handed_out = set()
    for seconds in range(0, 3 * lifetime, 77):
        with time_machine.travel(START + seconds, tick=False):
            token = tokens.token()
        with time_machine.travel(START + seconds + MARGIN - 1, tick=False):
            assert world.entra.check(token, world.urls["d365"])
        handed_out.add(token)
    assert len(handed_out) >= 3


def test_a_token_that_is_good_for_long_yet_is_kept(world: World, tokens: TokenSource) -> None:
    world.entra.lifetime = (3600, 3600)
    with time_machine.travel(START, tick=False) as moment:
        first = tokens.token()
        moment.shift(3600 - MARGIN - 1)
        assert tokens.token() == first
        moment.shift(2)
        assert tokens.token() != first
