"""What moderators and administrators read: the Admin entities, as in `tests.entity_fields`."""

from tests.instance_fields import Fields

ADMIN: dict[str, Fields] = {
    "Admin::Account": {
        "id": "Id",
        "username": "Text",
        "domain": "Text?",
        "created_at": "Time",
        "email": "Text",
        "ip": "Text?",
        "ips": "[Admin::Ip]",
        "locale": "Text?",
        "invite_request": "Text?",
        "role": "Role?",
        "confirmed": "Truth",
        "approved": "Truth",
        "disabled": "Truth",
        "silenced": "Truth",
        "sensitized": "Truth",
        "suspended": "Truth",
        "account": "Account",
        "created_by_application_id?": "Id",
        "invited_by_account_id?": "Id",
    },
    "Admin::Dimension": {"key": "Text", "data": "[Admin::DimensionValue]"},
    "Admin::DimensionValue": {"key": "Text", "human_key": "Text", "value": "Text", "unit?": "Text"},
    # Since when a server belongs to the organisation is not kept; Mastodon always has a time.
    "Admin::DomainAllow": {"id": "Text", "domain": "Text", "created_at": "Time?"},
    "Admin::Ip": {"ip": "Text", "used_at": "Time"},
    "Admin::Measure": {
        "key": "Text",
        "unit": "Text?",
        "total": "Digits",
        "human_value?": "Text",
        "previous_total?": "Digits",
        "data": "[Admin::MeasureDay]",
    },
    "Admin::MeasureDay": {"date": "Time", "value": "Digits"},
    "Admin::Report": {
        "id": "Id",
        "action_taken": "Truth",
        "action_taken_at": "Time?",
        "category": "=spam legal violation other",
        "comment": "Text",
        "forwarded": "Truth",
        "created_at": "Time",
        "updated_at": "Time",
        "account": "Admin::Account",
        "target_account": "Admin::Account",
        "assigned_account": "Admin::Account?",
        "action_taken_by_account": "Admin::Account?",
        "statuses": "[Status]",
        "rules": "[Rule]",
    },
}
OF_TRENDS: Fields = {"requires_review": "Truth", "trendable": "Truth"}
"""What moderators are told besides of what trends; of posts and links, that one is refused is told by us alone."""
