"""What is different for members under age (requirements A17). Who they are is in `node.store.minors` alone."""

from dataclasses import replace

from node.domain.accounts import Account


def told_to_others(account: Account) -> Account:
    """Return as much of a member under age as other nodes are told: name, pictures and how to reach them."""
    return replace(
        account,
        summary="",
        fields=(),
        position="",
        department="",
        site="",
        skills=(),
        discoverable=False,
        indexable=False,
    )
