"""What a stranger gets of each page: the way to the sign-in, but for what is open to everybody."""

import re

from node.limits import Limits
from tests.mailing import URL, mailing

HOST = {"Host": URL.removeprefix("http://"), "Accept": "text/html"}
OPEN = {
    "web.welcome.start",
    "web.welcome.sign_in",
    "web.welcome.invitation",
    "web.about.show",
    "web.about.privacy",
    "web.about.terms",
    "web.about.accessibility",
    "web.about.young_people",
    "web.erasures.after",
    "web.erasures.file_after",
    "web.complaint.form",
    "web.complaint.certificate",
    "web.complaint.certificate_file",
    "web.complaint.show",
    "web.complaint.prove",
    "web.mail.forgotten",
    "web.mail.renew",
    "web.mail.confirm",
    "stop.end",
    "web.media.show",
    "web.media.show_to_peer",
    "web.static.show",
    "web.icons.show",
    "web.install.manifest",
    "web.install.worker",
    "web.install.offline",
    "web.live.stream",  # says that it is over
    "web.authorize.decide",  # a client that nobody knows is told so; one that is known leads to the sign-in
}
"""What is open, by endpoint: beside pages for everybody, links that say by themselves what they allow."""

OPEN_TO_SEND = {
    "web.welcome.code",  # the second half of a sign-in, whose ticket only the password gives
    "web.complaint.act",  # a status link says by itself whose case it is
}
"""What a stranger may send beside the forms on pages for everybody."""

_PLACE = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?\w+>")


def _filled(rule):
    """The address of a route with something in every place."""

    def one(found):
        kind, choices = found[1], found[2]
        return choices.split(",")[0].strip("'\" ") if kind == "any" else {"int": "1"}.get(kind, "ada")

    return _PLACE.sub(one, rule)


async def test_every_page_sends_strangers_to_sign_in_but_those_for_everybody(tmp_path):
    async with mailing(tmp_path, limits=Limits(requests_per_address=10_000)) as node:
        client = node.app.test_client()
        rules = [rule for rule in node.app.url_map.iter_rules() if rule.endpoint.startswith(("web.", "stop."))]
        assert {rule.endpoint for rule in rules} >= OPEN, "an open page is not there any more"
        shut = [rule for rule in rules if "GET" in rule.methods and rule.endpoint not in OPEN]
        assert len(shut) > 40
        for rule in shut:
            path = _filled(rule.rule)
            answer = await client.get(path, headers=HOST)
            place = answer.headers.get("Location", "")
            assert (answer.status_code, place.partition("?")[0]) == (303, "/sign-in"), (rule.endpoint, path)


async def test_no_form_of_a_member_is_taken_from_a_stranger(tmp_path):
    async with mailing(tmp_path, limits=Limits(requests_per_address=10_000)) as node:
        client = node.app.test_client()
        page = await (await client.get("/sign-in", headers=HOST)).get_data(as_text=True)
        form = {"csrf": re.search(r'name="csrf" value="([0-9a-f]+)"', page)[1]}
        rules = [rule for rule in node.app.url_map.iter_rules() if rule.endpoint.startswith(("web.", "stop."))]
        shut = [rule for rule in rules if "POST" in rule.methods and rule.endpoint not in OPEN | OPEN_TO_SEND]
        assert len(shut) > 90
        for rule in shut:
            path = _filled(rule.rule)
            answer = await client.post(path, form=form, headers=HOST)
            place = answer.headers.get("Location", "")
            assert (answer.status_code, place.partition("?")[0]) == (303, "/sign-in"), (rule.endpoint, path)
