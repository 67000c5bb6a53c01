"""Where things are seen on this node."""

from node.domain.accounts import Account


def account_path(account: Account) -> str:
    """Return where an account is seen on this node."""
    return f"/@{account.username}" if account.local else f"/@{account.username}@{account.host}"
