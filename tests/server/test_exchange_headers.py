"""The headers of an exchange are headers, whatever they quote."""

from tests.support.exchanges import Upstream, exchanges_of, items_of
from tests.support.fidelity import user


async def test_a_reason_has_only_what_a_header_can_have() -> None:
    exchanges = exchanges_of(Upstream({}, {}, reason="resume failed: \x1b[2J\r\nx-forged: ä\x7f"))
    headers, *_ = await items_of(exchanges, [user("hi")])

    assert headers["x-towpath-reason"] == "resume failed: ?[2J??x-forged: ??"
