"""The settings file that `allmende init` writes: every setting but the limits, with what it is for."""

from json import dumps
from urllib.parse import urlsplit


def template(*, url: str, name: str, development: bool) -> str:
    """Return what stands in it for a new node; what is not chosen yet is there as a comment, with an example."""
    flag = "development = true" if development else "# development = false"
    return f"""# Allmende: the settings of one node. Each can also be given as a variable,
# e.g. ALLMENDE_NODE_URL; docs/settings.md lists them all with their defaults.

[node]
# The public address. It is part of every post's id: choose it once, it never changes.
url = {_quoted(url)}
# The name of the unit, shown on every page.
name = {_quoted(name)}
# Who answers questions about this node (an e-mail address).
# contact = "social@example.com"
# Who is responsible for it by law: the company by its full name, and its postal address.
# controller = "Weaving Mill Ltd."
# address = "1 Mill Lane, 12345 Weaverton, Germany"
# Whom people ask about their data: the data protection officer (an e-mail address).
# officer = "privacy@example.com"
# Whom young people and their parents turn to: a youth representative (JAV), or whoever looks after apprentices.
# youth_contact = "Rosa Klein, youth@example.com, phone 4711"
# What it is for, and the house rules. Longer texts are Markdown files: the privacy notice, the terms of service.
# about = "Where the people of the weaving mill help each other."
# rules = ["Be kind.", "What is said here stays here."]
# privacy = "privacy.md"
# terms = "terms.md"
# Where the source code of this very program is, when it is not the one that everybody gets (AGPL, section 13).
# source = "https://git.example.com/allmende"
# Nobody moderates, administrates or looks after data protection without a second factor at the sign-in.
# roles_need_second_factor = true
# Language of pages for people who have not chosen one: en, de or fr.
# language = "en"
# Where its people live: times are shown as their clocks show them.
# timezone = "Europe/Berlin"
# Plain http on a loopback address, for trying things out. Refused for any other address.
{flag}

[look]
# Pages look like this folder below themes/: plain or meadow. Logo and colours of the house lie over it.
# theme = "plain"
# logo = "logo.svg"
# accent = "#1f55a8"
# accent_dark = "#9dc1f5"

[server]
# Where the program listens; a reverse proxy with TLS stands in front of it.
host = "127.0.0.1"
port = {urlsplit(url).port or 8400}
# Addresses of proxies whose X-Forwarded-For is believed.
# proxies = ["127.0.0.1"]

[storage]
# Database, keys and media. Keep it private. Backups are made with `allmende backup`; other tools have to leave
# content.keys, erasures.log and personas.key out: docs/operating.md says why, and where copies of them belong.
data = "data"
# The keys of all that people wrote, and the log of erasures, when they are to lie elsewhere.
# content_keys = "/var/lib/allmende-keys/content.keys"
# erasures = "/var/lib/allmende-keys/erasures.log"
# How many days a backup can be read after what is in it was erased: older copies of the keys are removed.
# backup_days = 7
# A unit that outgrows one machine uses PostgreSQL instead of the file.
# database = "postgresql://allmende@localhost/allmende"
# Pictures, films and documents in a store that speaks S3, instead of a folder beside the database. Where it is and the
# keys stand in AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
# media = "s3://bucket/prefix"

[federation]
# Nodes on private addresses: host name to the networks it may resolve into.
# private_hosts = {{ "node-b.corp" = ["10.2.0.0/16"] }}
# Ports other nodes may use beside 443.
# ports = [8443]
# Hosts where they keep pictures, beside their own and hosts below those.
# media_hosts = ["media.example.net"]

[push]
# Tell members' browsers and apps of notifications while they do not run. What is told stays sealed; the push
# services of Google, Mozilla, Apple and others learn when somebody is told something.
# enabled = true

[trends]
# Tell members which hashtags, links and posts many people use and like. It is for the house to decide, with its works
# council.
# enabled = false

[mail]
# Mails to members who are away, by the mail server of the house. Without a host none goes out.
# host = "mail.example.com"
# port = 587
# security = "starttls"
# user = "social"
# The password stands better in the variable ALLMENDE_MAIL_PASSWORD.
# password = ""
# sender = "social@example.com"
# Members answer by mail: the mail server hands what comes for reply+anything@social.example.com over here.
# listen = "127.0.0.1:8425"
# reply_to = "reply@social.example.com"

[retention]
# Days without a sign of a member until they are told (0: never), from then until the account is hidden, and from then
# until it is erased.
# inactive_days = 365
# hide_days = 30
# delete_days = 60
# Days from a member's last day in the house until their account is erased.
# leaver_days = 30
# Days from the suspension of an account until it is erased, if nobody restores it.
# suspended_days = 365
# Days until what is written for several, or for named people, is erased at every node (0: never).
# post_days = 0
# message_days = 0
# Days from an edit until what a post was before is forgotten here (0: as long as the post).
# version_days = 365
# Days without any sign of another node until its copies are erased here (0: never).
# silent_days = 365

[limits]
# Longest post, in characters.
# post_length = 5000
"""


def _quoted(text: str) -> str:
    """Return a basic string of TOML: it is one of JSON, but for one sign that TOML wants escaped as well."""
    return dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
