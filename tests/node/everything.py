"""A story in which every route of the client API is called with something to tell, chapter by chapter."""

from datetime import UTC, datetime
from typing import Any

from moderation import announcements, emojis, trends
from tests.inbox.peer import HOST
from tests.seeded import NAMES, Seeded, in_an_hour, picture


async def server(node: Seeded) -> None:
    """What a client asks of the server, signed in or not."""
    do = node.callers.do
    client = await do(
        "nobody",
        "POST",
        "/api/v1/apps",
        {"client_name": "Loom", "redirect_uris": ["http://127.0.0.1:1/back"], "scopes": "read write"},
    )
    asked = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    own = await do("nobody", "POST", "/oauth/token", asked | {"grant_type": "client_credentials", "scope": "read"})
    node.callers.tokens["loom"] = own["access_token"]
    await do("loom", "GET", "/api/v1/apps/verify_credentials")
    await do("ada", "GET", "/oauth/userinfo")
    await do("ada", "POST", "/oauth/userinfo")
    for path in (
        "/api/v1/instance",
        "/api/v2/instance",
        "/api/v1/instance/rules",
        "/api/v1/instance/extended_description",
        "/api/v1/instance/privacy_policy",
        "/api/v1/instance/terms_of_service",
        f"/api/v1/instance/terms_of_service/{datetime.now(UTC):%Y-%m-%d}",
        "/api/v1/instance/translation_languages",
        "/api/v1/instance/languages",
    ):
        await do("nobody", "GET", path)
    for path in ("peers", "activity", "domain_blocks"):
        await do("ada", "GET", f"/api/v1/instance/{path}")
    await do("nobody", "POST", "/oauth/revoke", asked | {"token": own["access_token"]})


async def posts(node: Seeded) -> None:
    """Posts of every kind, edited, planned, with files and polls."""
    do, ada, ben = node.callers.do, node.id("ada"), node.id("ben")
    await emojis.add(node.ctx, "loom", node.folder / "picture.png")
    await node.post("unit", "ada", "For the unit #silk :loom:", "unlisted")
    await node.post("organisation", "ada", "For all of us #silk #loom", "public", quote_approval_policy="public")
    await node.post("followers", "ada", "For followers", "private", spoiler_text="Careful", language="en")
    await node.post("direct", "ada", "@ben for you", "direct")
    await node.post("wall", "ada", "On your wall", "unlisted", wall_of=ben)
    await node.post("reply", "ben", "@ada an answer", "unlisted", in_reply_to_id=node.posts["unit"])
    await node.post("deeper", "ada", "@ben and back", "unlisted", in_reply_to_id=node.posts["reply"])
    quoted = node.posts["organisation"]
    await node.post("quoting", "ben", "See this", "public", quoted_status_id=quoted, quote_approval_policy="public")
    await node.post("requoting", "carla", "See that", "public", quoted_status_id=node.posts["quoting"])
    await do("ada", "POST", "/api/v1/statuses/preview", {"status": "@carla for us", "visibility": "public"})
    options = {"options": ["Tea", "Coffee"], "expires_in": 3600, "multiple": True}
    asked = await node.post("poll", "ada", "Tea or coffee?", "public", poll=options)
    await do("ben", "POST", f"/api/v1/polls/{asked['poll']['id']}/votes", {"choices": [0, 1]})
    await do("ben", "GET", f"/api/v1/polls/{asked['poll']['id']}")

    file = await do("ada", "POST", "/api/v1/media", {"description": "Teal"}, files={"file": picture()})
    second = await do("ada", "POST", "/api/v2/media", {"focus": "0.5,-0.5"}, files={"file": picture("red")})
    third = await do("ada", "POST", "/api/v2/media", files={"file": picture("blue")})
    await do("ada", "GET", f"/api/v1/media/{second['id']}")
    await do("ada", "PUT", f"/api/v1/media/{second['id']}", {"description": "Red", "focus": "0.1,0.1"})
    await do("ada", "DELETE", f"/api/v1/media/{third['id']}")
    await node.post("pictures", "ada", "Look", "public", media_ids=[file["id"], second["id"]])
    planned = node.note(
        "scheduled",
        await do("ada", "POST", "/api/v1/statuses", {"status": "Later", "poll": options, "scheduled_at": in_an_hour()}),
    )
    await do("ada", "GET", "/api/v1/scheduled_statuses")
    await do("ada", "GET", f"/api/v1/scheduled_statuses/{planned['id']}")
    await do("ada", "PUT", f"/api/v1/scheduled_statuses/{planned['id']}", {"scheduled_at": in_an_hour()})

    post = f"/api/v1/statuses/{node.posts['unit']}"
    await do("ada", "PUT", post, {"status": "For the unit, better #silk"})
    for path in ("", "/context", "/history", "/source", "/card"):
        await do("ada", "GET", f"{post}{path}")
    await do("carla", "GET", f"/api/v1/statuses/{node.posts['reply']}/context")
    await do("ada", "GET", "/api/v1/statuses", {"id[]": list(node.posts.values())})
    await do("carla", "GET", f"/api/v1/statuses/{node.posts['requoting']}")
    await do("ada", "GET", f"/api/v1/statuses/{node.posts['organisation']}/quotes")
    await do("ada", "PUT", f"{post}/interaction_policy", {"quote_approval_policy": "followers"})
    await node.peer.send(
        "rita",
        node.peer.activity(
            "Create",
            "rita",
            node.peer.note("rita", "From afar @ada", tag=[{"type": "Mention", "href": node.people["ada"].uri}]),
            to=[node.people["rita"].followers],
        ),
    )
    assert ada in node.ids["account"]


async def reactions(node: Seeded) -> None:
    """What people do to posts."""
    do, post = node.callers.do, f"/api/v1/statuses/{node.posts['organisation']}"
    own = f"/api/v1/statuses/{node.posts['unit']}"
    for who in ("ben", "carla"):
        for deed in ("favourite", "reblog", "bookmark"):
            await do(who, "POST", f"{post}/{deed}")
    await do("ben", "POST", f"{own}/favourite")
    await do("ada", "POST", f"{own}/pin")
    await do("ada", "POST", f"{own}/mute")
    await do("ada", "GET", f"{post}/reblogged_by")
    await do("ada", "GET", f"{post}/favourited_by")
    await do("ben", "GET", "/api/v1/favourites")
    await do("ben", "GET", "/api/v1/bookmarks")
    await do("ada", "GET", f"/api/v1/accounts/{node.id('ben')}/statuses")
    await do("ben", "GET", f"/api/v1/accounts/{node.id('ada')}/statuses", {"pinned": "true"})


async def people(node: Seeded) -> None:
    """What people are to each other."""
    do, ben, carla = node.callers.do, node.id("ben"), node.id("carla")
    fay = node.id("fay")
    await do("fay", "PATCH", "/api/v1/accounts/update_credentials", {"locked": True, "note": "Hello", "bot": False})
    for who in ("ben", "carla", "ada"):
        await do(who, "POST", f"/api/v1/accounts/{fay}/follow", {"reblogs": True})
    await do("fay", "GET", "/api/v1/follow_requests")
    await do("fay", "POST", f"/api/v1/follow_requests/{ben}/authorize")
    await do("fay", "POST", f"/api/v1/follow_requests/{carla}/reject")
    await do("fay", "POST", f"/api/v1/accounts/{node.id('ada')}/note", {"comment": "Knows silk"})
    await do("carla", "POST", f"/api/v1/accounts/{ben}/follow")
    await do("ben", "POST", f"/api/v1/accounts/{carla}/remove_from_followers")
    await do("ada", "POST", f"/api/v1/accounts/{carla}/mute", {"duration": 3600, "notifications": False})
    await do("ada", "GET", "/api/v1/mutes")
    await do("ada", "POST", f"/api/v1/accounts/{carla}/unmute")
    await do("ada", "GET", "/api/v1/blocks")
    await do("ada", "POST", f"/api/v1/accounts/{node.id('eva')}/block")
    await do("ada", "POST", f"/api/v1/accounts/{node.id('eva')}/unblock")
    for deed in ("endorse", "unendorse", "pin", "unpin", "endorse"):
        await do("ada", "POST", f"/api/v1/accounts/{ben}/{deed}")
    await do("ada", "GET", "/api/v1/endorsements")
    await do("ada", "GET", f"/api/v1/accounts/{node.id('ada')}/endorsements")
    await do("ada", "GET", "/api/v1/accounts/relationships", {"id[]": node.ids["account"]})
    await do("carla", "POST", f"/api/v1/accounts/{node.id('ada')}/follow")
    await do("carla", "GET", "/api/v1/accounts/familiar_followers", {"id[]": [ben, fay]})
    await do("ada", "GET", "/api/v1/accounts/familiar_followers", {"id[]": [fay]})
    await do("ada", "GET", "/api/v1/accounts/search", {"q": "ben"})
    await do("ada", "GET", "/api/v1/accounts/lookup", {"acct": "ben"})
    await do("ada", "GET", "/api/v1/accounts", {"id[]": [ben, carla]})
    await do("ada", "GET", f"/api/v1/accounts/{node.id('rita')}")
    await do("ada", "GET", f"/api/v1/accounts/{ben}/identity_proofs")
    await do("ben", "GET", f"/api/v1/accounts/{ben}/followers")
    await do("ben", "GET", f"/api/v1/accounts/{ben}/following")
    await do("ada", "POST", "/api/v1/domain_blocks", {"domain": "loud.example"})
    await do("ada", "GET", "/api/v1/domain_blocks")
    await do("ada", "DELETE", "/api/v1/domain_blocks", {"domain": "loud.example"})


async def own(node: Seeded) -> None:
    """One's own account, and the tags one is known by."""
    do = node.callers.do
    await do("ada", "GET", "/api/v1/accounts/verify_credentials")
    fields = {"discoverable": True, "indexable": True, "fields_attributes": [{"name": "Room", "value": "12"}]}
    await do("ada", "PATCH", "/api/v1/accounts/update_credentials", fields)
    for who in ("ben", "carla"):
        await do(who, "PATCH", "/api/v1/accounts/update_credentials", {"discoverable": True})
    await do("ada", "PATCH", "/api/v1/accounts/update_credentials", files={"avatar": picture(), "header": picture()})
    await do("ada", "GET", "/api/v1/profile")
    await do("ada", "PATCH", "/api/v1/profile", {"display_name": "Ada Lovelace"})
    await do("ada", "DELETE", "/api/v1/profile/avatar")
    await do("ada", "DELETE", "/api/v1/profile/header")
    await do("ada", "GET", "/api/v1/preferences")
    tag = await do("ada", "POST", "/api/v1/featured_tags", {"name": "silk"})
    await do("ada", "GET", "/api/v1/featured_tags")
    await do("ada", "GET", "/api/v1/featured_tags/suggestions")
    await do("ben", "GET", f"/api/v1/accounts/{node.id('ada')}/featured_tags")
    await do("ada", "DELETE", f"/api/v1/featured_tags/{tag['id']}")
    for deed in ("follow", "feature", "unfeature"):
        await do("ada", "POST", f"/api/v1/tags/loom/{deed}")
    await do("ada", "GET", "/api/v1/tags/loom")
    await do("ada", "GET", "/api/v1/followed_tags")
    await do("ada", "POST", "/api/v1/tags/loom/unfollow")
    await do("ada", "GET", "/api/v1/directory", {"local": "true"})
    await do("ada", "GET", "/api/v1/suggestions")
    await do("ada", "GET", "/api/v2/suggestions")
    await do("ada", "DELETE", f"/api/v1/suggestions/{node.id('carla')}")
    await do("ada", "GET", "/api/v1/custom_emojis")


async def lists_and_filters(node: Seeded) -> None:
    """What somebody sorts and sifts by."""
    do, ben = node.callers.do, node.id("ben")
    made = node.note("list", await do("ada", "POST", "/api/v1/lists", {"title": "Weavers", "exclusive": False}))
    one = f"/api/v1/lists/{made['id']}"
    await do("ada", "PUT", one, {"title": "The weavers", "replies_policy": "none"})
    await do("ada", "POST", f"{one}/accounts", {"account_ids": [ben]})
    for path in (one, "/api/v1/lists", f"{one}/accounts", f"/api/v1/accounts/{ben}/lists"):
        await do("ada", "GET", path)
    await do("ada", "GET", f"/api/v1/timelines/list/{made['id']}")

    wanted = {"title": "Answers", "context": ["home", "public"], "filter_action": "warn", "expires_in": 3600}
    keyword = {"keyword": "answer", "whole_word": True}
    sifted = await do("ada", "POST", "/api/v2/filters", wanted | {"keywords_attributes": [keyword]})
    node.note("filter", sifted)
    one = f"/api/v2/filters/{sifted['id']}"
    await do("ada", "PUT", one, {"title": "All answers", "context": ["home", "public", "thread", "account"]})
    word = await do("ada", "POST", f"{one}/keywords", {"keyword": "see"})
    await do("ada", "PUT", f"/api/v2/filters/keywords/{word['id']}", {"keyword": "see", "whole_word": True})
    post = await do("ada", "POST", f"{one}/statuses", {"status_id": node.posts["quoting"]})
    for path in (
        "/api/v2/filters",
        one,
        f"{one}/keywords",
        f"{one}/statuses",
        f"/api/v2/filters/keywords/{word['id']}",
        f"/api/v2/filters/statuses/{post['id']}",
        f"/api/v1/statuses/{node.posts['reply']}",
        f"/api/v1/statuses/{node.posts['quoting']}",
    ):
        await do("ada", "GET", path)
    assert node.callers.answers[-2].body["filtered"], "the filter should meet its word"
    assert node.callers.answers[-1].body["filtered"], "the filter should meet its post"
    older = await do("ada", "POST", "/api/v1/filters", {"phrase": "loud", "context": ["home"], "irreversible": False})
    await do("ada", "GET", "/api/v1/filters")
    await do("ada", "GET", f"/api/v1/filters/{older['id']}")
    await do("ada", "PUT", f"/api/v1/filters/{older['id']}", {"phrase": "loud", "context": ["home"]})
    await do("ada", "DELETE", f"/api/v1/filters/{older['id']}")


async def groups(node: Seeded) -> None:
    """A group that Ada founds, whom she lets in, and what stands in it."""
    do, ben, carla, fay = node.callers.do, node.id("ben"), node.id("carla"), node.id("fay")
    asked = {"question": "Which colour?", "rules": "Wash your hands\nBe kind"}
    made = await do("ada", "POST", "/api/v1/groups", {"username": "dyers", "display_name": "The dyers", **asked})
    node.note("group", made)
    one = f"/api/v1/groups/{made['id']}"
    await do("ada", "PUT", one, {"note": "We dye.", "readers": "organisation", "posting": "members"})
    for who in ("ben", "carla", "fay"):
        await do(who, "POST", f"{one}/join", {"answer": "Blue"})
    await do("ada", "GET", f"{one}/membership_requests")
    for verdict, who in (("authorize", ben), ("authorize", carla), ("reject", fay)):
        await do("ada", "POST", f"{one}/membership_requests/{who}/{verdict}")
    await do("ada", "POST", f"{one}/invitations", {"account_id": fay})
    await do("ada", "GET", f"{one}/invitations")
    await do("fay", "GET", "/api/v1/groups/invitations")
    await do("fay", "GET", "/api/v1/notifications")
    await do("ada", "GET", "/api/v1/notifications")
    await do("ada", "DELETE", f"{one}/invitations", {"account_id": fay})
    await do("ada", "POST", f"{one}/promote", {"role": "admin", "account_ids": [ben], "until": in_an_hour()})
    await do("ada", "GET", f"{one}/memberships")
    await do("ada", "POST", f"{one}/demote", {"role": "user", "account_ids": [ben]})
    for path in (one, "/api/v1/groups", "/api/v1/groups/search"):
        await do("ben", "GET", path, {"q": "dyers"} if path.endswith("search") else {})
    await do("ben", "GET", "/api/v1/groups/relationships", {"id[]": made["id"]})
    await node.post("grouped", "ben", "The vats are warm", "private", group_id=made["id"])
    await node.post("in group", "carla", "So are mine", "private", in_reply_to_id=node.posts["grouped"])
    post = f"{one}/statuses/{node.posts['grouped']}"
    await do("ada", "POST", f"{post}/pin")
    await do("ben", "GET", f"/api/v1/timelines/group/{made['id']}")
    await do("ada", "POST", f"{post}/unpin")
    await do("ada", "DELETE", post)
    await do("ada", "POST", f"{one}/kick", {"account_ids": [carla]})
    await do("ada", "POST", f"{one}/blocks", {"account_ids": [carla]})
    await do("ada", "GET", f"{one}/blocks")
    await do("ada", "DELETE", f"{one}/blocks", {"account_ids": [carla]})
    for deed in ("archive", "unarchive"):
        await do("ada", "POST", f"{one}/{deed}")
    await do("ada", "POST", f"{one}/transfer", {"account_id": ben})
    await do("ada", "POST", f"{one}/leave")
    await do("ben", "DELETE", one)


async def streams(node: Seeded) -> None:
    """Timelines, search, conversations, markers."""
    do = node.callers.do
    for path in ("home", "public", "tag/silk", "direct"):
        await do("ben", "GET", f"/api/v1/timelines/{path}")
    for version in ("v1", "v2"):
        for words in ("ben", "#silk", "silk", "unit"):
            await do("ada", "GET", f"/api/{version}/search", {"q": words})
    talk = (await do("ben", "GET", "/api/v1/conversations"))[0]
    await do("ben", "POST", f"/api/v1/conversations/{talk['id']}/read")
    mine = (await do("ada", "GET", "/api/v1/conversations"))[0]
    await do("ada", "DELETE", f"/api/v1/conversations/{mine['id']}")
    await do("ada", "POST", "/api/v1/markers", {"home": {"last_read_id": node.posts["unit"]}})
    await do("ada", "POST", "/api/v1/markers", {"notifications": {"last_read_id": "1"}})
    await do("ada", "GET", "/api/v1/markers", {"timeline[]": ["home", "notifications"]})


async def trending(node: Seeded) -> None:
    """What enough people write and like who want to be found."""
    do, url = node.callers.do, "https://silk.example/news"
    for who in NAMES:
        await do(who, "PATCH", "/api/v1/accounts/update_credentials", {"discoverable": True})
        await node.post(f"trend of {who}", who, f"[News]({url}) of #silk", "public")
    for who in sorted({*NAMES} - {"eva"}):
        await do(who, "POST", f"/api/v1/statuses/{node.posts['trend of eva']}/favourite")
    await trends.count(node.ctx)
    for kind in ("", "/tags", "/statuses", "/links"):
        await do("ada", "GET", f"/api/v1/trends{kind}")
    await do("ben", "GET", "/api/v1/timelines/link", {"url": url})


async def told(node: Seeded) -> None:
    """Notifications, those that wait, pushes, reports, announcements."""
    do = node.callers.do
    for version in ("v1", "v2"):
        await do("ada", "GET", f"/api/{version}/notifications")
        await do("ada", "GET", f"/api/{version}/notifications/unread_count")
    await do("ada", "GET", "/api/v2/notifications", {"expand_accounts": "partial_avatars"})
    kinds = {one["type"] for one in (await do("ada", "GET", "/api/v1/notifications"))}
    assert {"mention", "favourite", "reblog", "follow", "quote"} <= kinds, kinds
    one, another = (await do("ada", "GET", "/api/v1/notifications"))[:2]
    await do("ada", "GET", f"/api/v1/notifications/{one['id']}")
    group = (await do("ada", "GET", "/api/v2/notifications"))["notification_groups"][0]["group_key"]
    await do("ada", "GET", f"/api/v2/notifications/{group}")
    await do("ada", "GET", f"/api/v2/notifications/{group}/accounts")
    await do("ada", "POST", f"/api/v1/notifications/{one['id']}/dismiss")
    await do("ada", "POST", "/api/v1/notifications/dismiss", {"id": another["id"]})
    group = (await do("ada", "GET", "/api/v2/notifications"))["notification_groups"][0]["group_key"]
    await do("ada", "POST", f"/api/v2/notifications/{group}/dismiss")

    await do("ada", "GET", "/api/v2/notifications/policy")
    await do("ada", "PATCH", "/api/v2/notifications/policy", {"for_not_following": "filter"})
    for number, who in enumerate(("carla", "eva", "carla", "eva")):
        await node.post(f"knock{number}", who, f"@ada are you there? {number}", "unlisted")
    waiting = await do("ada", "GET", "/api/v1/notifications/requests")
    requests = "/api/v1/notifications/requests"
    await do("ada", "GET", f"{requests}/{waiting[0]['id']}")
    await do("ada", "POST", f"{requests}/{waiting[0]['id']}/dismiss")
    await do("ada", "POST", f"{requests}/{waiting[1]['id']}/accept")
    await do("ada", "POST", f"{requests}/accept", {"id": [waiting[1]["id"]]})
    await do("ada", "POST", f"{requests}/dismiss", {"id": [waiting[0]["id"]]})
    await do("ada", "GET", f"{requests}/merged")
    await do("ada", "POST", "/api/v1/notifications/clear")

    await do("ada", "POST", "/api/v1/push/subscription", PUSH)
    await do("ada", "GET", "/api/v1/push/subscription")
    await do("ada", "PUT", "/api/v1/push/subscription", {"data": {"alerts": {"mention": False}, "policy": "followed"}})
    await do("ada", "DELETE", "/api/v1/push/subscription")
    complaint = {"account_id": node.id("ben"), "status_ids": [node.posts["reply"]], "comment": "Too loud"}
    await do("carla", "POST", "/api/v1/reports", complaint)
    await do("fay", "GET", "/api/v1/notifications")

    await announcements.publish(node.ctx, "The canteen is *closed* #canteen", all_day=False)
    (one,) = await do("ada", "GET", "/api/v1/announcements")
    for method in ("PUT", "DELETE", "PUT"):
        await do("ada", method, f"/api/v1/announcements/{one['id']}/reactions/🎉")
    await do("ada", "POST", f"/api/v1/announcements/{one['id']}/dismiss")
    await do("ada", "GET", "/api/v1/announcements")


async def looking_after(node: Seeded) -> None:
    """What Fay does, who is an administrator: complaints, people, figures, the organisation."""
    do, eva = node.callers.do, node.id("eva")
    (report,) = await do("fay", "GET", "/api/v1/admin/reports")
    one = f"/api/v1/admin/reports/{report['id']}"
    await do("fay", "GET", one)
    await do("fay", "PUT", one, {"category": "spam"})
    for deed in ("assign_to_self", "unassign", "resolve", "reopen"):
        await do("fay", "POST", f"{one}/{deed}")
    await do("fay", "GET", "/api/v1/admin/accounts", {"local": "true"})
    await do("fay", "GET", "/api/v2/admin/accounts", {"origin": "remote"})
    one = f"/api/v1/admin/accounts/{eva}"
    await do("fay", "GET", one)
    await do("fay", "POST", f"{one}/action", {"type": "suspend", "text": "A threat."})
    for deed in ("unsuspend", "enable", "unsilence", "unsensitive"):
        await do("fay", "POST", f"{one}/{deed}")
    for kind in ("domain_allows", "domain_blocks", "ip_blocks", "email_domain_blocks", "canonical_email_blocks"):
        await do("fay", "GET", f"/api/v1/admin/{kind}")
    await do("fay", "GET", f"/api/v1/admin/domain_allows/{HOST}")
    await do("fay", "POST", "/api/v1/admin/canonical_email_blocks/test", {"email": "ada@here.example"})
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    stretch = {"start_at": today, "end_at": today}
    await do("fay", "POST", "/api/v1/admin/measures", stretch | {"keys": ["new_users", "opened_reports"]})
    await do("fay", "POST", "/api/v1/admin/dimensions", stretch | {"keys": ["languages", "software_versions"]})
    await do("fay", "POST", "/api/v1/admin/retention", stretch | {"frequency": "day"})
    for kind in ("tags", "statuses", "links"):
        found = (await do("fay", "GET", f"/api/v1/admin/trends/{kind}"))[0]
        for deed in ("reject", "approve"):
            await do("fay", "POST", f"/api/v1/admin/trends/{kind}/{found['id']}/{deed}")
    await do("fay", "POST", f"{one}/action", {"type": "suspend", "text": "A threat."})
    await do("fay", "DELETE", one)


async def leaving(node: Seeded) -> None:
    """What is undone and deleted."""
    do, post = node.callers.do, f"/api/v1/statuses/{node.posts['organisation']}"
    for deed in ("unfavourite", "unreblog", "unbookmark"):
        await do("ben", "POST", f"{post}/{deed}")
    for deed in ("unpin", "unmute"):
        await do("ada", "POST", f"/api/v1/statuses/{node.posts['unit']}/{deed}")
    await do("ada", "POST", f"{post}/quotes/{node.posts['quoting']}/revoke")
    await do("carla", "GET", f"/api/v1/statuses/{node.posts['quoting']}")
    await do("ada", "DELETE", f"/api/v1/statuses/{node.posts['pictures']}")
    await do("ada", "DELETE", f"/api/v1/statuses/{node.posts['poll']}")
    await do("ada", "DELETE", f"/api/v1/scheduled_statuses/{node.ids['scheduled'][0]}")
    await do("ada", "POST", f"/api/v1/accounts/{node.id('ben')}/unfollow")
    one = f"/api/v1/lists/{node.ids['list'][0]}"
    await do("ada", "DELETE", f"{one}/accounts", {"account_ids": [node.id("ben")]})
    await do("ada", "DELETE", one)
    one = f"/api/v2/filters/{node.ids['filter'][0]}"
    for part in ("keywords", "statuses"):
        found = (await do("ada", "GET", f"{one}/{part}"))[0]
        await do("ada", "DELETE", f"/api/v2/filters/{part}/{found['id']}")
    await do("ada", "DELETE", one)


async def refusals(node: Seeded) -> None:
    """What is refused, and unknown."""
    ask = node.callers.ask
    await ask("ada", "GET", "/api/v1/statuses/1")
    await ask("ada", "GET", "/api/v1/nothing/of/that/name")
    await ask("ada", "POST", "/api/v1/statuses", {"status": ""})
    await ask("ada", "POST", "/api/v1/accounts")
    await ask("ada", "POST", "/api/v1/statuses", {"status": "Later", "scheduled_at": "tomorrow"})
    await ask("nobody", "GET", "/api/v1/timelines/home")
    await ask("nobody", "POST", "/oauth/token", {"grant_type": "password", "username": "ada", "password": "x"})


PUSH: dict[str, Any] = {
    "subscription": {
        "endpoint": "https://push.example/abc",
        "keys": {
            "p256dh": "BEm_a0bdPDhf0SOsrnB2-ategf1hHoCnpXgQsFj5JCkcoMrMt2WHoPfEYOYPzOIs9mZE8ZUaD7VA5vouy0kEkr8=",
            "auth": "eH_C8rq2raXqlcBVDa1gLg==",
        },
        "standard": True,
    },
    "data": {"alerts": {"mention": True, "favourite": True}, "policy": "all"},
}

CHAPTERS = (
    server, posts, reactions, people, own, lists_and_filters, groups, streams, trending, told, looking_after, leaving,
    refusals,
)  # fmt: skip
