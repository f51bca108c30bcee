"""A proxy whose CLIs are at a cloud provider."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.support.clouds import CLOUDS, CloudClient, at_cloud
from tests.support.isolated_proxy import isolated_proxy
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings


@contextmanager
def cloud_proxy(cloud: str, scripted_url: str, settings: Settings) -> Iterator[CloudClient]:
    """A proxy whose CLIs are at a provider, for as long as its variables are set (``at_cloud``)."""
    none = {"upstream_base_url": None, "upstream_api_key": None}
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            at_cloud(cloud, scripted_url, patch)
            proxy = stack.enter_context(isolated_proxy(settings.model_copy(update=none)))
        client = stack.enter_context(CloudClient(base_url=proxy.url, timeout=WAIT_SECONDS))
        client.ids, client.state_dir = CLOUDS[cloud].ids, settings.state_dir
        yield client
