"""Pages of a unit as those who look at them see them, and the parts that there are of one."""

from dataclasses import dataclass

from node.context import Context
from node.domain.accounts import Account, Role
from node.domain.pages import UnitPage, may_appoint, may_look_after
from node.domain.relationships import Follow
from node.domain.viewer import Viewer
from node.errors import NotFound
from node.store import accounts, relationships
from node.store import pages_of_unit as rows
from node.store.database import Tx
from node.web import views as shown
from node.web.views import PersonView
from themes.phrases import Phrases


@dataclass(frozen=True, slots=True)
class PageView:
    """A page, for the one who looks. page: None for one of another unit.

    edits: they write in its name. looks_after: they change it, too; appoints: they name editors; administers: they
    look after the whole unit.
    """

    account: Account
    person: PersonView
    page: UnitPage | None
    follow: Follow | None
    edits: bool
    looks_after: bool
    appoints: bool
    administers: bool

    @property
    def id(self) -> int:
        return self.account.id


async def of(ctx: Context, tx: Tx, viewer: Viewer, account: Account) -> PageView:
    """Return the view of a page, ours or another unit's."""
    page, me = await rows.by_id(tx, account.id), viewer.account.id
    (person,) = await shown.people(ctx, tx, [account])
    editors = {one.id for one in await rows.editors(tx, account.id)} if page else set()
    edits, admin = me in editors, viewer.role is Role.ADMIN
    return PageView(
        account=account,
        person=person,
        page=page,
        follow=await relationships.between(tx, follower_id=me, target_id=account.id),
        edits=edits,
        looks_after=page is not None and may_look_after(page, editor=edits, admin=admin),
        appoints=page is not None and may_appoint(page, editor=edits, admin=admin, editors=len(editors)),
        administers=admin,
    )


async def found(ctx: Context, tx: Tx, viewer: Viewer, page_id: int) -> PageView:
    """Return the view of a page by its id.

    Raises:
        NotFound: there is none.
    """
    account = await accounts.by_id(tx, page_id)
    if account is None or not account.active or not account.page:
        raise NotFound("There is no such page.")
    return await of(ctx, tx, viewer, account)


async def concerned(ctx: Context, tx: Tx, viewer: Viewer, page_id: int) -> tuple[PageView, UnitPage]:
    """Return a page of ours that the viewer has to do with.

    Raises:
        NotFound: there is none, or they neither edit nor administer it.
    """
    view = await found(ctx, tx, viewer, page_id)
    if view.page is None or not (view.edits or view.administers):
        raise NotFound("There is no such page.")
    return view, view.page


def tabs(view: PageView, _: Phrases) -> list[tuple[str, str, str]]:
    """Return (name, title, path) of what there is of a page for the one who looks; nothing where that is one thing."""
    base, board = f"/pages/{view.id}", view.account.board
    parts = [("posts", _("Notices") if board else _("Posts"), view.person.path)]
    if board:
        parts.append(("archive", _("Archive"), f"{base}/archive"))
    if view.page is not None and view.edits:
        parts.append(("planned", _("Planned"), f"{base}/planned"))
    if view.page is not None and (view.edits or view.administers):
        parts += [("editors", _("Editors"), f"{base}/editors"), ("settings", _("Settings"), f"{base}/settings")]
    return parts if len(parts) > 1 else []
