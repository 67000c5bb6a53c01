"""When somebody was last here is shown to nobody: it is kept to end unused accounts, and for nothing else."""

import re

from moderation import members
from node.domain.times import DAY_MS
from node.limits import Limits
from node.web.session import cookie_name
from tests.endings import node, sign_in
from tests.node.browser import BROWSER

_ENDLESS = ("/live", "/api/v1/streaming")


def paths(here):
    """Every address that answers with something, about Ben where it is about somebody."""
    found = {"/api/v1/accounts/lookup?acct=ben", "/api/v2/search?q=ben", "/administration/members?q=@ben"}
    for rule in here.app.url_map.iter_rules():
        path = rule.rule
        for place in rule.arguments:
            path = path.replace(f"<int:{place}>", str(here.ben.id)).replace(f"<{place}>", "ben")
        if "GET" in rule.methods and "<" not in path and not path.startswith(_ENDLESS):
            found.add(path)
    return sorted(found)


def same(text):
    """The text without what is different each time: the tokens of forms."""
    return re.sub(r'name="csrf" value="[0-9a-f]+"', "", text)


async def test_every_answer_is_the_same_whether_somebody_was_here_today_or_weeks_ago(tmp_path):
    limits = Limits(requests_per_member=100_000, requests_per_address=100_000)
    async with node(tmp_path, limits=limits) as here:
        token = await members.issue_token(here.ctx, here.ada, name="all", scopes="read write follow push admin:read")
        cookie = f"{cookie_name(here.ctx)}={await sign_in(here, 'ada')}"
        client = here.app.test_client(use_cookies=False)

        async def answers():
            found = {}
            for path in paths(here):
                shown = {"Authorization": f"Bearer {token}"} if path.startswith("/api") else {"Cookie": cookie}
                answer = await client.get(path, headers={**BROWSER, **shown})
                found[path] = answer.status_code, same(await answer.get_data(as_text=True))
            return found

        await answers()  # what a first look changes, such as how far news were read
        before = await answers()
        async with here.ctx.change() as change:
            await change.tx.run("UPDATE users SET seen_day = seen_day - 37 WHERE account_id = :id", id=here.ben.id)
            await change.tx.run(
                "INSERT INTO absences (account_id, step, at) VALUES (:id, 'told', :at)",
                id=here.ben.id,
                at=here.clock.now - 9 * DAY_MS,
            )
        after = await answers()
        assert [path for path in before if before[path] != after[path]] == []
        assert sum(status == 200 for status, _ in after.values()) > 80
