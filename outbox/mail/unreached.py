"""Mails about members who cannot be told themselves that their account will be deleted: somebody is to tell them."""

from collections.abc import Mapping

from node.context import Change
from node.domain.accounts import Account
from node.domain.mails import Mailing
from node.store import accounts, mail_settings
from outbox.mail.letters import put


async def put_unreached(change: Change, account: Account, about: Mapping[str, object], *, seconds: int) -> bool:
    """Queue a mail to each who looks after data protection; False: they cannot be told by mail either.

    about: see the letter of kind `Mailing.INACTIVE`; seconds: for how long it is tried.
    """
    told = False
    for one in await accounts.guardians(change.tx):
        settings = await mail_settings.of(change.tx, one.id) if one.id != account.id else None
        if settings is not None:
            said = {**about, "username": account.username}
            told |= await put(
                change,
                Mailing.UNREACHED,
                account_id=one.id,
                address=settings.address,
                about=said,
                seconds=seconds,
            )
    return told
