"""`allmende mail test`, as an administrator meets it."""

import asyncio
import json
import threading

import pytest
from click.testing import CliRunner

from node.cli import main
from tests.mailing import House, serving, text
from tests.nodes import port


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "allmende.toml").write_text('[node]\nurl = "http://127.0.0.1:8477"\ndevelopment = true\n')
    return lambda *arguments, **environ: CliRunner().invoke(main, ["mail", "test", *arguments], env=environ)


@pytest.fixture
def house():
    """A mail server in a thread of its own: the command has a loop for itself."""
    found, ready, end = House(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve():
        async with serving(found):
            ready.set()
            await end.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(10)
    yield found
    loop.call_soon_threadsafe(end.set)
    thread.join()
    loop.close()


def settings(house, **more):
    return {
        "ALLMENDE_MAIL_HOST": "127.0.0.1",
        "ALLMENDE_MAIL_PORT": str(house.number),
        "ALLMENDE_MAIL_SECURITY": "none",
        "ALLMENDE_MAIL_SENDER": "social@example.com",
        **more,
    }


def test_each_step_is_told_and_the_mail_arrives(run, house):
    answer = run("ada@example.com", **settings(house))
    assert answer.exit_code == 0, answer.output
    for step in ("settings", "connection", "mail", "answers", "verdict"):
        assert f"ok  {step}" in answer.output
    [mail] = house.mails
    assert mail["To"] == "ada@example.com"
    assert "can send mails" in text(mail)


def test_what_is_wrong_is_named(run, house):
    answer = run("ada@example.com")
    assert (answer.exit_code, "mail.host is not set" in answer.output) == (1, True)
    answer = run("ada at example.com", **settings(house))
    assert (answer.exit_code, "NO  address" in answer.output) == (1, True)
    house.refuses["ada@example.com"] = "550 5.1.1 no such user"
    answer = run("ada@example.com", "--json", **settings(house))
    assert answer.exit_code == 1
    steps = {step["step"]: step for step in json.loads(answer.output)}
    assert "no such user" in steps["mail"]["what"]
    assert not steps["verdict"]["ok"]
    answer = run("ada@example.com", **settings(house, ALLMENDE_MAIL_SECURITY="starttls"))
    assert (answer.exit_code, "mail.security" in answer.output) == (1, True)


def test_it_tells_that_nobody_listens_for_answers(run, house):
    listening = {"ALLMENDE_MAIL_LISTEN": f"127.0.0.1:{port()}", "ALLMENDE_MAIL_REPLY_TO": "reply@example.com"}
    answer = run("ada@example.com", **settings(house, **listening))
    assert (answer.exit_code, "NO  answers" in answer.output) == (0, True)
