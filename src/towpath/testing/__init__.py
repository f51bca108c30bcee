"""The scripted Messages API, in the place of the real one: at the far end of the real CLI.

It answers over loopback HTTP with the API's own events, writes down what it received, and needs no
login and no network. Unless an answer was queued it does what the newest user text says (``obey``),
so any client can drive it: ``SAY text``, ``THINK text``, ``CALL name {json}``, ``REPEAT 500 text``::

    from towpath.testing import Failure, Reply, ScriptedApi, serve_in_thread

    api = ScriptedApi()
    api.reply(Reply(({"type": "text", "text": "Hello."},)), Failure(529, "overloaded_error", "Overloaded"))
    with serve_in_thread(api.app) as url:  # ANTHROPIC_BASE_URL=<url> ANTHROPIC_API_KEY=dummy
        run_some_client(url)  # the first request gets the reply, the second the failure,
        api.wait_for(3)  # and the third, like all after it, what its own text asks for
    assert api.exchanges[0].body["messages"][-1]["role"] == "user"
    assert api.last["stream"] is True

Reply can also say how an answer ends badly: a connection that is cut, an ``error`` event, a delay.
This package knows the API and nothing of the rest of towpath, and must not import it: shared code
could not testify against itself.

- ``api``: all endpoints. ``dialogue``: what was received, and the answers that wait. ``script``: answers as
  values, and ``obey``.
- ``endpoint``: the API's own; ``bedrock``, ``vertex`` and ``foundry`` have what is otherwise at these
  providers, ``bedrock_models`` and ``event_stream`` what AWS needs more.
- ``stream``, ``responses``: how an answer looks and travels. ``serving``: a web server on a thread.
- ``stored``: files and batches. ``prompt_cache``: the API's cache, as documented.
"""

from towpath.testing.api import ScriptedApi
from towpath.testing.dialogue import Recorded
from towpath.testing.prompt_cache import PromptCache
from towpath.testing.script import Failure, Reply
from towpath.testing.serving import serve_in_thread

__all__ = ["Failure", "PromptCache", "Recorded", "Reply", "ScriptedApi", "serve_in_thread"]
