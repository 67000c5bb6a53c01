"""Certificates of erasures: what they say holds without a network, and nobody changes them unseen."""

import json
from copy import deepcopy

import pytest
from click.testing import CliRunner

from federation import certificates, documents
from federation.errors import Malformed
from moderation.certificates import certificate, known_keys
from node.cli import main
from node.config import Storage
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.store import erasures as rows
from node.store.pages import Page
from outbox import posts, profiles
from tests.village import village


@pytest.fixture
def erased(tmp_path):
    """Return how to make the certificate of a person's erasure that two nodes have signed, and the keys they have."""

    async def make(*, down=False):
        async with village(tmp_path, "lyon", "graz", "oslo") as town:
            lyon, graz, _ = town.houses.values()
            ada = await lyon.member("ada")
            await posts.publish(lyon.ctx, ada, Draft("My number is 4711.", Visibility.ORGANISATION))
            await town.settle()
            graz.down = down
            await profiles.delete(lyon.ctx, ada)
            await town.settle()
            async with lyon.ctx.db.read() as tx:
                (erasure,) = await rows.page(tx, Page())
            made = await certificate(lyon.ctx, erasure)
            async with lyon.ctx.db.read() as tx:
                return made, await known_keys(tx, certificates.signers(made))

    return make


def holds(found):
    return all(one.holds for one in found)


async def test_it_holds_and_names_every_holder_and_nothing_that_was_erased(erased):
    made, known = await erased()
    assert holds(certificates.check(made))
    assert holds(certificates.check(made, known=known))
    assert [one["state"] for one in made["holders"]] == ["erased", "erased"]
    assert made["complete"] is True
    assert "4711" not in json.dumps(made)


async def test_it_names_the_day_after_which_the_nodes_own_backups_have_it_no_more(erased):
    made, _ = await erased()
    ordered, until = (documents.time(one) for one in (made["order"]["published"], made["backupsUntil"]))
    assert until - ordered == Storage().backup_days * DAY_MS
    said = [one.said for one in certificates.check(made) if "backup" in one.said]
    assert said == [f"No backup of 127.0.0.1:8601 has it any more after {made['backupsUntil'][:10]}."]


async def test_who_has_not_answered_is_named_as_such(erased):
    made, _ = await erased(down=True)
    assert sorted(one["state"] for one in made["holders"]) == ["erased", "ordered"]
    assert made["complete"] is False
    found = certificates.check(made)
    assert holds(found)
    assert any("has not answered yet" in one.said for one in found)


async def test_nothing_in_it_can_be_changed_left_out_or_put_in(erased):
    made, known = await erased()

    def changed(change):
        copy = deepcopy(made)
        change(copy)
        return not holds(certificates.check(copy))

    assert changed(lambda one: one.update(complete=False))
    assert changed(lambda one: one.update(backupsUntil="2020-01-01T00:00:00Z"))
    assert changed(lambda one: one["holders"].pop())
    assert changed(lambda one: one["holders"][0].update(host="elsewhere.example"))
    assert changed(lambda one: one["holders"][0]["receipt"]["removed"].update(posts=99))
    assert changed(lambda one: one["order"].update(object="http://127.0.0.1:8601/users/ben"))
    assert changed(lambda one: one.update(holders=[one["holders"][0]] * 2))
    assert changed(lambda one: one["holders"][0].update(state="erased", receipt=one["holders"][1]["receipt"]))
    other = {**known, sorted(known)[0]: known[sorted(known)[1]]}
    assert not holds(certificates.check(made, known=other)), "its keys are compared with those one knows"


@pytest.mark.parametrize(
    "text", ["{}", '{"type": "ErasureCertificate"}', '{"type": "ErasureCertificate", "order": {}}']
)
def test_what_is_no_certificate_is_said_to_be_none(text):
    with pytest.raises(Malformed):
        certificates.check(json.loads(text))


async def test_the_command_checks_it_anywhere(erased, tmp_path):
    made, _ = await erased()
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(made))
    result = CliRunner().invoke(main, ["verify-certificate", str(path)])
    assert (result.exit_code, "NO" in result.output) == (0, False)
    made["holders"].pop()
    path.write_text(json.dumps(made))
    result = CliRunner().invoke(main, ["verify-certificate", str(path), "--json"])
    assert result.exit_code == 1
    assert "This certificate does not hold." in result.output
