"""What is known of clients' habits, all in one place. None of it decides how a request is served.

- ``transient``: texts that some clients put into one request and take out of the next.
- ``subagents``, ``subagent_names``: agents that a client describes in a tool, and which one a model meant.
- ``workdir``: the working directory that a client names in its system prompt.
- ``labels``: what a client calls its session and agent, for people who read logs.
- ``recipes``: what a client needs to find this server.
"""
