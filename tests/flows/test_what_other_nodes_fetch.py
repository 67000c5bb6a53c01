"""Every address that other servers may ask, asked by each kind of them: one table says who gets what.

Each thing holds a word of its own. What is sent to others without being asked for is for the random stories.
"""

from itertools import product

import pytest

from federation import resolve
from federation.errors import FederationError
from moderation import minors, personas
from node.domain.accounts import Profile
from node.domain.groups import Joining, Readers
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import accounts
from outbox import posts, profiles, relationships
from tests.village import village

DOORS = ("federation", "webfinger", "nodeinfo")

ORGANISATION = {"ada", "ben", "owl", "organisation", "wall", "open", "department", "kid-name", "group-about"}
BRIDGED = {"bridged", "ada"}
TABLE = {
    "nobody": set(),
    "a stranger": set(),
    "a node of the organisation": ORGANISATION | {"followers", "named", "group"},
    "a node where nobody follows": ORGANISATION,
    "the partner's node": BRIDGED,
    "a partner's person in the group": BRIDGED,
    "a partner's person outside it": set(),
}
"""Who asks → the words that they find, over all addresses together. Who asks is a server: it answers for its people.

Of a partner's people only those in the group are known here, so nobody else's signature counts.
"""

NEVER = {"unit", "own", "inner", "position"}
"""What no server gets: what is for the unit, messages and groups among those here, and what a profile keeps here."""


def word(name):
    return f"canary{name.replace('-', '')}canary"


async def lyon_with_everything(there):
    lyon, graz, oslo, mill, attic = there.houses.values()
    ada, ben, kid = [await lyon.member(name) for name in ("ada", "ben", "kid")]
    gus = await graz.member("gus")
    await oslo.member("olga")
    pat, lena = await mill.member("pat"), await mill.member("lena")
    await attic.member("zoe")

    async def says(by, name, visibility=Visibility.UNIT, **more):
        text = f"{more.pop('to', '')} {word(name)}"
        return await posts.publish(lyon.ctx, by, Draft(text, visibility, **more))

    for name, person in {"ada": ada, "ben": ben, "kid-name": kid}.items():
        await profiles.edit(lyon.ctx, person, Profile(name=f"{person.username} {word(name)}"))
    narrow = {"position": word("position"), "department": word("department"), "narrow": ("position",)}
    await profiles.edit(lyon.ctx, ben, Profile(**narrow))
    await minors.set_minor(lyon.ctx, kid.id, True, by=ada)
    owl = await personas.make(lyon.ctx, ben, username="owl", name=f"Owl {word('owl')}")

    await relationships.follow(graz.ctx, gus, (await graz.account(ada)).id)
    await there.settle()
    await says(ada, "unit")
    await says(owl, "owl", Visibility.ORGANISATION)
    said = await says(ada, "organisation", Visibility.ORGANISATION)
    await says(ben, "ben", Visibility.ORGANISATION, reply_to_id=said.id)
    await says(ada, "followers", Visibility.FOLLOWERS)
    await says(ada, "named", Visibility.DIRECT, to=f"@gus@{graz.host}")
    await says(ada, "own", Visibility.DIRECT, to="@ben")
    await says(ben, "wall", Visibility.ORGANISATION, wall_of=ada.id)

    for name, outsiders, charter in (
        ("inner", (), {"listed": False}),
        ("group", ((graz, gus),), {"summary": word("group-about")}),
        ("open", (), {"readers": Readers.ORGANISATION}),
        ("bridged", (), {}),
    ):
        group = await there.found(lyon, ada, name, joining=Joining.OPEN, **charter)
        for house, person in outsiders:
            await there.join(house, person, group)
        if name == "bridged":
            await there.bridge(group, lyon, ada, mill, lena)
            await there.join(mill, pat, group)
        audience = Visibility.ORGANISATION if name == "open" else Visibility.GROUP
        await says(ada, name, audience, group=group.id)
    await there.settle()
    return {"gus": gus, "pat": pat, "lena": lena}


async def addresses(house):
    """Every address that other servers may ask, with all that can stand in it."""
    async with house.ctx.db.read() as tx:
        names = [row["username"] for row in await tx.all("SELECT username FROM accounts WHERE host = ''")]
        ids = {
            "post_id": [row["id"] for row in await tx.all("SELECT id FROM posts")],
            "activity_id": [row["id"] for row in await tx.all("SELECT id FROM activities")],
            "bridge_id": [row["id"] for row in await tx.all("SELECT id FROM bridges")],
            "stamp_id": [1],
        }
    values = {"username": names, "name": ["followers", "following", "wall"], "version": ["2.0", "2.1"], **ids}
    for rule in house.client.app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] not in DOORS or "GET" not in rule.methods:
            continue
        for chosen in product(*(values[name] for name in sorted(rule.arguments))):
            _, path = rule.build(dict(zip(sorted(rule.arguments), chosen, strict=True)))
            yield path
            if rule.endpoint == "federation.outbox" or "collection" in rule.endpoint or "featured" in rule.endpoint:
                yield f"{path}?before=9223372036854775807"
                yield f"{path}?page=1"
    for name in names:
        yield f"/.well-known/webfinger?resource=acct:{name}@{house.host}"


async def finds(asker, house, signed):
    """The words that somebody finds at all addresses of a node; asker: the house that asks."""
    found = set()
    answered = 0
    async for path in addresses(house):
        try:
            _, body = await asker.ctx.wire.get_document(f"{house.ctx.settings.url}{path}", sign=signed)
        except FederationError:
            continue
        answered += 1
        found |= {name for name in {*set().union(*TABLE.values()), *NEVER} if word(name).encode() in body}
    return found, answered


@pytest.mark.parametrize("who", TABLE)
async def test_other_servers_find_what_the_table_says(tmp_path, who):
    async with village(tmp_path, "lyon", "graz", "oslo", partners=("mill", "attic")) as there:
        people = await lyon_with_everything(there)
        lyon, graz, oslo, mill, attic = there.houses.values()
        asker, person = {
            "nobody": (graz, None),
            "a stranger": (attic, ""),
            "a node of the organisation": (graz, ""),
            "a node where nobody follows": (oslo, ""),
            "the partner's node": (mill, ""),
            "a partner's person in the group": (mill, "pat"),
            "a partner's person outside it": (mill, "lena"),
        }[who]
        if person is None:
            sign = None
        elif person:
            async with asker.ctx.db.read() as tx:
                sign = await asker.ctx.keys.sign_as(tx, (await accounts.by_uri(tx, people[person].uri)).id)
        else:
            sign = await resolve.node_signature(asker.ctx)
        found, answered = await finds(asker, lyon, sign)
        assert found == TABLE[who]
        assert not found & NEVER
        assert answered >= 2, "something is open to everybody: the node itself"
