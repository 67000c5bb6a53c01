"""The pages, as a browser without JavaScript meets them."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from moderation import measures, members
from node.app import create_app
from node.domain import uris
from node.domain.accounts import Comfort, Role
from node.errors import AllmendeError
from node.store import relationships
from outbox.relationships import follow
from tests.inbox.peer import Peer
from tests.nodes import URL, context

HOST = URL.removeprefix("http://")
BROWSER = {"Host": HOST, "Accept": "text/html"}
PASSWORD = "correct horse battery staple"


def token(page: str) -> str:
    return re.search(r'name="csrf" value="([0-9a-f]+)"', page)[1]


async def signed_in(ctx, client, username="ada"):
    secret = await members.invite(ctx, by=None, role=Role.ADMIN)
    path = uris.invitation("", secret)
    page = await (await client.get(path, headers=BROWSER)).get_data(as_text=True)
    form = {
        "csrf": token(page),
        "username": username,
        "name": "Ada Martin",
        "password": PASSWORD,
        "skills": "dyes, silk",
    }
    answer = await client.post(path, form=form, headers=BROWSER)
    assert answer.status_code == 303
    return answer


async def test_an_invited_person_joins_posts_and_reads(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        await signed_in(ctx, client)
        home = await (await client.get("/home", headers=BROWSER)).get_data(as_text=True)
        form = {"csrf": token(home), "text": "Hello <script>alert(1)</script> *all*", "audience": "unit"}
        answer = await client.post("/posts", form=form, headers=BROWSER)
        assert answer.status_code == 303
        for path in (
            answer.headers["Location"],
            "/home",
            "/unit",
            "/@ada",
            "/people",
            "/notifications",
            "/settings/profile",
        ):
            answer = await client.get(path, headers=BROWSER)
            page = await answer.get_data(as_text=True)
            assert answer.status_code == 200, path
            assert "<script>" not in page
            assert re.findall(r"<script[^>]*src=\"([^\"]+)\"", page)[0].startswith("/static/app.")
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "<em>all</em>" in await (await client.get("/home", headers=BROWSER)).get_data(as_text=True)


async def test_strangers_see_the_start_page_and_the_sign_in_only(tmp_path):
    async with context(tmp_path) as ctx:
        await members.add(ctx, username="ada", password=PASSWORD)
        client = create_app(ctx, jobs=False).test_client()
        for path in (
            "/home",
            "/unit",
            "/organisation",
            "/@ada",
            "/people",
            "/notifications",
            "/settings/profile",
            "/posts/1",
        ):
            answer = await client.get(path, headers=BROWSER)
            assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/sign-in"), path
        assert (await client.get("/", headers=BROWSER)).status_code == 200


async def test_O05_a_form_without_its_token_or_from_elsewhere_does_nothing(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        await signed_in(ctx, client)
        page = await (await client.get("/home", headers=BROWSER)).get_data(as_text=True)
        form = {"text": "Forged", "audience": "unit"}
        assert (await client.post("/posts", form=form, headers=BROWSER)).status_code == 403
        elsewhere = {**BROWSER, "Origin": "https://evil.example"}
        assert (await client.post("/posts", form={**form, "csrf": token(page)}, headers=elsewhere)).status_code == 403
        assert "Forged" not in await (await client.get("/unit", headers=BROWSER)).get_data(as_text=True)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_signing_in_leads_nowhere_else(tmp_path, target):
    async with context(tmp_path) as ctx:
        await members.add(ctx, username="ada", password=PASSWORD)
        client = create_app(ctx, jobs=False).test_client()
        page = await (await client.get("/sign-in", headers=BROWSER)).get_data(as_text=True)
        form = {"csrf": token(page), "username": "ada", "password": PASSWORD}
        answer = await client.post(f"/sign-in?next={target}", form=form, headers=BROWSER)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/home")


async def test_O07_wrong_passwords_are_counted_and_then_refused(tmp_path):
    async with context(tmp_path) as ctx:
        await members.add(ctx, username="ada", password=PASSWORD)
        client = create_app(ctx, jobs=False).test_client()
        page = await (await client.get("/sign-in", headers=BROWSER)).get_data(as_text=True)
        wrong = {"csrf": token(page), "username": "ada", "password": "not it, certainly"}
        codes = [(await client.post("/sign-in", form=wrong, headers=BROWSER)).status_code for _ in range(6)]
        assert codes == [401] * 5 + [429]


async def test_a_suspended_member_is_out_at_once(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        await signed_in(ctx, client)
        ben = await members.add(ctx, username="ben", password=PASSWORD, role=Role.ADMIN)
        secret = await members.issue_token(ctx, ben, name="test")
        await measures.suspend(ctx, ben.id, reason="A threat.")
        answer = await client.get("/api/v1/timelines/home", headers={"Host": HOST, "Authorization": f"Bearer {secret}"})
        assert answer.status_code == 401
        ada = await members.named(ctx, "ada")
        with pytest.raises(Exception, match="last administrator"):
            await measures.suspend(ctx, ada.id, reason="A threat.")


async def test_W04_another_host_name_is_refused(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        assert (await client.get("/", headers={"Host": "other.example"})).status_code == 421


ROOT = Path(__file__).parents[2]
_ERRORS = {error.__name__ for error in (AllmendeError, *AllmendeError.__subclasses__())} | {"WrongHost", "Damaged"}


def calls(*folders):
    """Every call with a first argument in the modules of these rooms: (where, its name, the argument)."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and call.args:
                    name = call.func.id if isinstance(call.func, ast.Name) else ""
                    name = "words" if isinstance(call.func, ast.Call) else name
                    yield f"{path.name}:{call.lineno}", name, call.args[0]


def entries(language):
    """The entries of a language that have their translations, all forms of them."""
    with (ROOT / f"themes/locale/{language}/LC_MESSAGES/allmende.po").open("rb") as file:
        return [entry for entry in read_po(file, locale=language) if entry.id and all(entry.string)]


def translated(language):
    return {entry.id for entry in entries(language) if isinstance(entry.id, str) and entry.string}


def translated_plurals(language):
    return {entry.id for entry in entries(language) if isinstance(entry.id, tuple)}


_SAID = r"""_\(\s*(["'])((?:(?!\1)[^\\]|\\.)+)\1\s*[,)]"""
"""A phrase in a template, between two quotes of a kind."""


def test_every_phrase_on_a_page_has_its_translations():
    phrases, plurals = set(), set()
    for path in (ROOT / "themes").rglob("*.html"):
        phrases |= {said for _, said in re.findall(_SAID, path.read_text())}
        plurals |= set(re.findall(r"_\.several\(\s*\"([^\"]+)\",\s*\"([^\"]+)\"", path.read_text()))
    for _, name, said in calls("node/web", "themes"):
        if name in ("_", "translate", "words") and isinstance(said, ast.Constant) and isinstance(said.value, str):
            phrases.add(said.value)
    for folder in ("node/web", "themes", "outbox"):
        for path in (ROOT / folder).rglob("*.py"):
            plurals |= set(re.findall(r"\.several\(\s*\"([^\"]+)\",\s*\"([^\"]+)\"", path.read_text()))
    assert len(phrases) > 50
    for language in ("de", "fr"):
        assert phrases - translated(language) == set(), language
        assert plurals - translated_plurals(language) == set(), language


def test_every_translation_is_of_a_phrase_that_is_said():
    pages = "".join(path.read_text() for path in (ROOT / "themes").rglob("*.html"))
    said = {
        node.value
        for path in ROOT.glob("[a-z]*/**/*.py")
        if path.relative_to(ROOT).parts[0] != "tests"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for language in ("de", "fr"):
        for entry in entries(language):
            for phrase in entry.id if isinstance(entry.id, tuple) else (entry.id,):
                assert phrase in said or phrase in pages or phrase.replace('"', '\\"') in pages, (language, phrase)


_OF_OPERATORS = (
    "organisation.py",
    "content_keys.py",
    "key_files.py",
    "sealed_file.py",
    "backups.py",
    "backup_reading.py",
)
"""What only commands do: operators read English."""


def test_every_error_a_person_may_see_has_its_translations():
    phrases = {}
    for where, name, said in calls("node/domain", "node/effects", "node/adapters", "node/web", "moderation", "outbox"):
        if name in _ERRORS and not where.startswith(_OF_OPERATORS):
            assert isinstance(said, ast.Constant), f"{where}: fill places in, so that it can be translated"
            phrases[said.value] = where
    assert len(phrases) > 25
    for language in ("de", "fr"):
        there = translated(language)
        missing = {phrase: where for phrase, where in phrases.items() if phrase not in there}
        assert missing == {}, language


async def test_an_error_is_told_in_the_language_of_the_one_who_looks(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        answer = await client.get("/nowhere", headers={**BROWSER, "Accept-Language": "de-AT,en;q=0.5"})
        assert (answer.status_code, "Diese Seite gibt es nicht." in await answer.get_data(as_text=True)) == (404, True)
        await signed_in(ctx, client)
        home = await (await client.get("/home", headers=BROWSER)).get_data(as_text=True)
        await members.set_comfort(ctx, await members.named(ctx, "ada"), Comfort(language="fr"))
        form = {"csrf": token(home), "text": "x" * 5_001, "audience": "unit"}
        answer = await client.post("/posts", form=form, headers={**BROWSER, "Accept-Language": "de"})
        page = await answer.get_data(as_text=True)
        assert (answer.status_code, "Limitez-la à 5000 caractères." in page, "x" * 5_001 in page) == (422, True, True)


async def test_what_was_typed_is_kept_when_it_cannot_be_published(tmp_path):
    async with context(tmp_path) as ctx:
        peer = await Peer.known_to(ctx, "bob")
        client = create_app(ctx, jobs=False).test_client()
        await signed_in(ctx, client)
        home = await (await client.get("/home", headers=BROWSER)).get_data(as_text=True)
        form = {"csrf": token(home), "text": "For Bob", "audience": "unit", "wall_of": str(peer.actors["bob"].id)}
        answer = await client.post("/posts", form=form, headers=BROWSER)
        page = await answer.get_data(as_text=True)
        assert (answer.status_code, "another unit" in page, "For Bob" in page) == (422, True, True)
        assert f'name="wall_of" value="{form["wall_of"]}"' in page
        assert await peer.count("posts") == 0


async def test_a_page_that_is_not_there_keeps_a_member_signed_in(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        await signed_in(ctx, client)
        page = await (await client.get("/nowhere", headers=BROWSER)).get_data(as_text=True)
        assert "Sign out" in page


async def test_who_decides_about_followers_answers_from_the_news(tmp_path):
    async with context(tmp_path) as ctx:
        client = create_app(ctx, jobs=False).test_client()
        await signed_in(ctx, client)
        ada = await members.named(ctx, "ada")
        page = await (await client.get("/settings/profile", headers=BROWSER)).get_data(as_text=True)
        await client.post("/settings/profile", form={"csrf": token(page), "locked": "on"}, headers=BROWSER)
        asking = [await members.add(ctx, username=name, password=PASSWORD) for name in ("ben", "eva")]
        for one in asking:
            await follow(ctx, one, ada.id)
        for one, verdict, follows in zip(asking, ("accept", "reject"), (True, None), strict=True):
            news = await (await client.get("/notifications", headers=BROWSER)).get_data(as_text=True)
            path = f"/accounts/{one.id}/{verdict}"
            assert path in news
            assert (await client.post(path, form={"csrf": token(news)}, headers=BROWSER)).status_code == 303
            async with ctx.db.read() as tx:
                found = await relationships.between(tx, follower_id=one.id, target_id=ada.id)
            assert (found.accepted if found else None) == follows
        news = await (await client.get("/notifications", headers=BROWSER)).get_data(as_text=True)
        assert "/accept" not in news


async def test_a_long_list_of_people_goes_on(tmp_path):
    async with context(tmp_path) as ctx:
        names = [f"person{number}" for number in range(60)]
        await Peer.known_to(ctx, *names, "hidden")
        async with ctx.change() as change:  # as their nodes tell of them
            await change.tx.run("UPDATE accounts SET discoverable = 1 WHERE username LIKE 'person%'")
        client = create_app(ctx, jobs=False).test_client()
        await signed_in(ctx, client)
        seen, path = set(), "/people"
        while path:
            page = await (await client.get(path, headers=BROWSER)).get_data(as_text=True)
            seen |= set(re.findall(r"@(person\d+)@", page))
            found = re.search(r'href="(\?after=\d+)"', page)
            path = f"/people{found[1]}" if found else ""
            assert "hidden@" not in page
        assert seen == set(names)
