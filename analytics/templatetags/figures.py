"""Figures as people read them."""

from django import template

from analytics import metrics
from analytics.dashboard import Figure

register = template.Library()


@register.filter
def spelled(value: float | None, unit: str = "") -> str:
    return metrics.spell(value, unit)


@register.filter
def changed(figure: Figure) -> str:
    """Say how a figure compares with the period before: "▲ 12 %, 310 before"."""
    before = metrics.spell(figure.before, figure.metric.unit)
    if figure.change is None:
        return f"{before} before" if figure.before is not None else "nothing before"
    percent = round(figure.change * 100)
    arrow = "▲" if percent > 0 else "▼" if percent < 0 else "="
    return f"{arrow} {abs(percent):,} %, {before} before"
