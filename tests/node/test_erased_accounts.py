"""An erased account leaves nothing of its own behind, and no tie to anybody."""

from moderation import members
from node.store import personal
from outbox import profiles
from tests.clients import house

# Rows that stay, and why: ours to check a Delete's signature with until it is delivered; what was sent; moderators'
# papers; whom moderators see in them; the words that go with the posts.
_STAY = {
    ("keys", "account_id"),
    ("activities", "actor_id"),
    ("reports", "from_id"),  # an open complaint names them no more, nor waits for them
    ("reports", "target_id"),  # it goes as soon as it is dealt with
    ("reports", "assigned_id"),
    ("reports", "closed_by"),
    ("looks", "asked_by"),
    ("looks", "agreed_by"),
    ("invitations", "invited_by"),
    ("measures", "by_id"),
    ("cases", "account_id"),  # what they asked for is answered all the same, and erased in its own time
    ("cases", "assigned_id"),
    ("cases", "decided_by"),
    ("case_entries", "by_id"),
    ("bridges", "group_id"),  # the contract is kept, with a group or without
    ("guests", "sponsor_id"),  # whoever brought a guest: the guest's end stands all the same
    ("posts", "author_id"),  # each is deleted, with its tombstone
    ("posts", "wall_id"),
    ("posts", "group_id"),
    ("favourites", "account_id"),  # withdrawn, with their counts
    ("media", "account_id"),  # forgotten, with their files
}


async def tied(tx):
    """Every (table, column) of the schema that names an account."""
    tables = [row["name"] for row in await tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = set()
    for table in tables:
        for row in await tx.all(f"PRAGMA foreign_key_list({table})"):
            if row["table"] == "accounts":
                found.add((table, row["from"]))
    return found


async def test_every_row_that_names_an_account_goes_or_is_known_to_stay(tmp_path):
    async with house(tmp_path) as home, home.ctx.db.read() as tx:
        assert await tied(tx) == set(personal.TIES) | _STAY


async def test_what_a_member_kept_for_themselves_is_gone(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        post = await ben.write("Hello", visibility="public")
        path = f"/api/v1/statuses/{post['id']}"
        for done in ("favourite", "bookmark", "reblog", "mute"):
            assert (await ada.post(f"{path}/{done}")).status == 200
        await ada.post(f"/api/v1/accounts/{ben.account.id}/follow")
        await ada.post(f"/api/v1/accounts/{ben.account.id}/note", {"comment": "A note"})
        await ada.post("/api/v1/lists", {"title": "A list"})
        await ada.post("/api/v2/filters", {"title": "A filter", "context": ["home"]})
        await ada.post("/api/v1/statuses", {"status": "Later", "scheduled_at": "2100-01-01T00:00:00Z"})
        await ada.write("@ben between us", visibility="direct")
        await profiles.delete(home.ctx, ada.account)
        async with home.ctx.db.read() as tx:
            for table, column in personal.TIES:
                left = await tx.all(f"SELECT 1 AS found FROM {table} WHERE {column} = :id", id=ada.account.id)
                assert not left, (table, column)
        assert (await ben.get(path)).body["favourites_count"] == 0
        assert (await ben.get("/api/v1/conversations")).body == []
        assert await members.viewer_of_token(home.ctx, ada.token) is None
