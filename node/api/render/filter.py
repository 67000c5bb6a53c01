"""The Filter entities, and the older ones in which each keyword is a filter of its own."""

from typing import Any

from node.domain.filters import Filter, Filtered, Keyword, Met
from node.domain.times import iso


def filter(filter: Filter) -> dict[str, Any]:
    """Return a filter with all that is in it."""
    return {
        **outline(filter),
        "keywords": [keyword(one) for one in filter.keywords],
        "statuses": [entry(one) for one in filter.posts],
    }


def outline(filter: Filter) -> dict[str, Any]:
    """Return a filter without what is in it."""
    return {
        "id": str(filter.id),
        "title": filter.title,
        "context": list(filter.contexts),
        "expires_at": iso(filter.expires_at) if filter.expires_at else None,
        "filter_action": filter.action,
    }


def keyword(keyword: Keyword) -> dict[str, Any]:
    """Return one keyword (FilterKeyword)."""
    return {"id": str(keyword.id), "keyword": keyword.text, "whole_word": keyword.whole_word}


def entry(entry: Filtered) -> dict[str, Any]:
    """Return one single post (FilterStatus)."""
    return {"id": str(entry.id), "status_id": str(entry.post_id)}


def result(met: Met) -> dict[str, Any]:
    """Return a filter that a post meets (FilterResult)."""
    return {
        "filter": outline(met.filter),
        "keyword_matches": list(met.keywords) or None,
        "status_matches": [str(id) for id in met.post_ids] or None,
    }


def older(filter: Filter, keyword: Keyword) -> dict[str, Any]:
    """Return one keyword as the filter that older clients know (V1::Filter)."""
    return {
        "id": str(keyword.id),
        "phrase": keyword.text,
        "context": list(filter.contexts),
        "whole_word": keyword.whole_word,
        "expires_at": iso(filter.expires_at) if filter.expires_at else None,
        "irreversible": filter.action == "hide",
    }
