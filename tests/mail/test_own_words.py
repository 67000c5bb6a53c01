"""What members wrote in their mails, as programs in three languages send it."""

import time

import pytest

from node.mail.own_words import own_words

OURS = ("social@example.com", "reply+")

MAILS = {
    "Gmail, German": (
        "Gerne, bis morgen!\n\nAm Di., 24. Nov. 2026 um 10:00 Uhr schrieb Ada Martin (Lyon) <\nsocial@example.com>:\n\n"
        "> Ada nennt dich:\n>\n> Hallo @ben\n",
        "Gerne, bis morgen!",
    ),
    "Gmail, English": (
        "Yes please\n\nOn Tue, 24 Nov 2026 at 10:00, Ada Martin (Lyon) <social@example.com>\nwrote:\n\n> Hello\n",
        "Yes please",
    ),
    "Gmail, French": (
        "Oui\n\nLe mar. 24 nov. 2026 à 10:00, Ada Martin (Lyon) <social@example.com> a\nécrit :\n\n> Bonjour\n",
        "Oui",
    ),
    "Apple Mail, French": (
        "Oui\n\n> Le 24 nov. 2026 à 10:00, Ada <social@example.com> a écrit\u00a0:\n> \n> Bonjour\n",
        "Oui",
    ),
    "Outlook, German": (
        "Ja gern.\r\n\r\nMit freundlichen Grüßen\r\nBen\r\n\r\nVon: Ada Martin (Lyon) <social@example.com>\r\n"
        "Gesendet: Dienstag, 24. November 2026 10:00\r\nAn: Ben\r\nBetreff: Ada nennt dich\r\n\r\nHallo @ben\r\n",
        "Ja gern.\n\nMit freundlichen Grüßen\nBen",
    ),
    "Outlook, French": (
        "Oui.\n\nDe : Ada <social@example.com>\nEnvoyé : mardi 24 novembre 2026 10:00\nÀ : Ben\nObjet : A\n\nBonjour\n",
        "Oui.",
    ),
    "Outlook with a line": (
        "Ja.\n\n________________________________\nVon: Ada\nGesendet: x\nAn: y\nBetreff: z\n\nHallo\n",
        "Ja.",
    ),
    "Thunderbird, with a signature": (
        "Ja.\n\nAm 24.11.26 um 10:00 schrieb Ada Martin (Lyon):\n> Hallo\n\n-- \nBen\nWeberei\n",
        "Ja.",
    ),
    "a phone": (
        "Komme.\n\nVon meinem iPhone gesendet\n\n> Am 24.11.26 um 10 schrieb Ada <social@example.com>:\n> \n> Hallo\n",
        "Komme.",
    ),
    "another phone": ("Komme.\n\nGet Outlook for Android<https://aka.ms/x>\n", "Komme."),
    "answered below": (
        "On Tue, 24 Nov 2026 at 10:00, Ada wrote:\n> Hello\n> there\n\nMy answer below\n",
        "My answer below",
    ),
    "answered in between": (
        "On Tue, 24 Nov 2026 at 10:00, Ada wrote:\n> Hello?\nYes\n> When?\nTomorrow\n",
        "Yes\nTomorrow",
    ),
    "a language that nobody knows": ("Tak\n\nDnia x, Ada <social@example.com> rzekła:\n\n> Cześć\n", "Tak"),
    "nothing is quoted": (
        "Hi Ada,\nThanks, that helps. I have two wishes:\n- more yarn\n- less noise\n\nBest regards,\nBen\n",
        "Hi Ada,\nThanks, that helps. I have two wishes:\n- more yarn\n- less noise\n\nBest regards,\nBen",
    ),
    "nothing is written": ("\n\nOn Tue, 24 Nov 2026 at 10:00, Ada wrote:\n> Hello\n", ""),
    "wrapped": (
        "The looms in the blue hall have been running since this morning, and we\n"
        "can start with the red pattern as soon as somebody brings the yarn from\nthe cellar.\nSee you\n",
        "The looms in the blue hall have been running since this morning, and we "
        "can start with the red pattern as soon as somebody brings the yarn from the cellar.\nSee you",
    ),
}


@pytest.mark.parametrize("name", MAILS)
def test_only_what_was_written_is_taken(name):
    sent, expected = MAILS[name]
    assert own_words(sent, flowed=False, ours=OURS, longest=5_000) == expected


def test_flowing_lines_are_joined():
    assert own_words("One \ntwo \nthree\n\nfour\n", flowed=True, ours=OURS, longest=5_000) == "One two three\n\nfour"
    assert own_words("One\n-- \nBen\n", flowed=True, ours=OURS, longest=5_000) == "One"


def test_the_address_that_only_one_member_has_is_never_published():
    sent = "Yes\n\n<reply+abcdef@social.example.com> kirjoitti:\n\n> Hei\n"
    assert own_words(sent, flowed=False, ours=OURS, longest=5_000) == "Yes"


@pytest.mark.parametrize(
    "part", ["On ", "a:\n", ">", "Am schrieb ", "\n", "From:\n", "> On ", "-- \n", "x" * 70 + " y\n", "Le  a écrit "]
)
def test_P09_no_mail_takes_long(part):
    started = time.process_time()
    own_words(part * (100_000 // len(part)), flowed=True, ours=OURS, longest=5_000)
    assert time.process_time() - started < 3
