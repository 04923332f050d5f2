"""What pages say about an achievement and whoever gives it: names, pictures, criteria, skills."""

from collections.abc import Mapping
from typing import Any, Final

from markdown_it import MarkdownIt

from pod_app.pods.catalogue import Pod

MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).disable(["image"])


def tile(achievement: Mapping[str, Any], base_url: str = "") -> dict[str, Any]:
    """What a medal and a tile show of an achievement; `base_url` is that of this installation."""
    return {
        "name": str(achievement.get("name", "")),
        "description": str(achievement.get("description", "")),
        "seed": str(achievement.get("id", "")),
        "category": str(achievement.get("achievementType", "")),
        "image": image_of(achievement, base_url),
        "image_alt": _caption(achievement),
    }


def image_of(achievement: Mapping[str, Any], base_url: str = "") -> str | None:
    """The achievement's own image when a page may show it: one of this origin (the page's policy allows no other)."""
    image = achievement.get("image")
    source = image.get("id") if isinstance(image, Mapping) else image
    return here(source, base_url) if isinstance(source, str) else None


def here(source: str, base_url: str) -> str | None:
    """The path of a picture that stands at this origin."""
    path = f"/{source.removeprefix(base_url)}" if base_url and source.startswith(base_url) else source
    return path if path.startswith("/") else None


def _caption(achievement: Mapping[str, Any]) -> str | None:
    image = achievement.get("image")
    return str(image["caption"]) if isinstance(image, Mapping) and image.get("caption") else None


def criteria_html(achievement: Mapping[str, Any]) -> str:
    """Criteria are Markdown; raw HTML and images in them are not rendered."""
    criteria = achievement.get("criteria")
    narrative = criteria.get("narrative", "") if isinstance(criteria, Mapping) else ""
    return str(MARKDOWN.render(str(narrative))) if narrative else ""


def criteria_href(achievement: Mapping[str, Any]) -> str | None:
    """Where the criteria are told at length, if that is elsewhere."""
    criteria = achievement.get("criteria")
    return str(criteria["id"]) if isinstance(criteria, Mapping) and criteria.get("id") else None


def alignments(achievement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Skills and frameworks that an achievement is tied to."""
    found = achievement.get("alignment") or []
    return [
        {"name": one.get("targetName", ""), "href": one.get("targetUrl"), "framework": one.get("targetFramework")}
        for one in (found if isinstance(found, list) else [found])
        if isinstance(one, Mapping)
    ]


def tags(achievement: Mapping[str, Any]) -> list[str]:
    """Free words of an achievement."""
    found = achievement.get("tag") or []
    return [str(one) for one in (found if isinstance(found, list) else [found])]


def issuer_of(pod: Pod) -> dict[str, str]:
    """A pod, as the issuer that pages name."""
    return {"name": pod.title, "href": f"/{pod.name}/profile/card", "kind": pod.kind}
