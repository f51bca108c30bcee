"""What an error means for a person, and what to do, by its HTTP status. Pure."""

from collections.abc import Mapping

from towpath.core.errors import ApiError

_PLAIN: Mapping[int, str] = {
    400: "The request has something that cannot be carried. The client has to send it differently.",
    401: "Claude is not logged in, or its key is not accepted. Run towpath doctor: it says what to do.",
    402: "The account cannot pay for the request. Look at its billing.",
    403: "The account may not do this.",
    404: "There is no such model. Choose another one in the client.",
    409: "The API says that the request conflicts with another one. Try again.",
    413: "The request is too large. Begin a new conversation, or let the client compact this one.",
    429: "The limit of the account is reached. Wait until it resets.",
    500: "Claude, or the Claude CLI, failed. Try again; if it stays, run towpath doctor --live.",
    503: "The server was stopping. The client can send the request again.",
    504: "The model took too long. Try again.",
    529: "Too much at once, here or at the API. The client may try again in a moment.",
}

KEPT_OUT = "A caller was not let in. If it is yours, the message names the setting that lets it in."


def plain_words(error: ApiError) -> str:
    """A sentence or two, without anything that the request said."""
    return _PLAIN.get(error.status, "The request failed.")
