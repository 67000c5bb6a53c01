"""What the node holds about somebody is found, wherever in a post or a profile it stands, and only by the desk."""

import pytest

from moderation import cases as commands
from moderation import desk, members
from node.domain.accounts import Profile, Role
from node.domain.cases import Filing, Topic
from node.domain.posts import Draft, DraftPoll
from node.domain.visibility import Visibility
from node.errors import Invalid
from node.store import journal
from node.store.pages import Page
from outbox import media, posts, profiles
from tests.nodes import context
from tests.pages.scene import drawn

PASSWORD = "correct horse battery"


async def house(ctx):
    """An officer, a member, and a case."""
    olga = await members.add(ctx, username="olga", password=PASSWORD, role=Role.OFFICER)
    carla = await members.add(ctx, username="carla", password=PASSWORD, name="Carla Riva")
    case = await commands.file(ctx, Filing(Topic.OTHER, "Look."), by=None, language="en", address="192.0.2.1")
    return olga, carla, case


async def found(ctx, case, said, officer, page=None):
    return await desk.find(ctx, case.id, said, page or Page(), by=officer)


async def test_words_are_found_in_every_part_of_a_post(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        olga, carla, case = await house(ctx)
        picture = tmp_path / "picture.png"
        picture.write_bytes(drawn("#27408b", "#f4ecd8"))
        file = await media.upload(ctx, carla, picture, name="a.png", said=media.Said(description="Müller, 50%_off"))
        drafts = {
            "text": Draft("Herr **Mül**ler, & Söhne"),
            "warning": Draft("x", summary="About MÜLLER"),
            "poll": Draft("Who?", poll=DraftPoll(("Müller", "nobody"), 86_400)),
            "picture": Draft("y", media_ids=(file.id,)),
            "address": Draft("[he](https://x.example/müller)"),
            "message": Draft("@olga what about Müller?", Visibility.DIRECT),
            "other": Draft("Nobody is named."),
        }
        made = {name: (await posts.publish(ctx, carla, draft)).id for name, draft in drafts.items()}
        edited = await posts.publish(ctx, carla, Draft("Once Müller, now nobody"))
        await posts.edit(ctx, carla, edited.id, Draft("Now nobody"))
        hits = await found(ctx, case, "müller", olga)
        assert {post.id for post in hits.posts} == {*made.values(), edited.id} - {made["other"]}
        assert [post.id for post in (await found(ctx, case, "50%_off", olga)).posts] == [made["picture"]]
        assert (await found(ctx, case, "50x_off", olga)).posts == []
        first = (await found(ctx, case, "müller", olga, Page(limit=3))).posts
        rest = (await found(ctx, case, "müller", olga, Page(before=first[-1].id))).posts
        assert [post.id for post in (*first, *rest)] == [post.id for post in hits.posts]


async def test_profiles_are_found_and_that_somebody_looked_is_written_down(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        olga, carla, case = await house(ctx)
        await profiles.edit(ctx, carla, Profile(fields=(("Phone", "0815 Grabowski"),)))
        assert [one.id for one in (await found(ctx, case, "grabowski", olga)).accounts] == [carla.id]
        assert [one.id for one in (await found(ctx, case, "Riva", olga)).accounts] == [carla.id]
        with pytest.raises(Invalid):
            await found(ctx, case, "%", olga)
        async with ctx.db.read() as tx:
            lines = await journal.page(tx)
        assert [(line.kind, line.by_id) for line in lines] == [
            ("case.filed", None),
            ("case.searched", olga.id),
            ("case.searched", olga.id),
        ]
        assert "grabowski" not in str(lines).lower()


async def test_words_are_found_in_every_part_of_a_profile(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        olga, carla, case = await house(ctx)
        told = {
            "name": "A Müller",
            "summary": "With *Mül*ler & Söhne, xmüllerx",
            "fields": (("Müller", "is"),),
            "icon_alt": "Müller",
            "image_alt": "Müller",
        }
        for part, said in told.items():
            await profiles.edit(ctx, carla, Profile(**{part: said}))
            assert [one.id for one in (await found(ctx, case, "müller", olga)).accounts] == [carla.id], part
            await profiles.edit(ctx, carla, Profile(**{part: () if part == "fields" else ""}))
        for name in ("Position", "Department", "Workplace", "Skills"):
            await profiles.edit(ctx, carla, Profile(fields=((name, "Müller"),)))
            assert [one.id for one in (await found(ctx, case, "müller", olga)).accounts] == [carla.id], name
        await profiles.edit(ctx, carla, Profile(fields=()))
        assert (await found(ctx, case, "müller", olga)).accounts == []


async def test_the_desk_works_on_either_store(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        olga, carla, case = await house(ctx)
        made = await posts.publish(ctx, carla, Draft("About Müller", Visibility.ORGANISATION))
        await posts.edit(ctx, carla, made.id, Draft("About Herr Müller"))
        await desk.black_out(ctx, case.id, made.id, "Müller", reason="Asked for.", by=olga)
        assert (await found(ctx, case, "müller", olga)).posts == []
        await desk.take_out(ctx, case.id, made.id, reason="Asked for.", by=olga)
        async with ctx.db.read() as tx:
            assert await tx.one("SELECT 1 AS found FROM posts WHERE id = :id", id=made.id) is None
