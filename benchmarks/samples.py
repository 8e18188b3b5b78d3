"""The demo's samples as a frontend sends them: the fields that its screens show, about 300 bytes each."""

from typing import Any

SHOWN = (
    *("id", "name", "sku", "category", "status", "isHero", "designer", "color", "location"),
    *("lookIds", "setId", "modelId", "expectedAt", "neededAt"),
)


def shown_samples(
    samples: list[dict[str, Any]], count: int, stamp: str = ""
) -> list[dict[str, Any]]:
    """Repeat the samples under new ids until there are `count`; another stamp makes other bytes."""
    rows = []
    for number in range(count):
        sample = samples[number % len(samples)]
        row = {name: sample[name] for name in SHOWN if name in sample}
        rows.append({**row, "id": f"s{number}", "sku": f"SKU-{stamp}-{number}"})
    return rows
