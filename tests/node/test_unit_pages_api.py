"""Pages of the unit as clients meet them: accounts that are neither bots nor groups, and that can be followed."""

from node.domain.accounts import Role
from node.domain.pages import Masthead
from node.domain.posts import Draft
from node.domain.viewer import Viewer
from outbox import posts, unit_pages
from tests.clients import house


async def test_a_client_follows_a_page_and_reads_it_without_learning_who_wrote(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        admin, masthead = Viewer(ada.account, Role.ADMIN), Masthead(name="Canteen")
        page = await unit_pages.found(home.ctx, admin, "canteen", masthead, editors=["ada"])
        path = f"/api/v1/accounts/{page.id}"
        told = (await ben.get(path)).body
        assert (told["display_name"], told["bot"], told["group"]) == ("Canteen", False, False)
        assert (await ben.post(f"{path}/follow")).body["following"] is True
        post = await posts.publish(home.ctx, page, Draft("Soup"), by=ada.account)
        (status,) = (await ben.get("/api/v1/timelines/home")).body
        assert (status["id"], status["account"]["id"]) == (str(post.id), str(page.id))
        assert "ada" not in str(status)
        assert (await ben.post(f"{path}/unfollow")).body["following"] is False
