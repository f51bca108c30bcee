"""Content-Encoding: what was encoded comes back as it was, and never more of it than a body may have."""

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.codings import ENCODERS, raw_deflate, zstd
from towpath.core.errors import ApiError
from towpath.core.reading.body_limits import MAX_BODY_BYTES
from towpath.core.reading.content_coding import MAX_CODINGS, MAX_STREAMS, codings_in, decoded

BODY = b'{"messages": []}'
FORMS = pytest.mark.parametrize(("coding", "encode"), ENCODERS.values(), ids=ENCODERS)
Encode = Callable[[bytes], bytes]


def refusal(body: bytes, field: str) -> tuple[int, str]:
    """Status and sentence with which a body that came with this header is refused."""
    with pytest.raises(ApiError) as raised:
        decoded(body, codings_in([field]))
    return raised.value.status, raised.value.message


@given(
    body=st.binary(max_size=10_000), forms=st.lists(st.sampled_from(sorted(ENCODERS)), max_size=MAX_CODINGS)
)
def test_whatever_was_encoded_comes_back(body: bytes, forms: list[str]) -> None:
    encoded = body
    for form in forms:
        encoded = ENCODERS[form][1](encoded)
    field = ", ".join(ENCODERS[form][0] for form in forms)

    assert decoded(encoded, codings_in([field])) == body


@given(level=st.integers(0, 9), body=st.binary(max_size=100_000))
def test_deflate_is_known_with_its_frame_and_without(level: int, body: bytes) -> None:
    framed = zlib.compress(body, level)

    assert decoded(framed, ["deflate"]) == decoded(framed[2:-4], ["deflate"]) == body


@pytest.mark.parametrize(
    ("fields", "codings"),
    [
        ([], []),
        ([""], []),
        (["identity"], []),
        (["GZip"], ["gzip"]),
        (["x-gzip"], ["x-gzip"]),
        (["deflate, Identity ,zstd,"], ["deflate", "zstd"]),
        (["deflate", "gzip"], ["deflate", "gzip"]),
    ],
)
def test_the_header_is_read_as_a_list(fields: list[str], codings: list[str]) -> None:
    assert codings_in(fields) == codings
    if codings == ["x-gzip"]:
        assert decoded(gzip.compress(BODY), codings) == BODY


@pytest.mark.parametrize("field", ["br", "gzip, br", "compress", "gzip;q=1", "gzip zstd"])
def test_an_unknown_coding_is_named(field: str) -> None:
    with pytest.raises(ApiError) as raised:
        codings_in([field])

    assert (raised.value.status, raised.value.type) == (415, "invalid_request_error")
    assert f"Content-Encoding: {field.rpartition(', ')[2]!r} is not supported" in raised.value.message
    assert raised.value.headers == {"accept-encoding": "gzip, deflate, zstd"}


def test_a_long_list_is_refused() -> None:
    assert refusal(BODY, "gzip," * (MAX_CODINGS + 1))[0] == 415


@pytest.mark.slow
@FORMS
def test_a_body_of_exactly_the_limit_passes_and_no_byte_more(coding: str, encode: Encode) -> None:
    largest = bytes(MAX_BODY_BYTES)

    assert decoded(encode(largest), [coding]) == largest
    assert refusal(encode(largest + b"0"), coding)[0] == 413


@pytest.mark.slow
@FORMS
def test_what_grows_in_the_middle_is_too_large_as_well(coding: str, encode: Encode) -> None:
    """Empty blocks of deflate: 64 MB that decode to nothing."""
    empty_blocks = b"\x00\x00\x00\xff\xff" * (2 * MAX_BODY_BYTES // 5) + raw_deflate(BODY)

    assert refusal(encode(empty_blocks), f"deflate, {coding}")[0] == 413


@FORMS
@pytest.mark.parametrize("end", [0, 1, 10, -1])
def test_a_body_that_breaks_off_is_damaged(coding: str, encode: Encode, end: int) -> None:
    status, sentence = refusal(encode(BODY)[:end], coding)

    assert status == 400
    assert f"Content-Encoding: the body ends in the middle of the {coding} data" in sentence


@FORMS
def test_what_follows_the_end_is_damage(coding: str, encode: Encode) -> None:
    status, sentence = refusal(encode(BODY) + b"?more", coding)

    assert status == 400
    assert sentence.startswith("Content-Encoding: the body ")


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_plain_body_is_no_encoded_one(coding: str) -> None:
    status, sentence = refusal(BODY, coding)

    assert status == 400
    assert f"Content-Encoding: the body is not valid {coding}" in sentence


@pytest.mark.parametrize("encode", [gzip.compress, zstd.compress])
def test_streams_one_after_another_are_one(encode: Encode) -> None:
    coding = "gzip" if encode is gzip.compress else "zstd"

    assert decoded(encode(b"one") + encode(b"") + encode(b"two"), [coding]) == b"onetwo"
    assert refusal(encode(b"") * (MAX_STREAMS + 1), coding)[0] == 400


def test_a_decoder_is_not_made_to_take_much_memory() -> None:
    options: dict[int, int] = {
        zstd.CompressionParameter.window_log: 27,
        zstd.CompressionParameter.content_size_flag: 0,
    }
    encoder = zstd.ZstdCompressor(options=options)

    assert refusal(encoder.compress(BODY) + encoder.flush(), "zstd")[0] == 400
