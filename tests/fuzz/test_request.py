"""Bodies that no program would write are refused, or are what they say."""

import orjson
import pytest
from hypothesis import example, given

from tests.support.profiles import TIMEOUT_SECONDS, fuzzed
from tests.support.schema import REQUEST
from tests.support.wild_bodies import BODIES
from towpath.core.errors import ApiError
from towpath.core.reading.memo import MessageMemo
from towpath.core.reading.request import parse_request

pytestmark = pytest.mark.timeout(TIMEOUT_SECONDS)


@fuzzed
@given(BODIES)
@example(b'{"model":"\\ud800","model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"}]}')
@example(b'{"model":"m","max_tokens":1,"messages":1,"messages":[{"role":"user","content":"a"}]}')
@example(b'{"model":"m","max_tokens":1,"max_tokens":0,"messages":[{"role":"user","content":"a"}]}')
def test_a_wild_body_is_refused_or_conforms(body: bytes) -> None:
    memo = MessageMemo()
    try:
        request = parse_request(body, memo)
    except ApiError as error:
        assert error.status in (400, 413)
        assert orjson.dumps(error.body("req_1"))
        return
    REQUEST.validate(orjson.loads(body))
    # It can be written for the CLI, is the same when it comes again, and holds no half of a pair.
    assert orjson.dumps([request.model, request.messages, request.system, request.tools, request.parameters])
    assert parse_request(body, memo) == request
