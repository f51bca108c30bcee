"""The headers of an exchange are headers, whatever they quote."""

import asyncio

import orjson
from starlette.datastructures import Headers
from tests.support.exchanges import Upstream, exchanges_of
from tests.support.fidelity import Json, request, user


def test_a_reason_has_only_what_a_header_can_have() -> None:
    async def main() -> Json:
        exchanges = exchanges_of(Upstream({}, {}, reason="resume failed: \x1b[2J\r\nx-forged: ä\x7f"))
        _, items = await exchanges.begin(orjson.dumps(request([user("hi")])), Headers({}), "", "req_1")
        first, *_ = [dict(item) async for item in items]
        return first

    assert asyncio.run(main())["x-towpath-reason"] == "resume failed: ?[2J??x-forged: ??"
