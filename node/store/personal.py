"""What a member keeps for themselves, and what ties others to them: erased with the account.

An account's row stays, so that its name is never taken by somebody else; nothing goes with it by itself.
"""

from node.store import reports
from node.store.database import Tx

TIES = (
    ("absences", "account_id"),
    ("account_notes", "account_id"),
    ("account_notes", "target_id"),
    ("announcement_reactions", "account_id"),
    ("announcement_reads", "account_id"),
    ("attempts", "account_id"),
    ("blocks", "account_id"),
    ("blocks", "target_id"),
    ("bridge_approvals", "account_id"),
    ("bookmarks", "account_id"),
    ("codes", "account_id"),
    ("conversations", "account_id"),
    ("departures", "account_id"),
    ("dismissed_suggestions", "account_id"),
    ("dismissed_suggestions", "target_id"),
    ("drafts", "account_id"),
    ("endorsements", "account_id"),
    ("endorsements", "target_id"),
    ("featured_tags", "account_id"),
    ("filters", "account_id"),
    ("followed_tags", "account_id"),
    ("follows", "follower_id"),
    ("follows", "target_id"),
    ("group_bans", "account_id"),
    ("group_invitations", "account_id"),
    ("group_roles", "account_id"),
    ("groups", "account_id"),
    ("guest_groups", "account_id"),
    ("guest_groups", "group_id"),
    ("guest_invitations", "sponsor_id"),
    ("guests", "account_id"),
    ("holds", "account_id"),
    ("home_entries", "account_id"),
    ("host_mutes", "account_id"),
    ("imported_posts", "account_id"),
    ("imports", "account_id"),
    ("list_members", "account_id"),
    ("lists", "account_id"),
    ("looks", "persona_id"),
    ("mail_answers", "account_id"),
    ("mail_links", "account_id"),
    ("mail_settings", "account_id"),
    ("mails", "account_id"),
    ("markers", "account_id"),
    ("measures", "account_id"),
    ("mentions", "account_id"),
    ("minors", "account_id"),
    ("mutes", "account_id"),
    ("mutes", "target_id"),
    ("notification_policies", "account_id"),
    ("notification_requests", "account_id"),
    ("notification_requests", "from_id"),
    ("notifications", "account_id"),
    ("notifications", "from_id"),
    ("openings", "account_id"),
    ("personas", "account_id"),
    ("poll_votes", "account_id"),
    ("post_editors", "account_id"),
    ("push_subscriptions", "account_id"),
    ("recovery_codes", "account_id"),
    ("scheduled_posts", "account_id"),
    ("scheduled_posts", "editor_id"),
    ("second_factors", "account_id"),
    ("sessions", "account_id"),
    ("thread_mutes", "account_id"),
    ("tokens", "account_id"),
    ("unit_page_editors", "account_id"),
    ("unit_pages", "account_id"),
    ("users", "account_id"),
)
"""(table, column) of every row that goes. A test holds this against the schema."""


async def erase(tx: Tx, account_id: int) -> None:
    """Erase all of it. Votes stay counted, but nobody can tell any more whose they were."""
    for table, column in TIES:
        await tx.run(f"DELETE FROM {table} WHERE {column} = :id", id=account_id)
    await reports.part_with(tx, account_id)
