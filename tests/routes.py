"""Every route of the client API: who may call it, and what it answers.

A line is method, path, who, answer. `open` is for everybody, `client` for any client's own token, `token` for any
token, else it is the scope that the token needs, or one of several. Answers are entities in the words of
`tests.entities`; `-` is no JSON.
"""

from dataclasses import dataclass
from re import compile as pattern
from typing import Any

_STEP = pattern(r"<(?:(?P<kind>\w+)(?:\((?P<given>[^)]*)\))?:)?\w+>")

_TABLE = """
GET    /.well-known/oauth-authorization-server                 open                 -
GET    /oauth/authorize                                        open                 -
POST   /oauth/authorize                                        open                 -
POST   /oauth/token                                            open                 Token
POST   /oauth/revoke                                           open                 Empty
GET    /oauth/userinfo                                         profile              UserInfo
POST   /oauth/userinfo                                         profile              UserInfo

POST   /api/v1/apps                                            open                 CredentialApplication
GET    /api/v1/apps/verify_credentials                         client               Application
GET    /api/v1/instance                                        open                 V1::Instance
GET    /api/v2/instance                                        open                 Instance
GET    /api/v1/instance/rules                                  open                 [Rule]
GET    /api/v1/instance/extended_description                   open                 ExtendedDescription
GET    /api/v1/instance/privacy_policy                         open                 PrivacyPolicy
GET    /api/v1/instance/terms_of_service                       open                 TermsOfService
GET    /api/v1/instance/terms_of_service/:date                 open                 TermsOfService
GET    /api/v1/instance/translation_languages                  open                 {[Text]}
GET    /api/v1/instance/peers                                  token                [Text]
GET    /api/v1/instance/activity                               token                [Activity]
GET    /api/v1/instance/domain_blocks                          token                [DomainBlock]
GET    /api/v1/instance/languages                              open                 [Language]
GET    /api/v1/custom_emojis                                   token                [CustomEmoji]
GET    /api/v1/announcements                                   token                [Announcement]
POST   /api/v1/announcements/:id/dismiss                       write:accounts       Empty
PUT    /api/v1/announcements/:id/reactions/:name               write:favourites     Empty
DELETE /api/v1/announcements/:id/reactions/:name               write:favourites     Empty
GET    /api/v1/preferences                                     read:accounts        Preferences

POST   /api/v1/accounts                                        write:accounts       -
GET    /api/v1/accounts/verify_credentials                     profile|read:accounts CredentialAccount
PATCH  /api/v1/accounts/update_credentials                     write:accounts       CredentialAccount
GET    /api/v1/accounts                                        read:accounts        [Account]
GET    /api/v1/accounts/:id                                    read:accounts        Account
GET    /api/v1/accounts/:id/statuses                           read:statuses        [Status]
GET    /api/v1/accounts/:id/followers                          read:accounts        [Account]
GET    /api/v1/accounts/:id/following                          read:accounts        [Account]
GET    /api/v1/accounts/:id/featured_tags                      read:accounts        [FeaturedTag]
GET    /api/v1/accounts/:id/lists                              read:lists           [List]
POST   /api/v1/accounts/:id/follow                             write:follows        Relationship
POST   /api/v1/accounts/:id/unfollow                           write:follows        Relationship
POST   /api/v1/accounts/:id/remove_from_followers              write:follows        Relationship
POST   /api/v1/accounts/:id/block                              write:blocks         Relationship
POST   /api/v1/accounts/:id/unblock                            write:blocks         Relationship
POST   /api/v1/accounts/:id/mute                               write:mutes          Relationship
POST   /api/v1/accounts/:id/unmute                             write:mutes          Relationship
POST   /api/v1/accounts/:id/pin                                write:accounts       Relationship
POST   /api/v1/accounts/:id/unpin                              write:accounts       Relationship
GET    /api/v1/accounts/:id/endorsements                       read:accounts        [Account]
POST   /api/v1/accounts/:id/endorse                            write:accounts       Relationship
POST   /api/v1/accounts/:id/unendorse                          write:accounts       Relationship
POST   /api/v1/accounts/:id/note                               write:accounts       Relationship
GET    /api/v1/accounts/relationships                          read:follows         [Relationship]
GET    /api/v1/accounts/familiar_followers                     read:follows         [FamiliarFollowers]
GET    /api/v1/accounts/search                                 read:accounts        [Account]
GET    /api/v1/accounts/lookup                                 read:accounts        Account
GET    /api/v1/accounts/:id/identity_proofs                    token                [Empty]
GET    /api/v1/directory                                       read:accounts        [Account]
GET    /api/v1/endorsements                                    read:accounts        [Account]
GET    /api/v1/featured_tags                                   read:accounts        [FeaturedTag]
POST   /api/v1/featured_tags                                   write:accounts       FeaturedTag
DELETE /api/v1/featured_tags/:id                               write:accounts       Empty
GET    /api/v1/featured_tags/suggestions                       read:accounts        [Tag]
GET    /api/v1/profile                                         profile|read:accounts Profile
PATCH  /api/v1/profile                                         write:accounts       Profile
DELETE /api/v1/profile/avatar                                  write:accounts       CredentialAccount
DELETE /api/v1/profile/header                                  write:accounts       CredentialAccount
GET    /api/v1/suggestions                                     read                 [Account]
GET    /api/v2/suggestions                                     read                 [Suggestion]
DELETE /api/v1/suggestions/:account_id                         read                 Empty

GET    /api/v1/blocks                                          read:blocks          [Account]
GET    /api/v1/domain_blocks                                   read:blocks          [Text]
POST   /api/v1/domain_blocks                                   write:blocks         Empty
DELETE /api/v1/domain_blocks                                   write:blocks         Empty
GET    /api/v1/follow_requests                                 read:follows         [Account]
POST   /api/v1/follow_requests/:account_id/authorize           write:follows        Relationship
POST   /api/v1/follow_requests/:account_id/reject              write:follows        Relationship
GET    /api/v1/followed_tags                                   read:follows         [Tag]
GET    /api/v1/mutes                                           read:mutes           [MutedAccount]
GET    /api/v1/tags/:name                                      read:statuses        Tag
POST   /api/v1/tags/:name/follow                               write:follows        Tag
POST   /api/v1/tags/:name/unfollow                             write:follows        Tag
POST   /api/v1/tags/:name/feature                              write:accounts       Tag
POST   /api/v1/tags/:name/unfeature                            write:accounts       Tag

GET    /api/v1/bookmarks                                       read:bookmarks       [Status]
GET    /api/v1/favourites                                      read:favourites      [Status]
POST   /api/v1/media                                           write:media          MediaAttachment
POST   /api/v2/media                                           write:media          ProcessingMediaAttachment
GET    /api/v1/media/:id                                       write:media          ProcessingMediaAttachment
PUT    /api/v1/media/:id                                       write:media          MediaAttachment
DELETE /api/v1/media/:id                                       write:media          Empty
GET    /api/v1/polls/:id                                       read:statuses        Poll
POST   /api/v1/polls/:id/votes                                 write:statuses       Poll
GET    /api/v1/scheduled_statuses                              read:statuses        [ScheduledStatus]
GET    /api/v1/scheduled_statuses/:id                          read:statuses        ScheduledStatus
PUT    /api/v1/scheduled_statuses/:id                          write:statuses       ScheduledStatus
DELETE /api/v1/scheduled_statuses/:id                          write:statuses       Empty
GET    /api/v1/statuses                                        read:statuses        [Status]
POST   /api/v1/statuses                                        write:statuses       Status|ScheduledStatus
POST   /api/v1/statuses/preview                                write:statuses       StatusPreview
GET    /api/v1/statuses/:id                                    read:statuses        Status
PUT    /api/v1/statuses/:id                                    write:statuses       Status
DELETE /api/v1/statuses/:id                                    write:statuses       DeletedStatus
GET    /api/v1/statuses/:id/context                            read:statuses        Context
GET    /api/v1/statuses/:id/reblogged_by                       read:statuses        [Account]
GET    /api/v1/statuses/:id/favourited_by                      read:statuses        [Account]
GET    /api/v1/statuses/:id/quotes                             read:statuses        [Status]
GET    /api/v1/statuses/:id/history                            read:statuses        [StatusEdit]
GET    /api/v1/statuses/:id/source                             read:statuses        StatusSource
GET    /api/v1/statuses/:id/card                               read:statuses        PreviewCard|Empty
POST   /api/v1/statuses/:id/translate                          read:statuses        -
POST   /api/v1/statuses/:id/favourite                          write:favourites     Status
POST   /api/v1/statuses/:id/unfavourite                        write:favourites     Status
POST   /api/v1/statuses/:id/reblog                             write:statuses       Status
POST   /api/v1/statuses/:id/unreblog                           write:statuses       Status
POST   /api/v1/statuses/:id/bookmark                           write:bookmarks      Status
POST   /api/v1/statuses/:id/unbookmark                         write:bookmarks      Status
POST   /api/v1/statuses/:id/mute                               write:mutes          Status
POST   /api/v1/statuses/:id/unmute                             write:mutes          Status
POST   /api/v1/statuses/:id/pin                                write:accounts       Status
POST   /api/v1/statuses/:id/unpin                              write:accounts       Status
POST   /api/v1/statuses/:id/quotes/:quoting_id/revoke          write:statuses       Status
PUT    /api/v1/statuses/:id/interaction_policy                 write:statuses       Status

GET    /api/v1/groups                                          read:groups          [Group]
POST   /api/v1/groups                                          write:groups         Group
GET    /api/v1/groups/search                                   read:groups          [Group]
GET    /api/v1/groups/invitations                              read:groups          [Group]
GET    /api/v1/groups/relationships                            read:groups          [GroupRelationship]
GET    /api/v1/groups/:id                                      read:groups          Group
PUT    /api/v1/groups/:id                                      write:groups         Group
DELETE /api/v1/groups/:id                                      write:groups         Empty
POST   /api/v1/groups/:id/archive                              write:groups         Group
POST   /api/v1/groups/:id/unarchive                            write:groups         Group
POST   /api/v1/groups/:id/transfer                             write:groups         GroupRelationship
POST   /api/v1/groups/:id/join                                 write:groups         GroupRelationship
POST   /api/v1/groups/:id/leave                                write:groups         GroupRelationship
GET    /api/v1/groups/:id/memberships                          read:groups          [GroupMembership]
POST   /api/v1/groups/:id/kick                                 write:groups         Empty
POST   /api/v1/groups/:id/promote                              write:groups         [GroupMembership]
POST   /api/v1/groups/:id/demote                               write:groups         [GroupMembership]
GET    /api/v1/groups/:id/membership_requests                  read:groups          [AskingAccount]
POST   /api/v1/groups/:id/membership_requests/:account_id/authorize write:groups    Empty
POST   /api/v1/groups/:id/membership_requests/:account_id/reject    write:groups    Empty
GET    /api/v1/groups/:id/invitations                          read:groups          [Account]
POST   /api/v1/groups/:id/invitations                          write:groups         Empty
DELETE /api/v1/groups/:id/invitations                          write:groups         Empty
GET    /api/v1/groups/:id/blocks                               read:groups          [Account]
POST   /api/v1/groups/:id/blocks                               write:groups         Empty
DELETE /api/v1/groups/:id/blocks                               write:groups         Empty
DELETE /api/v1/groups/:id/statuses/:post_id                    write:groups         Empty
POST   /api/v1/groups/:id/statuses/:post_id/pin                write:groups         Status
POST   /api/v1/groups/:id/statuses/:post_id/unpin              write:groups         Status

GET    /api/v1/conversations                                   read:statuses        [Conversation]
POST   /api/v1/conversations/:id/read                          write:conversations  Conversation
DELETE /api/v1/conversations/:id                               write:conversations  Empty
GET    /api/v2/filters                                         read:filters         [Filter]
POST   /api/v2/filters                                         write:filters        Filter
GET    /api/v2/filters/:id                                     read:filters         Filter
PUT    /api/v2/filters/:id                                     write:filters        Filter
DELETE /api/v2/filters/:id                                     write:filters        Empty
GET    /api/v2/filters/:id/keywords                            read:filters         [FilterKeyword]
POST   /api/v2/filters/:id/keywords                            write:filters        FilterKeyword
GET    /api/v2/filters/keywords/:id                            read:filters         FilterKeyword
PUT    /api/v2/filters/keywords/:id                            write:filters        FilterKeyword
DELETE /api/v2/filters/keywords/:id                            write:filters        Empty
GET    /api/v2/filters/:id/statuses                            read:filters         [FilterStatus]
POST   /api/v2/filters/:id/statuses                            write:filters        FilterStatus
GET    /api/v2/filters/statuses/:id                            read:filters         FilterStatus
DELETE /api/v2/filters/statuses/:id                            write:filters        FilterStatus|Empty
GET    /api/v1/filters                                         read:filters         [V1::Filter]
POST   /api/v1/filters                                         write:filters        V1::Filter
GET    /api/v1/filters/:id                                     read:filters         V1::Filter
PUT    /api/v1/filters/:id                                     write:filters        V1::Filter
DELETE /api/v1/filters/:id                                     write:filters        Empty
GET    /api/v1/lists                                           read:lists           [List]
POST   /api/v1/lists                                           write:lists          List
GET    /api/v1/lists/:id                                       read:lists           List
PUT    /api/v1/lists/:id                                       write:lists          List
DELETE /api/v1/lists/:id                                       write:lists          Empty
GET    /api/v1/lists/:id/accounts                              read:lists           [Account]
POST   /api/v1/lists/:id/accounts                              write:lists          Empty
DELETE /api/v1/lists/:id/accounts                              write:lists          Empty
GET    /api/v1/markers                                         read:statuses        Markers
POST   /api/v1/markers                                         write:statuses       Markers
GET    /api/v1/search                                          read:search          V1::Search
GET    /api/v2/search                                          read:search          Search
GET    /api/v1/timelines/home                                  read:statuses        [Status]
GET    /api/v1/timelines/public                                read:statuses        [Status]
GET    /api/v1/timelines/tag/:name                             read:statuses        [Status]
GET    /api/v1/timelines/list/:id                              read:lists           [Status]
GET    /api/v1/timelines/group/:id                              read:groups          [Status]
GET    /api/v1/timelines/link                                  read:statuses        [Status]
GET    /api/v1/timelines/direct                                read:statuses        [Status]
GET    /api/v1/trends                                          token                [Tag]
GET    /api/v1/trends/tags                                     token                [Tag]
GET    /api/v1/trends/statuses                                 token                [Status]
GET    /api/v1/trends/links                                    token                [Trends::Link]

GET    /api/v1/notifications                                   read:notifications   [Notification]
GET    /api/v1/notifications/:id                               read:notifications   Notification
POST   /api/v1/notifications/clear                             write:notifications  Empty
POST   /api/v1/notifications/:id/dismiss                       write:notifications  Empty
POST   /api/v1/notifications/dismiss                           write:notifications  Empty
GET    /api/v1/notifications/unread_count                      read:notifications   Counted
GET    /api/v2/notifications                                   read:notifications   GroupedNotificationsResults
GET    /api/v2/notifications/:group_key                        read:notifications   GroupedNotificationsResults
POST   /api/v2/notifications/:group_key/dismiss                write:notifications  Empty
GET    /api/v2/notifications/:group_key/accounts               read:notifications|write:notifications [Account]
GET    /api/v2/notifications/unread_count                      read:notifications   Counted
GET    /api/v2/notifications/policy                            read:notifications   NotificationPolicy
PATCH  /api/v2/notifications/policy                            write:notifications  NotificationPolicy
GET    /api/v1/notifications/requests                          read:notifications   [NotificationRequest]
GET    /api/v1/notifications/requests/:id                      read:notifications   NotificationRequest
POST   /api/v1/notifications/requests/:id/accept               write:notifications  Empty
POST   /api/v1/notifications/requests/:id/dismiss              write:notifications  Empty
POST   /api/v1/notifications/requests/accept                   write:notifications  Empty
POST   /api/v1/notifications/requests/dismiss                  write:notifications  Empty
GET    /api/v1/notifications/requests/merged                   read:notifications   Merged
GET    /api/v1/push/subscription                               push                 WebPushSubscription
POST   /api/v1/push/subscription                               push                 WebPushSubscription
PUT    /api/v1/push/subscription                               push                 WebPushSubscription
DELETE /api/v1/push/subscription                               push                 Empty
POST   /api/v1/reports                                         write:reports        Report

GET    /api/openapi.json                                       open                 -
GET    /api/docs                                               open                 -
GET    /api/oembed                                             open                 -

GET    /api/v1/admin/accounts                                  admin:read:accounts  [Admin::Account]
GET    /api/v2/admin/accounts                                  admin:read:accounts  [Admin::Account]
GET    /api/v1/admin/accounts/:id                              admin:read:accounts  Admin::Account
DELETE /api/v1/admin/accounts/:id                              admin:write:accounts Admin::Account
POST   /api/v1/admin/accounts/:id/action                       admin:write:accounts Empty
POST   /api/v1/admin/accounts/:id/unsuspend                    admin:write:accounts Admin::Account
POST   /api/v1/admin/accounts/:id/enable                       admin:write:accounts Admin::Account
POST   /api/v1/admin/accounts/:id/unsilence                    admin:write:accounts Admin::Account
POST   /api/v1/admin/accounts/:id/unsensitive                  admin:write:accounts Admin::Account
POST   /api/v1/admin/accounts/:id/approve                      admin:write:accounts -
POST   /api/v1/admin/accounts/:id/reject                       admin:write:accounts -
GET    /api/v1/admin/reports                                   admin:read:reports   [Admin::Report]
GET    /api/v1/admin/reports/:id                               admin:read:reports   Admin::Report
PUT    /api/v1/admin/reports/:id                               admin:write:reports  Admin::Report
POST   /api/v1/admin/reports/:id/assign_to_self                admin:write:reports  Admin::Report
POST   /api/v1/admin/reports/:id/unassign                      admin:write:reports  Admin::Report
POST   /api/v1/admin/reports/:id/resolve                       admin:write:reports  Admin::Report
POST   /api/v1/admin/reports/:id/reopen                        admin:write:reports  Admin::Report
GET    /api/v1/admin/domain_allows                             admin:read:domain_allows [Admin::DomainAllow]
GET    /api/v1/admin/domain_allows/:host                       admin:read:domain_allows Admin::DomainAllow
POST   /api/v1/admin/domain_allows                             admin:write:domain_allows -
DELETE /api/v1/admin/domain_allows/:host                       admin:write:domain_allows -
GET    /api/v1/admin/domain_blocks                             admin:read:domain_blocks [Empty]
GET    /api/v1/admin/domain_blocks/:id                         admin:read:domain_blocks -
POST   /api/v1/admin/domain_blocks                             admin:write:domain_blocks -
PUT    /api/v1/admin/domain_blocks/:id                         admin:write:domain_blocks -
DELETE /api/v1/admin/domain_blocks/:id                         admin:write:domain_blocks -
GET    /api/v1/admin/ip_blocks                                 admin:read:ip_blocks [Empty]
GET    /api/v1/admin/ip_blocks/:id                             admin:read:ip_blocks -
POST   /api/v1/admin/ip_blocks                                 admin:write:ip_blocks -
PUT    /api/v1/admin/ip_blocks/:id                             admin:write:ip_blocks -
DELETE /api/v1/admin/ip_blocks/:id                             admin:write:ip_blocks -
GET    /api/v1/admin/email_domain_blocks                       admin:read:email_domain_blocks [Empty]
GET    /api/v1/admin/email_domain_blocks/:id                   admin:read:email_domain_blocks -
POST   /api/v1/admin/email_domain_blocks                       admin:write:email_domain_blocks -
PUT    /api/v1/admin/email_domain_blocks/:id                   admin:write:email_domain_blocks -
DELETE /api/v1/admin/email_domain_blocks/:id                   admin:write:email_domain_blocks -
GET    /api/v1/admin/canonical_email_blocks                    admin:read:canonical_email_blocks [Empty]
GET    /api/v1/admin/canonical_email_blocks/:id                admin:read:canonical_email_blocks -
POST   /api/v1/admin/canonical_email_blocks                    admin:write:canonical_email_blocks -
PUT    /api/v1/admin/canonical_email_blocks/:id                admin:write:canonical_email_blocks -
DELETE /api/v1/admin/canonical_email_blocks/:id                admin:write:canonical_email_blocks -
POST   /api/v1/admin/canonical_email_blocks/test               admin:read:canonical_email_blocks [Empty]
POST   /api/v1/admin/measures                                  admin:read           [Admin::Measure]
POST   /api/v1/admin/dimensions                                admin:read           [Admin::Dimension]
POST   /api/v1/admin/retention                                 admin:read           [Empty]
GET    /api/v1/admin/trends/tags                               admin:read           [Admin::Tag]
POST   /api/v1/admin/trends/tags/:name/approve                 admin:write          Admin::Tag
POST   /api/v1/admin/trends/tags/:name/reject                  admin:write          Admin::Tag
GET    /api/v1/admin/trends/statuses                           admin:read           [Admin::Trends::Status]
POST   /api/v1/admin/trends/statuses/:name/approve             admin:write          Admin::Trends::Status
POST   /api/v1/admin/trends/statuses/:name/reject              admin:write          Admin::Trends::Status
GET    /api/v1/admin/trends/links                              admin:read           [Admin::Trends::Link]
POST   /api/v1/admin/trends/links/:name/approve                admin:write          Admin::Trends::Link
POST   /api/v1/admin/trends/links/:name/reject                 admin:write          Admin::Trends::Link

GET    /api/v1/streaming                                       read:statuses|read:notifications -
GET    /api/v1/streaming/health                                open                 -
GET    /api/v1/streaming/:stream                               read:statuses|read:notifications -
"""


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table. `path` names its arguments with a colon; `who` are the words of its third column."""

    method: str
    path: str
    who: frozenset[str]
    answer: str

    @property
    def shape(self) -> tuple[str, str]:
        """What tells routes apart, whatever their arguments are called."""
        return self.method, shape(self.path)

    @property
    def open(self) -> bool:
        """Whether it answers without a token."""
        return self.who == {"open"}

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes of which a token needs one; none when any token will do."""
        return self.who - {"open", "client", "token"}


def shape(path: str) -> str:
    """Return a path with a star for every argument, in our notation or the router's."""
    return "/".join("*" if step.startswith((":", "<")) else step for step in path.split("/"))


def _route(line: str) -> Route:
    method, path, who, answer = line.split()
    return Route(method, path, frozenset(who.split("|")), answer)


ROUTES = tuple(_route(line) for line in _TABLE.splitlines() if line)
BY_SHAPE = {route.shape: route for route in ROUTES}


def served(app: Any) -> set[tuple[str, str]]:
    """Return method and shape of every route of an app below /api/ and /oauth; updates that take PUT as PATCH once."""
    found = set()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(("/api/", "/oauth/", "/.well-known/oauth")):
            continue
        for path in _spelled(rule.rule):
            found |= {(method, shape(path)) for method in rule.methods - {"HEAD", "OPTIONS"}}
    return {way for way in found if way in BY_SHAPE or (_twin(way[0]), way[1]) not in BY_SHAPE}


def _twin(method: str) -> str:
    return {"PUT": "PATCH", "PATCH": "PUT"}.get(method, method)


def _spelled(rule: str) -> list[str]:
    """Return a rule once for each word that an `any(...)` in it stands for."""
    step = next((found for found in _STEP.finditer(rule) if found["kind"] == "any"), None)
    if step is None:
        return [rule.rstrip("/")]
    words = [word.strip().strip("\"'") for word in step["given"].split(",")]
    return [path for word in words for path in _spelled(rule[: step.start()] + word + rule[step.end() :])]
