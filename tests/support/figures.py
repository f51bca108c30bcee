"""What /metrics says."""

import httpx
from prometheus_client.parser import text_string_to_metric_families


def figures(http: httpx.Client) -> dict[tuple[str, ...], float]:
    """The samples of /metrics by name and values of their labels, in the labels' order."""
    answer = http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
