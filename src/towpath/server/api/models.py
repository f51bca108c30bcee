"""GET /v1/models and /v1/models/{id}: what this CLI and account offer."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from towpath.core.catalog import (
    OpenAIModels,
    anthropic_model,
    anthropic_page,
    openai_model,
)
from towpath.core.errors import ApiError
from towpath.server.catalog import Models
from towpath.server.errors import error_response
from towpath.server.reports import report_response


class ModelRoutes:
    """The two routes. ``models``: those of each access."""

    def __init__(self, models: Mapping[str, Models]) -> None:
        self._models = models

    async def list(self, request: Request) -> Response:
        """All of them, a page at a time in Anthropic's shape."""
        try:
            models = await self._models[request.state.access].all()
            if not _wants_anthropic(request):
                return report_response(OpenAIModels(data=[openai_model(model) for model in models]))
            names = request.query_params.keys()
            query = {name: request.query_params.getlist(name) for name in names}
            return report_response(anthropic_page(models, query))
        except ApiError as error:
            return error_response(error)

    async def one(self, request: Request) -> Response:
        """One, by any name that a request may use for it."""
        try:
            model = await self._models[request.state.access].find(request.path_params["model_id"])
        except ApiError as error:
            return error_response(error)
        shape = anthropic_model if _wants_anthropic(request) else openai_model
        return report_response(shape(model))


def _wants_anthropic(request: Request) -> bool:
    """Every client of Anthropic's API says which version it speaks; OpenAI's has no such header."""
    return "anthropic-version" in request.headers
