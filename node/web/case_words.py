"""Cases in words, for those who ask and for those who answer."""

from node.domain.cases import Case, Kind, State, Step, Topic, Verdict
from node.store.elsewhere import Writing
from themes.phrases import Phrases


def topics(_: Phrases) -> dict[Topic, str]:
    """Return what a case may be about."""
    return {
        Topic.POST: _("A complaint about a post"),
        Topic.PERSON: _("A complaint about a person"),
        Topic.OTHER: _("Another complaint"),
        Topic.ACCESS: _("Tell me what is kept about me (Art. 15 GDPR)"),
        Topic.RECTIFICATION: _("Correct something about me (Art. 16 GDPR)"),
        Topic.ERASURE: _("Erase something about me (Art. 17 GDPR)"),
        Topic.RESTRICTION: _("Do not use it for now (Art. 18 GDPR)"),
        Topic.PORTABILITY: _("Give me my data to take along (Art. 20 GDPR)"),
        Topic.OBJECTION: _("I object to the use of data about me (Art. 21 GDPR)"),
    }


def states(_: Phrases) -> dict[State, str]:
    """Return how a case stands."""
    return {
        State.UNPROVEN: _("waits for a confirmation"),
        State.OPEN: _("is being looked after"),
        State.ANSWERED: _("answered"),
        State.APPEALED: _("the objection is being looked after"),
        State.CLOSED: _("closed"),
        State.WITHDRAWN: _("taken back"),
    }


def verdicts(_: Phrases) -> dict[Verdict, str]:
    """Return what was answered."""
    return {
        Verdict.GRANTED: _("granted"),
        Verdict.PARTLY: _("granted in part"),
        Verdict.REFUSED: _("refused"),
    }


def kinds(_: Phrases) -> dict[Kind, str]:
    """Return what is said in a case, as the desk reads it."""
    return {
        Kind.MESSAGE: _("Message of the one who asks"),
        Kind.NOTE: _("Note, for the desk only"),
        Kind.EXTENSION: _("More time was taken"),
        Kind.ANSWER: _("The answer"),
        Kind.APPEAL: _("Objection"),
    }


def steps(_: Phrases) -> dict[Step, str]:
    """Return what was done with a post."""
    return {
        Step.BLACKED_OUT: _("a passage was blacked out"),
        Step.TAKEN_OUT: _("the post was taken out"),
        Step.PASSED_ON: _("passed on to the node of its author"),
    }


def writings(_: Phrases) -> dict[Writing, str]:
    """Return where words stand that are in no post and no profile."""
    return {
        Writing.PLANNED: _("Planned posts"),
        Writing.DRAFTS: _("Drafts"),
        Writing.NOTES: _("Notes on people"),
        Writing.FILTERS: _("Filters"),
        Writing.LISTS: _("Names of lists"),
        Writing.IMPORTS: _("Imports"),
        Writing.LINKS: _("Titles of links"),
        Writing.GROUPS: _("Rules, questions and answers of groups, categories of boards"),
        Writing.BRIDGES: _("Bridges and their contacts"),
        Writing.ANNOUNCEMENTS: _("Announcements"),
        Writing.RULES: _("House rules"),
        Writing.INVITATIONS: _("Invitations"),
        Writing.MAIL: _("Mail addresses and mails on their way"),
        Writing.REPORTS: _("Complaints to moderators"),
        Writing.MEASURES: _("Reasons of moderators"),
        Writing.HOLDS: _("Reasons of legal holds"),
        Writing.LOOKS: _("Reasons for looking behind a pseudonym"),
        Writing.CASES: _("Other cases of this desk"),
    }


def about(_: Phrases, case: Case) -> str:
    """Return what one case is about."""
    return topics(_)[case.topic]
