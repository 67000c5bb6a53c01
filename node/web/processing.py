"""What this node does with data about people, as it is set up now (GDPR, articles 13 and 30)."""

from collections.abc import Iterator
from dataclasses import dataclass

from node.config import Settings
from node.domain.bans import LASTS_DAYS
from themes.phrases import Phrases

_DAY = 86_400
_RATES_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Processing:
    """One thing that is done with data: what for, of whom, which data, and how long they are kept; in words."""

    purpose: str
    people: str
    data: str
    kept: str


def processings(settings: Settings, _: Phrases) -> list[Processing]:
    """Return everything that is done with data about people."""
    return [*_for_people(settings, _), *_for_proof(settings, _), *_for_mails(settings, _), *_for_order(settings, _)]


def _for_people(settings: Settings, _: Phrases) -> Iterator[Processing]:
    limits = settings.limits
    members = _("Members and guests")
    yield Processing(
        _("To let members in, and nobody else"),
        members,
        _(
            "User name, password (as a hash that nobody can read), the key of an authenticator app where they use one "
            "(sealed), role, language; open sessions and apps; invitations."
        ),
        _(
            "As long as the account is there. A session ends %(session)s after its last use, an invitation after "
            "%(invitation)s.",
            session=_.lasting(limits.session_idle_seconds),
            invitation=_.lasting(limits.invitation_seconds),
        ),
    )
    yield Processing(
        _("To show who works here"),
        members,
        _("What people tell of themselves: name, pictures, position, department, skills, and what they add."),
        _("Until they change it; what it was before is not kept."),
    )
    yield Processing(
        _("To let people write to each other"),
        _("Members and guests, and whom they write about"),
        _("Posts, messages, files, reactions and votes; whom they follow, and their groups and pages."),
        " ".join(_kept(settings, _)),
    )
    yield Processing(
        _("To let members bring along what they had elsewhere"),
        _("Members who do so, and whom they follow, mute or block"),
        _("The archive, until all of it is done; what of it could not be done."),
        _("%(done)s after it was done.", done=_.lasting(settings.limits.done_rows_seconds)),
    )
    yield Processing(
        _("To tell members what is new, as they like it"),
        members,
        _("Notifications and how far they were read; lists, filters, bookmarks and settings, which nobody else sees."),
        _("As long as the account is there."),
    )
    if settings.trends.enabled:
        yield Processing(
            _("To tell what many people write of and like"),
            _("Members who want to be found, and who likes what they write"),
            _("Hashtags and links of posts for the organisation; how many people used or liked them, five at least."),
            _("Links as long as the post; figures for seven days."),
        )
    yield Processing(
        _("To bring posts to other nodes, and their deletion after them"),
        members,
        _("Which node has a copy of what; the messages between the nodes."),
        _(
            "The list of copies as long as there are some; messages for %(done)s; pictures, films and sounds of other "
            "nodes for %(media)s after somebody last saw them.",
            done=_.lasting(limits.done_rows_seconds),
            media=_.lasting(limits.media_cache_seconds),
        ),
    )


def _for_proof(settings: Settings, _: Phrases) -> Iterator[Processing]:
    yield Processing(
        _("To prove that what was deleted is gone everywhere, also after a restore from a backup"),
        _("Whoever deleted something, or was erased"),
        _("The address of what was deleted, and whose it was; which nodes had it, and what they signed."),
        _(
            "For %(record)s. The address, which has the user name in it, and the order to erase it stay as long as "
            "this node: nothing of it comes back. What was deleted may be in backups for %(backup)s.",
            record=_.lasting(settings.limits.erasure_record_seconds),
            backup=_.lasting(settings.storage.backup_days * _DAY),
        ),
    )


def _kept(settings: Settings, _: Phrases) -> Iterator[str]:
    retention = settings.retention
    yield _(
        "Until they delete it, and its earlier versions with it; a file that was never sent, or is kept for "
        "writing a post anew, for %(upload)s.",
        upload=_.lasting(settings.limits.upload_seconds),
    )
    if retention.version_days:
        yield _(
            "What a post was before is forgotten %(days)s after it was edited.",
            days=_.lasting(retention.version_days * _DAY),
        )
    if retention.post_days:
        yield _(
            "Posts are erased at every node %(days)s after they were written.",
            days=_.lasting(retention.post_days * _DAY),
        )
    if retention.message_days:
        yield _("Messages are erased everywhere after %(days)s.", days=_.lasting(retention.message_days * _DAY))
    if retention.silent_days:
        yield _(
            "What people of another node wrote is erased here when nothing was heard of that node for %(days)s.",
            days=_.lasting(retention.silent_days * _DAY),
        )


def _for_mails(settings: Settings, _: Phrases) -> Iterator[Processing]:
    limits = settings.limits
    if settings.mail.host:
        yield Processing(
            _("To tell members by mail what happened while they were away"),
            _("Members who gave a mail address"),
            _("Mail address, what they want to be told of, and when they were last here."),
            _(
                "Until they take the address away. A mail is tried for %(mail)s, a link in it works for %(link)s.",
                mail=_.lasting(limits.mail_horizon_seconds),
                link=_.lasting(limits.mail_link_seconds),
            ),
        )
    if settings.mail.reply_to:
        yield Processing(
            _("To take answers by mail"),
            _("Members who answer by mail"),
            _("The text of the answer, which becomes a post; a sign of the mail, so that it is not taken twice."),
            _("The sign for %(answer)s.", answer=_.lasting(limits.mail_answer_seconds + _DAY)),
        )
    if settings.push.enabled:
        yield Processing(
            _("To tell browsers and apps what is new while they do not run"),
            _("Members who switched it on for a device"),
            _("The address of the device at its maker’s push service, and the keys for it."),
            _("Until they switch it off, sign out or take the app its access."),
        )


def _for_order(settings: Settings, _: Phrases) -> Iterator[Processing]:
    retention, limits = settings.retention, settings.limits
    yield Processing(
        _("To keep attackers out"),
        _("Everybody who asks this node for something"),
        _(
            "Network addresses, in memory only; wrong passwords, with a keyed hash each of the user name and the "
            "address, out of which nobody reads them."
        ),
        _(
            "Network addresses for %(rates)s, wrong passwords for %(failures)s. There is no log of who looked at what.",
            rates=_.lasting(_RATES_SECONDS),
            failures=_.lasting(limits.login_failure_seconds),
        ),
    )
    yield Processing(
        _("To look after complaints among members"),
        _("Who complains, and about whom"),
        _("The complaint, what it is about, and who decided what; only moderators see it."),
        _(
            "Until it is dealt with, and %(words)s after that. When one of the two is erased, only an open complaint "
            "stays, without the name of who complained.",
            words=_.lasting(limits.case_words_seconds),
        ),
    )
    yield Processing(
        _("To answer complaints and requests about data, of members and of others"),
        _("Whoever asks, and whom they name"),
        _("What they ask, their mail address, and the answer; only who looks after data protection sees it."),
        _(
            "Words and address for %(words)s after it is over, that it was asked for %(all)s; a request whose mail "
            "address is not confirmed for %(unproven)s.",
            words=_.lasting(limits.case_words_seconds),
            all=_.lasting(limits.case_seconds),
            unproven=_.lasting(limits.case_unproven_seconds),
        ),
    )
    yield Processing(
        _("To be able to show what was decided about people"),
        _("Members, guests, and who looks after the node"),
        _("A log of suspensions, roles, legal holds and erasures, with addresses of accounts and nothing they wrote."),
        _(
            "As long as the company keeps its logs. A sealed journal of requests and their answers, without their "
            "words, stays."
        ),
    )
    yield Processing(
        _("To let guests and leavers go on their last day"),
        _("Guests, and members who leave"),
        _("The last day; of guests also their groups and who brought them."),
        _(
            "A leaver’s account is hidden after the last day, and erased %(leaver)s later.",
            leaver=_.lasting(retention.leaver_days * _DAY),
        ),
    )
    if retention.inactive_days:
        yield Processing(
            _("To end accounts that nobody uses"),
            _("Members"),
            _("The day on which somebody last used the account. Nobody is shown it."),
            _(
                "After %(told)s without use the member is told; %(hidden)s later the account is hidden, and %(erased)s "
                "after that it is erased. Every use brings it back.",
                told=_.lasting(retention.inactive_days * _DAY),
                hidden=_.lasting(retention.hide_days * _DAY),
                erased=_.lasting(retention.delete_days * _DAY),
            ),
        )
    yield Processing(
        _("To keep those away who were suspended"),
        _("Members and guests who were suspended"),
        _(
            "That they are and why; once the account is erased, hashes of its user name and mail address, and nothing "
            "else."
        ),
        _(
            "An account is erased %(days)s after its suspension, and why it was suspended with it; the hashes %(ban)s "
            "later.",
            days=_.lasting(retention.suspended_days * _DAY),
            ban=_.lasting(LASTS_DAYS * _DAY),
        ),
    )
    yield Processing(
        _("To let members ask and propose under a pseudonym"),
        _("Members who have one"),
        _(
            "Whose it is, sealed. Data protection and moderation open it together only, with a reason that the person "
            "reads afterwards."
        ),
        _("Until the member erases it, or some days after their account is erased."),
    )
    yield Processing(
        _("To protect members under age"),
        _("Members under age"),
        _("That they are; only administrators see it."),
        _("Until they are of age."),
    )
    yield Processing(
        _("To keep what a court or an authority needs"),
        _("Members, and people of other nodes, with whom a proceeding has to do"),
        _("That an account must not be erased, why, and until when; only who looks after data protection sees it."),
        _("Until the last day of the legal hold. What was to be erased meanwhile is hidden, and erased then."),
    )
