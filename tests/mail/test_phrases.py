"""What mails say, and why one was not taken, is there in every language."""

import re

from node.domain.mails import Mailing
from tests.node.test_web import _ERRORS, ROOT, calls, translated, translated_plurals


def test_every_phrase_of_a_mail_has_its_translations():
    phrases, plurals = set(), set()
    for path in (ROOT / "themes").glob("*/mail/*"):
        phrases |= set(re.findall(r'_\(\s*"((?:[^"\\]|\\.)+?)"\s*[,)]', path.read_text()))
        plurals |= set(re.findall(r'_\.several\(\s*"([^"]+)",\s*"([^"]+)"', path.read_text()))
    said = re.compile(r'words\.several\(\s*"([^"]+)",\s*"([^"]+)"')
    for path in (ROOT / "outbox/mail").glob("*.py"):
        plurals |= set(said.findall(path.read_text()))
    for _, name, phrase in calls("node/mail", "outbox/mail", "themes"):
        if name in _ERRORS | {"_", "words"} and isinstance(getattr(phrase, "value", None), str):
            phrases.add(phrase.value)
    assert len(phrases) > 40
    assert len(plurals) == 3
    for language in ("de", "fr"):
        assert phrases - translated(language) == set(), language
        assert plurals - translated_plurals(language) == set(), language


def test_both_parts_of_every_mail_are_there():
    names = {path.name for path in (ROOT / "themes/plain/mail").iterdir()}
    for name in (Mailing.NOTICES, Mailing.DIGEST, "plain"):
        assert {f"{name}.txt", f"{name}.html"} <= names
