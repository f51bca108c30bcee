"""Errors of cloud providers in the CLI's sentences: what they are, and what to run where a login has expired.

The CLI says first what it makes of an error and then what the provider said: "AWS authentication failed ·
refresh your AWS credentials (…) and retry · API Error: 403 The security token included in the request is
expired". Without credentials it asks nobody: "API Error: Could not load AWS credentials · The SSO session …".
"""

import re
from collections.abc import Mapping

_AWS = "AWS"
_TO_RUN: Mapping[str, str] = {
    _AWS: "Run `aws sso login` for its profile where Towpath runs, or renew its keys or bearer token.",
    "Google Cloud": "Run `gcloud auth application-default login` where Towpath runs, or renew the key file.",
    "Microsoft Foundry": "Run `az login` where Towpath runs, or renew ANTHROPIC_FOUNDRY_API_KEY.",
    "Azure": "Run `az login` where Towpath runs, or set ANTHROPIC_FOUNDRY_API_KEY.",
}
_REFUSED = re.compile(
    r"(AWS|Google Cloud|Microsoft Foundry) (?:authentication failed|credentials expired or invalid) · "
    r"(?:.*? · )?API Error: (\d{3}) (.*)",
    re.DOTALL,
)
_NOT_LOADED = re.compile(
    r"API Error: Could not load (AWS|Google Cloud|Azure) credentials · "
    r"(.*?)(?: Check or refresh your \S+(?: \S+)? credentials and try again\.)?",
    re.DOTALL,
)
# AWS says with a 403 of a login what the others say with a 401.
_OF_AWS_LOGIN = re.compile(
    r"\b(?:security token|bearer token|authentication token|signature)\b", re.IGNORECASE
)


def cloud_failure(said: str) -> tuple[int, str] | None:
    """The status and the sentence for a client. None: it is no error of a login or a permission there."""
    if not_loaded := _NOT_LOADED.fullmatch(said):
        return 401, _with_advice(not_loaded[1], not_loaded[2])
    refused = _REFUSED.fullmatch(said)
    if refused is None:
        return None
    provider, status, sentence = refused[1], int(refused[2]), refused[3]
    if status == 401 or (provider == _AWS and _OF_AWS_LOGIN.search(sentence)):
        return 401, _with_advice(provider, sentence)
    return status, sentence


def _with_advice(provider: str, sentence: str) -> str:
    return f"{sentence.rstrip(' .')}. {_TO_RUN[provider]}"
