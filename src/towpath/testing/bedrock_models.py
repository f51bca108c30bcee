"""The models that the scripted Bedrock offers, and how AWS describes them.

Each is there through an inference profile of the United States only, as newer models are at AWS.
"""

import re

from towpath.testing.script import Json

MODELS = (
    "anthropic.claude-opus-5-5",
    "anthropic.claude-opus-4-6-v1",
    "anthropic.claude-sonnet-4-6",
    "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "anthropic.claude-haiku-4-5-20251001-v1:0",
)
PROFILES = tuple(f"us.{model}" for model in MODELS)

_WHEN = "2026-01-01T00:00:00Z"
_ARN = "arn:aws:bedrock:us-east-1"


def own_id(model: str) -> str:
    """The id that a model has of itself: that of the API."""
    return re.sub(r"^.*anthropic\.|-v\d+(:\d+)?$", "", model)


def described_profile(name: str) -> Json:
    """An inference profile."""
    model = name.removeprefix("us.")
    return {
        "inferenceProfileId": name,
        "inferenceProfileArn": f"{_ARN}:123456789012:inference-profile/{name}",
        "inferenceProfileName": name,
        "models": [{"modelArn": f"{_ARN}::foundation-model/{model}"}],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
        "createdAt": _WHEN,
        "updatedAt": _WHEN,
    }


def described_model(name: str) -> Json:
    """A foundation model."""
    return {
        "modelId": name,
        "modelArn": f"{_ARN}::foundation-model/{name}",
        "modelName": name,
        "providerName": "Anthropic",
        "inputModalities": ["TEXT", "IMAGE"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "inferenceTypesSupported": ["INFERENCE_PROFILE"],
        "modelLifecycle": {"status": "ACTIVE"},
    }
