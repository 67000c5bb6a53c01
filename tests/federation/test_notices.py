"""What a notice on a board carries, as it is read from what other nodes and other software send."""

import pytest

from federation.parse_note import note
from node.domain.boards import NOTHING, Notice

_NOTE = {
    "id": "https://graz.example/users/rules/statuses/1",
    "type": "Note",
    "attributedTo": "https://graz.example/users/rules",
    "content": "<p>Wear them</p>",
}


@pytest.mark.parametrize(
    ("more", "notice"),
    [
        ({}, NOTHING),
        (
            {"startTime": "2026-01-01T00:00:00Z", "endTime": "2026-01-02T00:00:00.000Z", "category": "Rules"},
            Notice("Rules", 1_767_225_600_000, 1_767_312_000_000),
        ),
        ({"startTime": "1969-12-31T00:00:00Z", "endTime": "9999-12-31T23:59:59Z"}, NOTHING),
        ({"endTime": "tomorrow", "startTime": 5, "category": ["Rules"]}, NOTHING),
        ({"category": "<b>Rules</b>\n &amp; hours"}, Notice("Rules & hours")),
        ({"category": "x" * 1_000}, Notice("x" * 60)),
        ({"type": "Question", "oneOf": [{"name": "Yes"}], "endTime": "2026-01-02T00:00:00Z"}, NOTHING),
    ],
)
def test_times_and_category_are_read_where_they_make_sense(more, notice):
    assert note(_NOTE | more).notice == notice
