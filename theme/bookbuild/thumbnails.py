"""A figure in small: the curves of its first panel, without words, in the colours of the book."""

from __future__ import annotations

import re

DRAWN = re.compile(r'<path d="([^"]*)" clip-path="[^"]*" style="([^"]*)"')
SPINE = re.compile(r'<path d="M ([\d.]+) ([\d.]+) L ([\d.]+) ([\d.]+) " style="fill: none; stroke: var\(--rule')
DOT = re.compile(r'<use xlink:href="[^"]*" x="([\d.-]+)" y="([\d.-]+)" style="([^"]*--(?!rule)[^"]*)"')
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
KEPT = ("fill", "stroke", "fill-opacity", "stroke-opacity", "opacity", "stroke-dasharray")
CURVES, DOTS = 16, 60  # the most that a thumbnail shows


def thumbnail(svg: str) -> str:
    """The `<svg>` of a picture in small; empty where its first panel shows no curve and no dot."""
    box = _box(svg)
    if box is None:
        return ""
    left, top, right, bottom = box
    parts = []
    for path, style in DRAWN.findall(svg)[:CURVES]:
        heights = [float(y) for y in NUMBER.findall(path)[1::2]]
        if heights and min(heights) <= bottom and max(heights) >= top:
            points = NUMBER.sub(lambda number: f"{float(number[0]):.0f}", path).strip()
            parts.append(f'<path d="{points}" style="{_style(style)}"/>')
    for x, y, style in DOT.findall(svg)[:DOTS]:
        if left <= float(x) <= right and top <= float(y) <= bottom:
            parts.append(f'<path class="dot" d="M {float(x):.0f} {float(y):.0f} h 0" style="{_style(style)}"/>')
    if not parts:
        return ""
    view = f"{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}"
    frame = f'<svg class="thumbnail" viewBox="{view}" preserveAspectRatio="none" aria-hidden="true">'
    return f"{frame}{''.join(parts)}</svg>"


def _box(svg: str) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom of the first panel: its left spine, and the lower one, which begins there."""
    spines = [tuple(map(float, spine)) for spine in SPINE.findall(svg)]
    left = next((s for s in spines if s[0] == s[2] and s[1] != s[3]), None)
    lower = next((s for s in spines if left and s[1] == s[3] and s[:2] == left[:2]), None)
    return (left[0], min(left[1], left[3]), lower[2], max(left[1], left[3])) if left and lower else None


def _style(style: str) -> str:
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    return ";".join(f"{name.strip()}:{value.strip()}" for name, value in pairs if name.strip() in KEPT)
