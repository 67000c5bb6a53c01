"""What the documents promise to list, they list."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import click

from node.cli import main
from node.config import Settings, variable

ROOT = Path(__file__).parent.parent


def test_every_setting_has_its_line():
    text = (ROOT / "docs/settings.md").read_text()
    hints = get_type_hints(Settings)
    for section in fields(Settings):
        for setting in fields(hints[section.name]):
            assert f"| {setting.name} | `{getattr(hints[section.name](), setting.name)!r}` |" in text, setting.name
            assert variable(section.name, setting.name) in text


def test_every_command_says_what_it_does():
    def walk(command, path):
        assert command.help, path
        if isinstance(command, click.Group):
            for name, inner in command.commands.items():
                walk(inner, [*path, name])

    walk(main, ["allmende"])


def test_every_threat_has_a_test_of_its_name():
    promised = re.findall(r"^\| ([SIN]\d\d) \|", (ROOT / "docs/threats.md").read_text(), re.MULTILINE)
    assert len(promised) == len(set(promised)) == 19 + 16 + 12
    names = [
        name for path in ROOT.glob("tests/**/test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    ]
    untested = [row for row in promised if not any(f"_{row}_" in name for name in names)]
    assert untested == []
