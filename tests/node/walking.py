"""A walk through every route of the client API by everybody, over a node where each text holds a word of its own.

Every text that not all may read holds a canary. Everybody asks every GET route with every id there is, and some try to
change what is another's; what they were answered is kept for the tests.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from moderation import measures, members, trends
from node.domain.visibility import Ties, Visibility, can_see
from node.store import nodes
from tests.callers import Answer
from tests.node.everything import PUSH
from tests.routes import ROUTES, Route
from tests.seeded import NAMES, PASSWORD, SCOPES, Seeded, in_an_hour, picture

STRANGERS = ("eva", "loom", "nobody")
VIEWERS = ("ada", "ben", "carla", "dan", "eva", "fay", "gil", "gus", "loom", "nobody")
"""The people of the node, Gil, who did nothing, Gus, who follows Ben alone, a client itself, and no token at all."""

TRENDING = "https://loom.example/walk"
CANARY = re.compile(r"canary[a-z]+")
_ARGUMENT = re.compile(r"<(?:(?P<kind>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)>")


@dataclass(frozen=True, slots=True)
class Written:
    """A post and the canaries in it, and whom it is for. `by` and `to` are names; `wall`: whose it stands on."""

    id: str
    canaries: frozenset[str]
    by: str
    visibility: Visibility
    to: frozenset[str] = frozenset()
    wall: str = ""


@dataclass(slots=True)
class Walk:
    """What was written, what each keeps to themselves, and what everybody found."""

    posts: list[Written] = field(default_factory=list)
    private: dict[str, frozenset[str]] = field(default_factory=dict)
    owned: dict[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    deeds: list[Answer] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


GROUP = {"ada", "ben"}
"""Who is in the group; all others are outsiders, who follow one of them or not."""
FOLLOWS = {("ben", "ada"), ("ada", "ben"), ("ben", "rita"), ("gus", "ben")}
BLOCKS = {("ada", "dan")}


def ties(viewer: str, post: Written) -> Ties:
    """Return what binds somebody to a post, by what the story says."""
    return Ties(
        author=viewer == post.by,
        unit=post.by in NAMES,
        organisation=True,
        follower=(viewer, post.by) in FOLLOWS,
        mentioned=viewer in post.to or viewer == post.wall,
        group=viewer in GROUP,
        parted=bool({(viewer, post.by), (post.by, viewer)} & BLOCKS),
    )


def meant_for(viewer: str, walk: Walk) -> set[str]:
    """Return the canaries of all posts that somebody may read: the truth table."""
    return set().union(*[post.canaries for post in walk.posts if may_read(viewer, post)])


def may_read(viewer: str, post: Written) -> bool:
    """Tell whether somebody may read a post. Eva was suspended: she reads nothing, and nobody what she wrote."""
    return post.by != "eva" and viewer not in STRANGERS and can_see(post.visibility, ties(viewer, post))


async def walked(node: Seeded) -> Walk:
    """Write the posts, let Ada keep her things, and let everybody look and meddle."""
    walk, callers = Walk(), node.callers
    await _write(node, walk)
    await _keep(node, walk)
    for name in ("gil", "gus"):
        account = await members.add(node.ctx, username=name, password=PASSWORD)
        callers.tokens[name] = await members.issue_token(node.ctx, account, name="test", scopes=SCOPES)
    await callers.do("gus", "POST", f"/api/v1/accounts/{node.id('ben')}/follow")
    await measures.suspend(node.ctx, node.people["eva"].id, reason="A threat.")
    for who in VIEWERS:
        for path, fields in [*((path, {}) for path in _paths(node, who)), *_asked(node, walk)]:
            walk.answers.append(await callers.ask(who, "GET", path, fields))
    walk.before = await _kept(node)
    for who in ("carla", "dan", "gil", "nobody"):
        await _meddle(node, walk, who)
    walk.after = await _kept(node)
    return walk


async def _kept(node: Seeded) -> dict[str, Any]:
    """Return all that Ada keeps, as she reads it."""
    paths = ("lists", "scheduled_statuses", "bookmarks", "notifications", "conversations", "mutes", "blocks", "filters")
    kept = {path: await node.callers.do("ada", "GET", f"/api/v1/{path}") for path in paths}
    posts = {"id[]": list(node.posts.values())}
    return kept | {"posts": await node.callers.do("ada", "GET", "/api/v1/statuses", posts)}


# What is there to be found


async def _write(node: Seeded, walk: Walk) -> None:
    """Posts for every audience, by people here and elsewhere."""

    async def post(
        name: str, by: str, visibility: str, *, to: str = "", wall: str = "", text: str = "", **more: Any
    ) -> dict[str, Any]:
        text = f"{f'@{to} ' if to else ''}canary{name} #canarytag {text}"
        given = {"wall_of": node.id(wall)} if wall else {}
        made = await node.post(name, by, text, visibility, **given, **more)
        canaries = frozenset(CANARY.findall(f"{text} {more}")) - {"canarytag"}
        walk.posts.append(Written(made["id"], canaries, by, Visibility(made["audience"]), frozenset({to} - {""}), wall))
        return made

    poll = {"options": ["canaryanswer", "Coffee"], "expires_in": 3600}
    file = await node.callers.do(
        "ada", "POST", "/api/v1/media", {"description": "canarydescription"}, files={"file": picture()}
    )
    await post("unit", "ada", "unlisted")
    await post("organisation", "ada", "public")
    narrow = await post("followers", "ada", "private", spoiler_text="canarywarning")
    await post("poll", "ada", "private", poll=poll)
    pictured = await post("picture", "ada", "private", media_ids=[file["id"]])
    walk.posts[-1] = replace(walk.posts[-1], canaries=frozenset({"canarypicture", "canarydescription"}))
    assert pictured["media_attachments"], "the picture hangs on the post"
    direct = await post("direct", "ada", "direct", to="ben")
    await post("wall", "ada", "unlisted", wall="carla")
    await post("narrowwall", "ada", "private", wall="carla")
    await post("answer", "ben", "unlisted", in_reply_to_id=node.posts["unit"])
    await post("narrowanswer", "ben", "public", in_reply_to_id=narrow["id"])
    walk.posts[-1] = replace(walk.posts[-1], to=frozenset({"ada"}))
    await post("directanswer", "ben", "direct", to="ada", in_reply_to_id=direct["id"])
    await post("quietanswer", "ben", "direct", to="ada", in_reply_to_id=node.posts["unit"])
    await post("ofdan", "dan", "public")
    await post("narrowofdan", "dan", "private")
    await post("ofeva", "eva", "public")
    await post("locked", "fay", "private")
    await post("tagged", "ada", "private", text="#canaryhidden")
    edited = await post("edited", "ada", "private")
    await node.callers.do("ada", "PUT", f"/api/v1/statuses/{edited['id']}", {"status": "canarylater #canarytag"})
    walk.posts[-1] = replace(walk.posts[-1], canaries=frozenset({"canaryedited", "canarylater"}))
    for name in ("organisation", "followers"):
        made = await node.callers.do("ada", "POST", f"/api/v1/statuses/{node.posts[name]}/reblog")
        node.note("status", made)
    for who in ("ben", "fay"):
        await node.callers.do(who, "POST", f"/api/v1/statuses/{node.posts['organisation']}/favourite")
    await post("quoted", "ada", "public", quote_approval_policy="public")
    await post("quoting", "ben", "public", quoted_status_id=node.posts["quoted"])
    await post("narrowquoting", "ben", "private", quoted_status_id=node.posts["quoted"])
    await _in_a_group(node, post)
    await _set_a_trend(node, post)
    await _fall_out(node, post)
    await _write_afar(node, walk)


async def _in_a_group(node: Seeded, post: Callable[..., Awaitable[Any]]) -> None:
    """Let Ada and Ben talk in a group that everybody may know of, and only its members read."""
    named = {"username": "dyers", "display_name": "The dyers", "joining": "open"}
    group = await node.callers.do("ada", "POST", "/api/v1/groups", named)
    node.note("room", group)
    await node.callers.do("ben", "POST", f"/api/v1/groups/{group['id']}/join")
    await post("grouped", "ada", "private", group_id=group["id"])
    await post("groupanswer", "ben", "private", in_reply_to_id=node.posts["grouped"])


async def _set_a_trend(node: Seeded, post: Callable[..., Awaitable[Any]]) -> None:
    """Let all write of one link, each calling it something else, and all of them like one of these posts."""
    for who in NAMES:
        await node.callers.do(who, "PATCH", "/api/v1/accounts/update_credentials", {"discoverable": True})
        await post(f"trend{who}", who, "public", text=f"[canarytitle{who}]({TRENDING})")
    for who in sorted({*NAMES} - {"ben"}):
        await node.callers.do(who, "POST", f"/api/v1/statuses/{node.posts['trendben']}/favourite")
    await trends.count(node.ctx)


async def _fall_out(node: Seeded, post: Callable[..., Awaitable[Any]]) -> None:
    """Let Dan be a friend of Ada's for a while: he keeps, hears and says things, and then she blocks him again."""
    do, ada, dan = node.callers.do, node.id("ada"), node.id("dan")
    await do("ada", "POST", f"/api/v1/accounts/{dan}/unblock")
    await do("dan", "POST", f"/api/v1/accounts/{ada}/follow")
    await post("whilefriends", "ada", "public", to="dan")
    await post("directwhilefriends", "ada", "direct", to="dan")
    await post("narrowwhilefriends", "ada", "private")
    await do("ada", "POST", f"/api/v1/statuses/{node.posts['whilefriends']}/pin")
    for deed in ("favourite", "bookmark", "reblog"):
        await do("dan", "POST", f"/api/v1/statuses/{node.posts['whilefriends']}/{deed}")
    made = node.note("list", await do("dan", "POST", "/api/v1/lists", {"title": "Friends"}))
    await do("dan", "POST", f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [ada]})
    await post("quotingwhilefriends", "dan", "public", quoted_status_id=node.posts["quoted"])
    await do("ada", "POST", f"/api/v1/accounts/{dan}/block")


async def _write_afar(node: Seeded, walk: Walk) -> None:
    """What Rita sends from another node, to each of the circles she can send to."""
    rita, ben = node.people["rita"], node.people["ben"]
    async with node.ctx.db.read() as tx:
        everybody = await nodes.members_collection(tx)
    mention = [{"type": "Mention", "href": ben.uri, "name": "@ben"}]
    circles: list[tuple[str, Visibility, str, list[dict[str, str]]]] = [
        ("afar", Visibility.ORGANISATION, everybody, []),
        ("narrowafar", Visibility.FOLLOWERS, rita.followers, []),
        ("directafar", Visibility.DIRECT, ben.uri, mention),
    ]
    for name, visibility, to, tag in circles:
        note = node.peer.note("rita", f"canary{name} #canarytag", to=[to], tag=tag)
        assert await node.peer.send("rita", node.peer.activity("Create", "rita", note, to=[to])) == 202
        stored = await node.peer.stored(note["id"])
        node.ids["status"].append(str(stored.id))
        read_by = frozenset({"ben"} if tag else set())
        walk.posts.append(Written(str(stored.id), frozenset({f"canary{name}"}), "rita", visibility, read_by))


async def _keep(node: Seeded, walk: Walk) -> None:
    """What Ada keeps to herself: each holds a canary that she alone may read, or nobody."""
    do, carla = node.callers.do, node.id("carla")

    def mine(kind: str, body: Any) -> Any:
        walk.owned[body["id"]] = "ada"
        return node.note(kind, body)

    made = mine("list", await do("ada", "POST", "/api/v1/lists", {"title": "canarylist"}))
    await do("ada", "POST", f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [node.id("ben")]})
    made = mine(
        "filter",
        await do(
            "ada",
            "POST",
            "/api/v2/filters",
            {
                "title": "canaryfilter",
                "context": ["home"],
                "filter_action": "warn",
                "keywords_attributes": [{"keyword": "canarykeyword"}],
            },
        ),
    )
    mine("keyword", made["keywords"][0])
    sifted = {"status_id": node.posts["answer"]}
    mine("marked", await do("ada", "POST", f"/api/v2/filters/{made['id']}/statuses", sifted))
    await do("ada", "POST", f"/api/v1/accounts/{carla}/note", {"comment": "canarynote"})
    await do("ada", "POST", f"/api/v1/accounts/{carla}/mute")
    for name in ("unit", "answer"):
        await do("ada", "POST", f"/api/v1/statuses/{node.posts[name]}/bookmark")
    file = {"description": "canaryfile"}
    mine("media", await do("ada", "POST", "/api/v1/media", file, files={"file": picture("red")}))
    planned = {"status": "canaryplanned", "scheduled_at": in_an_hour()}
    mine("scheduled", await do("ada", "POST", "/api/v1/statuses", planned))
    await do("ada", "POST", "/api/v1/markers", {"home": {"last_read_id": node.posts["unit"]}})
    subscription = PUSH["subscription"] | {"endpoint": "https://push.example/canarypush"}
    await do("ada", "POST", "/api/v1/push/subscription", PUSH | {"subscription": subscription})
    await do("ada", "POST", "/api/v1/tags/canarytag/follow")
    complaint = {"account_id": carla, "comment": "canaryreport", "status_ids": []}
    await do("ada", "POST", "/api/v1/reports", complaint)
    for kind, path in (("notification", "notifications"), ("conversation", "conversations")):
        for one in await do("ada", "GET", f"/api/v1/{path}"):
            mine(kind, one)
    about = {"account_id": node.id("ada"), "comment": "canarycomplaint", "status_ids": [node.posts["followers"]]}
    await do("ben", "POST", "/api/v1/reports", about)
    groups = (await do("ada", "GET", "/api/v2/notifications"))["notification_groups"]
    node.ids["group"] = [one["group_key"] for one in groups]
    client = {"client_name": "canaryclient", "redirect_uris": "http://127.0.0.1:1/", "scopes": "read"}
    made = await do("nobody", "POST", "/api/v1/apps", client)
    own = {"grant_type": "client_credentials", "client_id": made["client_id"], "client_secret": made["client_secret"]}
    node.callers.tokens["loom"] = (await do("nobody", "POST", "/oauth/token", own))["access_token"]
    walk.private = {
        f"canary{name}": frozenset({"ada"}) for name in ("list", "filter", "keyword", "note", "file", "planned", "push")
    }
    walk.private["canaryclient"] = frozenset({"loom"})
    # She is an administrator. Of a post that is complained of she is told the id, and reads it only if it is for her.
    walk.private |= {"canaryreport": frozenset({"fay"}), "canarycomplaint": frozenset({"fay"})}
    walk.private |= {f"canarytoken{name}": frozenset() for name in NAMES}


# Where it is looked for


_KINDS = {
    "/api/v1/accounts/": ("account",),
    "/api/v1/statuses/": ("status",),
    "/api/v1/polls/": ("status",),
    "/api/v1/lists/": ("list",),
    "/api/v1/timelines/list/": ("list",),
    "/api/v1/filters/": ("keyword", "filter"),
    "/api/v2/filters/": ("filter", "keyword", "marked"),
    "/api/v1/notifications/": ("notification",),
    "/api/v1/scheduled_statuses/": ("scheduled",),
    "/api/v1/groups/": ("room",),
    "/api/v1/timelines/group/": ("room",),
    "/api/v1/media/": ("media",),
    "/api/v1/conversations/": ("conversation",),
}


def _paths(node: Seeded, who: str) -> list[str]:
    """Return what somebody walks: the stranger asks every route for every id, the others for those that belong there.

    Pages and documents for peers do not look at tokens at all: one with a token and one without are enough.
    """
    everywhere = who in ("carla", "nobody")
    rules = {rule.rule for rule in node.callers.app.url_map.iter_rules() if "GET" in rule.methods}
    found: list[str] = []
    for rule in sorted(rules):
        kinds = next((kinds for start, kinds in _KINDS.items() if rule.startswith(start)), ())
        if rule.startswith("/api/v1/streaming") and who not in ("eva", "nobody"):
            continue  # it would not end
        if everywhere or rule.startswith(("/api/", "/oauth/")):
            everything = who == "carla" and rule.startswith("/api/")
            found += _filled(rule, node, () if everything else kinds or ("status",))
    return found


def _filled(rule: str, node: Seeded, kinds: Iterable[str]) -> list[str]:
    """Return a rule's paths with the ids of these kinds (of all kinds, when none is named) and names in it."""
    ids = sorted({id for kind in (kinds or node.ids) for id in node.ids[kind]})
    words = node.ids["group"] if "notifications" in rule else ["ada", "eva", "canarytag"]
    paths = [rule]
    for argument in _ARGUMENT.finditer(rule):
        if argument["kind"] == "any":
            values = re.findall(r"\w+", argument[0].partition("(")[2].partition(")")[0])
        else:
            values = ids if argument["kind"] == "int" else words
        paths = [path.replace(argument[0], value, 1) for path in paths for value in values]
    return paths


def _asked(node: Seeded, walk: Walk) -> list[tuple[str, dict[str, Any]]]:
    """Return addresses with what can be asked in them."""
    canaries = sorted({one for post in walk.posts for one in post.canaries} | set(walk.private))
    posts, accounts = node.ids["status"], node.ids["account"]
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/api/v1/statuses", {"id[]": posts}),
        ("/api/v1/accounts", {"id[]": accounts}),
        ("/api/v1/accounts/relationships", {"id[]": accounts, "with_suspended": "true"}),
        ("/api/v1/accounts/familiar_followers", {"id[]": accounts}),
        ("/api/v2/notifications", {"expand_accounts": "partial_avatars", "include_filtered": "true"}),
        ("/api/v1/notifications", {"include_filtered": "true", "types[]": "admin.report"}),
        ("/api/v1/directory", {"order": "new", "local": "true"}),
        ("/api/v1/markers", {"timeline[]": ["home", "notifications"]}),
        *(("/api/v1/timelines/public", {way: "true"}) for way in ("local", "remote", "only_media")),
        *(("/api/v1/timelines/tag/canarytag", {way: "true"}) for way in ("local", "remote", "only_media")),
        ("/api/v1/timelines/tag/other", {"any[]": "canarytag"}),
        ("/api/v1/timelines/link", {"url": TRENDING}),
    ]
    for id in accounts:
        path = f"/api/v1/accounts/{id}/statuses"
        asked += [(path, {way: "true"}) for way in ("pinned", "only_media", "exclude_replies", "exclude_reblogs")]
        asked.append((path, {"tagged": "canarytag"}))
    asked += [("/api/v2/search", {"q": word}) for word in (*canaries, "canarytag", "#canarytag")]
    asked += [("/api/v1/search", {"q": "canarytag"}), ("/api/v1/accounts/search", {"q": "canary"})]
    for name in ("ada", "dan", "eva", "rita"):
        asked += [
            ("/api/v2/search", {"q": name, "resolve": "true"}),
            ("/api/v2/search", {"q": f"from:{name}"}),
            ("/api/v2/search", {"q": "canarytag", "type": "statuses", "account_id": node.id(name)}),
            ("/api/v1/accounts/lookup", {"acct": name}),
        ]
    return asked


async def _meddle(node: Seeded, walk: Walk, who: str) -> None:
    """Try every deed on everything that Ada keeps, and on her posts that are not for this one."""
    hidden = [node.posts[name] for name in ("followers", "direct", "poll", "grouped")]
    for route in ROUTES:
        if route.method == "GET" or "/:" not in route.path or route.open or "/admin/" in route.path:
            continue
        for id in _subjects(route, walk, hidden):
            path = re.sub(r":\w+", id, route.path)
            given = {"status": "Taken", "title": "Taken", "account_ids": [], "choices": [0], "keyword": "Taken"}
            given |= {"status_id": id, "context": ["home"], "scheduled_at": in_an_hour(), "phrase": "Taken"}
            walk.deeds.append(await node.callers.ask(who, route.method, path, given, route=route))


def _subjects(route: Route, walk: Walk, hidden: list[str]) -> list[str]:
    if route.path.startswith(("/api/v1/statuses/", "/api/v1/polls/")):
        return hidden
    if route.path.startswith(
        ("/api/v1/accounts/", "/api/v1/tags/", "/api/v1/follow_requests/", "/api/v1/suggestions/")
    ):
        return []
    return list(walk.owned)
