"""The protocol as values and functions: what a request means and how it is served. Nothing here acts.

Nothing in this package is async, reads a clock, does I/O or logs: everything it needs is passed in,
and what it decides is returned. Three things are kept from one call to the next, each an object that
somebody else owns: the messages known by their bytes (``reading.memo``), the prompts known to the cache
(``prompt_cache.misses``) and the account's limits (``account_limits``).

- ``reading``: a body becomes a request, or an error in the API's words.
- ``canonical``, ``ways``, ``why_start``, ``gone_on``: which conversations are the same, which way serves a
  request, and why no session could. ``life``: the states of a session.
- ``launch``, ``models``, ``model_names``, ``mode``, ``catalog``: what is fixed when a process starts.
  ``base_url``: upstreams. ``callers``: hosts and origins.
- ``events``, ``turn``, ``usage``, ``to_json``: answers, event by event and folded.
- ``accesses``, ``cli_variables``: the ways to reach Claude that a person has written down, and which
  variables of an environment concern a CLI.
- ``figures``: numbers in sentences.
- ``errors``, ``statuses``, ``explanations``: failures, and what they mean. ``account_limits``: the account's.
- ``redact``: a bug report without content.
- ``openai``: OpenAI's two APIs as the Messages API, there and back.
- ``prompt_cache``: why a request paid for what the cache should have held.
- ``client_habits``: what is known of clients: texts that come and go, subagents, working directories.

The words, used the same way in all packages:

- **Request**, **Message**, **Block**: as the Messages API has them.
- **Exchange**: one HTTP request and its response.
- **Turn**: from a user's message to ``end_turn``; several exchanges if tools are called.
- **Launch**: all that is fixed when a process starts, and its key.
- **Tip**: the digest of a conversation up to a message (``canonical``).
- **Session**: one live process and the conversation it holds: idle, running or parked.
- **Way**: how a request is served: Resume, Answer or Start (``ways``).
"""
