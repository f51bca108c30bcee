"""OpenAI's two APIs in terms of the Messages API. Requests go in, answers come back out.

- ``chat_request``, ``chat_messages``, ``chat_shape``, ``chat_answer``, ``chat_calls``: /v1/chat/completions.
- ``responses_request``, ``responses_input``, ``responses_answer``, ``responses_items``: /v1/responses.
- ``chat_tools``: tools of a chat, also as other APIs write them.
- ``functions``: the older names of tools in a chat. ``json_mode``: an answer that is an object.
- ``custom_tools``: tools whose calls have a text, of either.
- ``last_message``: what follows an assistant's last word.
- ``responses_tools``, ``tool_names``: tools of the latter, which may be more than functions.
- ``web_search``: the one tool of OpenAI's own that the Messages API has as well.
- ``given_items``: items of its answers that a later request points at.
- ``system_places``: messages of either at a place where the Messages API takes them.
- ``left_out``: what is taken out of a request of either before that, and named in a response header.
- ``shared_fields``, ``shared_parts``: what both share, fields of a request and parts of a message.
- ``thinking``: thinking blocks as reasoning items, there and back.
"""
