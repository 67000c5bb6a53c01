"""Pages of the unit: accounts in whose name several editors write, such as a department or the works council."""

from dataclasses import dataclass

from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.errors import Invalid

_AUDIENCES = frozenset({Visibility.UNIT, Visibility.ORGANISATION, Visibility.FOLLOWERS})


@dataclass(frozen=True, slots=True)
class UnitPage:
    """What makes an account a page of ours; what it is called, and tells of itself, is its account's.

    closed: who its editors are is their own affair, no administrator's (a works council). followed_by_all: every member
    here follows it from the start, until they do not want to.
    """

    account_id: int
    closed: bool = False
    followed_by_all: bool = False


@dataclass(frozen=True, slots=True)
class Masthead:
    """What a page tells of itself, and is; `None` leaves it as it is. name, summary: the account's, as typed.

    icon_file, image_file: the small and the wide picture in the media folder, '' for none; icon_alt, image_alt: what
    they show, in words.
    """

    name: str | None = None
    summary: str | None = None
    closed: bool | None = None
    board: bool | None = None
    icon_file: str | None = None
    icon_alt: str | None = None
    image_file: str | None = None
    image_alt: str | None = None


def check_masthead(masthead: Masthead) -> None:
    """Check what is set.

    Raises:
        Invalid: no name.
    """
    if masthead.name is not None and not masthead.name.strip():
        raise Invalid("A page has a name. Write one.")


def may_look_after(page: UnitPage, *, editor: bool, admin: bool) -> bool:
    """Tell whether somebody changes a page and its editors: editors do, administrators unless it is closed to them."""
    return editor or (admin and not page.closed)


def may_appoint(page: UnitPage, *, editor: bool, admin: bool, editors: int) -> bool:
    """Tell whether somebody names an editor. A page whose last one has gone gets a new one from the administrators."""
    return may_look_after(page, editor=editor, admin=admin) or (admin and not editors)


def may_dismiss(page: UnitPage, *, editor: bool, admin: bool, editors: int) -> bool:
    """Tell whether somebody takes an editor away; a closed page keeps one, or it would fall to the administrators."""
    return may_look_after(page, editor=editor, admin=admin) and not (page.closed and editors <= 1)


def check_page_draft(draft: Draft) -> None:
    """Check that a draft can be written in the name of a page: it speaks to all, not to single people or groups.

    Raises:
        Invalid: another audience, or somebody's wall.
    """
    if draft.visibility not in _AUDIENCES or draft.group is not None or draft.wall_of is not None:
        raise Invalid("A page writes for its unit, the organisation or its followers. Choose one of them.")
