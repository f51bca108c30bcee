"""Figures in sentences. Pure."""


def counted(count: int, noun: str) -> str:
    """``no messages``, ``1 message``, ``1,200 messages``."""
    figure = f"{count:,}" if count else "no"
    return f"{figure} {noun}{'' if count == 1 else 's'}"
