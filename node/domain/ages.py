"""What is different for members under age (requirements A17). Who they are is in `node.store.minors` alone."""

from dataclasses import replace

from node.domain.accounts import Account
from node.domain.profiles import NARROWED, told_beyond
from node.domain.visibility import Visibility

FOR_FEW = (Visibility.FOLLOWERS, Visibility.DIRECT)
"""What passes between a member under age and an outsider for nobody else to see: whom it names reads it as well."""


def is_outsider(account: Account) -> bool:
    """Tell whether somebody is not of this unit: of another node, or here as a guest of another company."""
    return account.guest or not account.local


def told_to_others(account: Account) -> Account:
    """Return as much of a member under age as other nodes are told: name, pictures and how to reach them."""
    unit_only = told_beyond(replace(account, narrow=NARROWED))
    return replace(unit_only, discoverable=False, indexable=False)
