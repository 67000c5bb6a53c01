"""Erasures in words: what was erased, and what each node that had a copy has answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from moderation.certificates import backups_until, kept_files
from node.config import Settings
from node.domain.erasures import Erasure, Ground, Holder, Scope, State
from node.store import erasures as rows
from node.store import nodes
from node.store.database import Tx
from node.web.pages import words
from themes.phrases import Phrases


@dataclass(frozen=True, slots=True)
class HolderView:
    """A node that had a copy. unit: its name, '' for one outside. removed, backups: what its receipt says, in words."""

    host: str
    unit: str
    state: State
    said: str
    when: str
    removed: str
    backups: str


@dataclass(frozen=True, slots=True)
class ErasureView:
    """An erasure in words. answered, asked: how many nodes have answered, of how many.

    backups: until when this node's own may have it, '' where nothing was erased here.
    title: what was done. kept: that its author may still use its files, '' where there are none; until then it is not
    done. held: that nodes refuse to erase it before a day for a legal hold, '' where none does; held_until: that day.
    """

    id: int
    uri: str
    object: str
    title: str
    what: str
    why: str
    ordered: str
    due: str
    done: str
    backups: str
    kept: str
    held: str
    held_until: str
    overdue: bool
    answered: int
    asked: int
    holders: list[HolderView]


def _said(_: Phrases, holder: Holder) -> str:
    if holder.state is State.ERASED:
        return _("has signed that it erased everything")
    if holder.state is State.HELD and holder.held_until is not None:
        day = _.date(holder.held_until)
        return _("has signed that it keeps it hidden until %(day)s, for a proceeding needs it (legal hold)", day=day)
    if holder.state is State.TAKEN and not holder.signs:
        return _("has taken the deletion; this software signs nothing")
    return _("has not signed yet; it is asked again until it has")


def _removed(_: Phrases, receipt: Mapping[str, Any], scope: Scope) -> str:
    if not receipt:
        return ""
    if scope is Scope.PASSAGE:
        return _("every earlier version")
    counts = receipt.get("removed", {})
    posts, files = int(counts.get("posts", 0)), int(counts.get("files", 0))
    return _.listed([_.several("%(n)s post", "%(n)s posts", posts), _.several("%(n)s file", "%(n)s files", files)])


def _holder(_: Phrases, holder: Holder, scope: Scope, units: dict[str, str]) -> HolderView:
    receipt = orjson.loads(holder.receipt) if holder.state is State.ERASED else {}
    return HolderView(
        host=holder.host,
        unit=name if (name := units.get(holder.host, "")) != holder.host else "",
        state=holder.state,
        said=_said(_, holder),
        when=_.moment(holder.at),
        removed=_removed(_, receipt, scope),
        backups=str(receipt.get("backupsUntil", ""))[:10],
    )


def _held_until(_: Phrases, holders: list[Holder]) -> str:
    """Return the last day on which a legal hold stands at one of the holders, '' when at none."""
    days = [one.held_until for one in holders if one.holds(_.now) and one.held_until is not None]
    return _.date(max(days)) if days else ""


def _held(_: Phrases, holders: list[Holder]) -> str:
    day = _held_until(_, holders)
    return day and _(
        "Not every node may erase it yet, for a proceeding needs it there (legal hold). Nobody sees it there any more. "
        "As it stands now it is erased after %(day)s, without your doing anything.",
        day=day,
    )


async def views(tx: Tx, found: list[Erasure], settings: Settings) -> list[ErasureView]:
    """Return erasures in words; three queries."""
    _ = words()
    files = await kept_files(tx, [one.object for one in found], settings.limits)
    kept = {
        object: _(
            "Its files stay at this node until %(when)s, for nobody but their author, who may write the post anew with "
            "them. Then they are erased, too.",
            when=_.moment(left.until),
        )
        for object, left in files.items()
    }
    held = await rows.holders(tx, [one.id for one in found])
    units = {member.host: member.name for member in await nodes.members(tx)}
    reasons = {
        Ground.WISH: _("its author wanted it"),
        Ground.MODERATION: _("decided by those who look after this node"),
        Ground.BRIDGE: _("the bridge to a partner has ended"),
        Ground.TIME: _("its time was over"),
        Ground.NARROWED: _("nobody there is in its audience any more"),
    }
    scopes = {
        Scope.OBJECT: _("A post"),
        Scope.ACTOR: _("A person and everything of theirs"),
        Scope.BRIDGE: _("What a partner got of a group"),
        Scope.PASSAGE: _("Words of a post, and every version of it that had them"),
        Scope.COPY: _("A post, at a node where nobody may read it any more"),
        Scope.AUDIENCE: _("All that was for an audience to which nobody at that node belongs any more"),
    }
    titles = {
        Scope.OBJECT: _("A post was erased"),
        Scope.PASSAGE: _("Words were taken out of a post"),
        Scope.COPY: _("A copy was taken back"),
        Scope.AUDIENCE: _("Copies were taken back"),
    }
    return [
        ErasureView(
            id=one.id,
            uri=one.uri,
            object=one.object,
            title=titles.get(one.scope, scopes[one.scope]),
            what=scopes[one.scope],
            why=reasons[one.ground],
            ordered=_.moment(one.ordered_at),
            due=_.moment(one.due_at),
            done=_.moment(one.done_at) if one.done_at and one.object not in kept else "",
            backups=_.date(until) if (until := backups_until(one, files.get(one.object), settings.storage)) else "",
            kept=kept.get(one.object, ""),
            held=_held(_, held[one.id]),
            held_until=_held_until(_, held[one.id]),
            overdue=one.overdue(held[one.id], now=_.now),
            answered=sum(holder.answered for holder in held[one.id]),
            asked=len(held[one.id]),
            holders=[_holder(_, holder, one.scope, units) for holder in held[one.id]],
        )
        for one in found
    ]
