"""The command line, as an administrator meets it."""

import asyncio
import json
import re
import socket
import sqlite3
import subprocess
import sys
from dataclasses import fields
from typing import get_type_hints

import pytest
from click.testing import CliRunner

from node.cli import main
from node.config import Settings, load
from node.fleet import Failed, Node
from tests.nodes import organisation


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, **environ: CliRunner().invoke(main, list(arguments), env=environ)


def test_init_writes_settings_that_work(run, tmp_path):
    assert run("init", "--url", "http://127.0.0.1:8477", "--development").exit_code == 0
    assert run("migrate").exit_code == 0
    again = run("init", "--url", "http://127.0.0.1:8477", "--development")
    assert again.exit_code == 1
    assert "there already" in again.output


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, "node.url is missing"),
        ({"ALLMENDE_NODE_URL": "http://social.example"}, "plain http"),
        ({"ALLMENDE_NODE_URL": "http://social.example", "ALLMENDE_NODE_DEVELOPMENT": "true"}, "node.development"),
        ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_NODE_DEVELOPMENT": "true"}, "node.development"),
        *(
            ({"ALLMENDE_NODE_URL": url}, "node.url")
            for url in (
                "https://social.example/path",
                "https://social.example:99999",
                "https://ada:secret@social.example",
                "https://social.example#top",
                "https://[::1",
                "social.example",
            )
        ),
        ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_NODE_CONTACT": "not a mail"}, "node.contact"),
        ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_NODE_OFFICER": "nobody"}, "node.officer"),
        ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_NODE_FOO": "x"}, "ALLMENDE_NODE_FOO"),
        ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_SERVER_PROXIES": '["x y"]'}, "server.proxies"),
        ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_FEDERATION_PORTS": "[99999]"}, "federation.ports"),
        ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_STORAGE_BACKUP_DAYS": "0"}, "storage.backup_days"),
        *(
            ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_STORAGE_DATABASE": address}, "storage.database")
            for address in ("mysql://x", "postgresql://127.0.0.1:1/x", "postgresql://127.0.0.1:port/x")
        ),
        ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_STORAGE_DATA": "/proc/x"}, "storage.data"),
        (
            {
                "ALLMENDE_NODE_URL": "https://social.example",
                "ALLMENDE_MAIL_HOST": "mail.example",
                "ALLMENDE_MAIL_SENDER": "social@mail.example",
                "ALLMENDE_MAIL_REPLY_TO": "reply@mail.example",
                "ALLMENDE_MAIL_LISTEN": "127.0.0.1:99999",
            },
            "mail.listen",
        ),
        ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_SERVER_PORT": "many"}, "server.port"),
        ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_SERVER_PORT": "99999"}, "server.port"),
        ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_NODE_LANGUAGE": "xx"}, "node.language"),
        ({"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_LIMITS_TAGS": "-1"}, "limits.tags"),
        (
            {"ALLMENDE_NODE_URL": "https://social.example", "ALLMENDE_FEDERATION_PRIVATE_HOSTS": '{"b": ["10/99"]}'},
            "federation.private_hosts",
        ),
    ],
)
def test_wrong_settings_name_the_key(run, tmp_path, environ, named):
    (tmp_path / "allmende.toml").write_text("")
    answer = run("migrate", **environ)
    assert answer.exit_code == 1
    assert named in answer.output


def test_init_writes_every_name_and_every_setting_and_reads_it_again(run, tmp_path):
    name = 'Werk "Süd" \\ \x7f'
    assert run("init", "--url", "https://social.example", "--name", name).exit_code == 0
    written = (tmp_path / "allmende.toml").read_text()
    assert load(tmp_path / "allmende.toml", {}).node.name == name
    hints = get_type_hints(Settings)
    for section in fields(Settings):
        _, _, below = written.partition(f"[{section.name}]\n")
        there = below.partition("\n\n[")[0]
        if section.name != "limits":
            for setting in fields(hints[section.name]):
                assert re.search(rf"^(# )?{setting.name} = ", there, re.MULTILINE), (section.name, setting.name)


def test_init_refuses_what_is_no_public_address(run, tmp_path):
    answer = run("init", "--url", "https://ada:secret@social.example")
    assert (answer.exit_code, "node.url" in answer.output, "secret" in answer.output) == (1, True, False)
    assert not (tmp_path / "allmende.toml").exists()


def test_a_settings_file_that_is_named_has_to_be_there(run):
    answer = run("migrate", ALLMENDE_CONFIG="/nowhere/of.toml", ALLMENDE_NODE_URL="https://social.example")
    assert (answer.exit_code, "/nowhere/of.toml" in answer.output) == (1, True)


def test_a_command_that_fails_says_what_to_do(run, tmp_path):
    run("init", "--url", "http://127.0.0.1:8477", "--development")
    assert run("user", "add", "ada", ALLMENDE_PASSWORD="correct horse battery").exit_code == 0
    run("org", "create", "Weaving Works")
    for command, said in (
        (("backup", "nowhere/copy"), "nowhere/copy"),
        (("org", "admit", "not a domain"), "looks like social.example.com"),
        (("bridge", "take-up", "foo", "--by", "ada", "--lead", "ada"), "Check the address"),
        (("announcement", "add", "x", "--until", "2020-01-01"), "Choose a later one"),
    ):
        answer = run(*command)
        assert (answer.exit_code, said in answer.output) == (1, True), answer.output
    assert "None: " in run("announcement", "list").output


def test_who_is_meant_is_found_before_anything_is_asked(run):
    run("init", "--url", "http://127.0.0.1:8477", "--development")
    for command in (("move", "nobody", "ada@b.example"), ("delete", "nobody"), ("password", "nobody")):
        assert run("user", *command).output == "Error: Nobody named nobody is a member here.\n"
    assert run("user", "add", "no body").output.startswith("Error: A user name has")


def test_what_kubernetes_tells_a_container_is_taken_for_no_setting():
    named = {"ALLMENDE_NODE_URL": "https://social.example"}
    told = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_8400_TCP", "PORT_8400_TCP_ADDR")
    assert load(None, named | {f"ALLMENDE_NODE_{one}": "tcp://10.0.0.1:8400" for one in told}) == load(None, named)


def test_an_unknown_key_is_named(run, tmp_path):
    (tmp_path / "allmende.toml").write_text('[node]\nurl = "https://a.example"\ncolour = "red"\n')
    answer = run("migrate")
    assert (answer.exit_code, "node.colour" in answer.output) == (1, True)


def test_the_journal_is_checked_and_what_is_wrong_ends_with_a_code_for_scripts(run, tmp_path):
    run("init", "--url", "http://127.0.0.1:8477", "--development")
    assert "empty" in run("journal", "verify").output
    assert run("journal", "verify", "--known", "x").exit_code == 2
    (path,) = tmp_path.rglob("*.sqlite3")
    with sqlite3.connect(path) as rows:
        rows.execute("INSERT INTO journal VALUES (1, 1, 'case.filed', 'case A7K-4QX9', NULL, '', '', 'forged')")
    answer = run("journal", "verify")
    assert (answer.exit_code, "line 1 was changed" in answer.output) == (1, True)
    assert json.loads(run("journal", "verify", "--json").output) == {
        "lines": 0, "seal": "", "wrong": 1, "witnesses": [],
    }  # fmt: skip


def test_what_another_node_signed_for_the_journal_has_to_stand_in_it(run, tmp_path):
    run("init", "--url", "http://127.0.0.1:8477", "--development")
    assert run("journal", "verify").exit_code == 0
    (path,) = tmp_path.rglob("*.sqlite3")
    with sqlite3.connect(path) as rows:
        rows.execute("INSERT INTO journal_witnesses VALUES ('graz.example', 1, 7, 'seal', x'', 'key', 1, NULL)")
    answer = run("journal", "verify")
    assert (answer.exit_code, "graz.example signed line 7" in answer.output) == (1, True)
    [said] = json.loads(run("journal", "verify", "--json").output)["witnesses"]
    assert (said["node"], said["line"], said["state"]) == ("graz.example", 7, "broken")
    assert "Epoch 2 begins" in run("journal", "restored").output
    answer = run("journal", "verify")
    assert (answer.exit_code, "went when a backup was put back" in answer.output) == (0, True)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"ALLMENDE_LOOK_THEME": "none"}, "look.theme"),
        ({"ALLMENDE_LOOK_ACCENT_DARK": "nonsense"}, "look.accent_dark"),
        ({"ALLMENDE_LOG": "NOPE"}, "ALLMENDE_LOG"),
        ({}, "secret.key is missing"),
    ],
)
def test_F07_a_node_that_cannot_start_says_why_and_ends(run, tmp_path, environ, named):
    assert run("init", "--url", "http://127.0.0.1:8477", "--development").exit_code == 0
    assert run("migrate").exit_code == 0
    if not environ:
        (tmp_path / "data/secret.key").unlink()
    answer = run("serve", **environ)
    assert (answer.exit_code, named in answer.output, "Traceback" in answer.output) == (1, True, False)


def test_a_node_whose_port_is_taken_does_not_say_that_it_is_there(run):
    assert run("init", "--url", "http://127.0.0.1:8477", "--development").exit_code == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = run("serve", ALLMENDE_SERVER_PORT=str(taken.getsockname()[1]))
    assert (answer.exit_code, "server.port" in answer.output, " is at " in answer.output) == (1, True, False)


async def test_a_command_says_nothing_but_its_own(tmp_path):
    node = Node("lyon", tmp_path / "lyon")
    command = (sys.executable, "-m", "node", "announcement", "add", "The canteen is closed.")
    told = await asyncio.to_thread(subprocess.run, command, env=node._environ(), capture_output=True)
    assert (told.returncode, told.stderr) == (0, b"")


async def test_what_an_administrator_does_in_a_day(tmp_path):
    async with organisation(tmp_path, ("lyon", "graz")) as found:
        lyon = found.nodes[0]
        assert "/invitation/" in lyon.log()
        await lyon.member("eva", name="Eva", department="Dyeing")
        listed = json.loads(await lyon.command("user", "list", "--json"))
        assert [(one["username"], one["department"], one["state"]) for one in listed] == [
            ("ada", "", "active"),
            ("eva", "Dyeing", "active"),
        ]
        assert (await lyon.command("invite")).startswith(f"{lyon.url}/invitation/")
        with pytest.raises(Failed, match="Give a reason"):
            await lyon.command("user", "suspend", "eva")
        await lyon.command("user", "suspend", "eva", "--reason", "A threat.")
        assert "suspended" in await lyon.command("user", "list")
        await lyon.command("user", "suspend", "eva", "--undo")
        await lyon.command("user", "add", "root1", "--role", "admin")
        assert await found.people[0].stream() == []
        assert "signed out everywhere" in await lyon.command("user", "password", "ada")
        with pytest.raises(Failed, match="401"):
            await found.people[0].stream()
        assert all(one["ok"] for one in json.loads(await lyon.command("doctor", "--json")))
        assert await lyon.command("deliveries", "list") == "Nothing is stuck."
        assert "content.keys only" in await lyon.command("backup", str(tmp_path / "copy"))
        with pytest.raises(Failed, match="is there already"):
            await lyon.command("backup", str(tmp_path / "copy"))
        with pytest.raises(Failed, match="node in this database already"):
            await lyon.command("restore", str(tmp_path / "copy"))
        with pytest.raises(Failed, match="knows more than a copy"):
            await lyon.command("restore", str(tmp_path / "copy"), "--keys", str(tmp_path / "copy"))
        with pytest.raises(Failed, match="Nobody named"):
            await lyon.command("user", "suspend", "nobody")


async def test_S18_neither_database_nor_backup_holds_a_readable_key(tmp_path):
    node = Node("lyon", tmp_path / "lyon")
    await node.command("migrate")
    await node.command("backup", str(tmp_path / "copy"))
    for path in [tmp_path / "copy", *(tmp_path / "lyon").iterdir()]:
        assert b"PRIVATE KEY" not in path.read_bytes(), path


def test_guests_and_minors_are_looked_after_by_command(run):
    run("init", "--url", "http://127.0.0.1:8477", "--development")
    secret = {"ALLMENDE_PASSWORD": "correct horse battery"}
    assert run("user", "add", "ada", **secret).exit_code == 0
    assert run("user", "add", "kim", "--minor", **secret).exit_code == 0
    assert "/invitation/" in run("invite", "--minor").output
    assert run("user", "minor", "ada").exit_code == 0
    assert "of age now" in run("user", "minor", "ada", "--undo").output
    terms = ("--sponsor", "ada", "--until", "2099-12-31", "--group", "dyers")
    unknown = run("guest", "invite", *terms)
    assert (unknown.exit_code, "no group called dyers" in unknown.output) == (1, True)
    assert "Nobody is a guest" in run("guest", "list").output
    assert json.loads(run("guest", "list", "--json").output) == []
    for command in (("change", "ada", *terms), ("end", "ada")):
        assert run("guest", *command).exit_code == 1
