"""What people do on the pages from beginning to end, across two running nodes, in real Chromium.

Each journey is gone three times: with scripts, without them, and by keyboard alone. Lyon and Graz are processes of
their own: all that is seen at one of the other has travelled.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from node.fleet import PASSWORD, Node
from tests.chromium import chromium_sync
from tests.pages.visitor import Visitor, Way, step
from tests.pages.world import World, world

_PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The nodes."""
    with world(tmp_path_factory.mktemp("journeys"), *[way.value for way in Way]) as found:
        yield found


@pytest.fixture(scope="module")
def browser(nodes: World) -> Iterator[Browser]:
    """Debian's Chromium; it begins after the nodes, and ends before them."""
    with chromium_sync() as found:
        yield found


@dataclass
class Story:
    """One journey, one way."""

    nodes: World
    way: Way
    browser: Browser
    stack: ExitStack

    def opens(self, node: Node, **size: int) -> Visitor:
        """Let somebody open a browser."""
        found = Visitor.at(self.browser, node.url, self.way, **size)
        self.stack.callback(found.page.context.close)
        return found

    def enters(self, node: Node, username: str, **size: int) -> Visitor:
        """Let somebody sign in."""
        found = self.opens(node, **size)
        with step(f"{username} signs in"):
            found.signs_in(username, PASSWORD)
        return found


@pytest.fixture(params=list(Way), ids=[way.value for way in Way])
def story(request: pytest.FixtureRequest, nodes: World, browser: Browser) -> Iterator[Story]:
    """The beginning of a journey."""
    with ExitStack() as stack:
        yield Story(nodes, request.param, browser, stack)


def finds(visitor: Visitor, username: str, node: Node) -> None:
    """Find somebody of another node by their whole address."""
    visitor.presses(visitor.menu("Search"))
    visitor.writes(visitor.field("Search people, posts and hashtags"), f"{username}@{node.host}")
    visitor.presses(visitor.button("Find"))


def test_a_new_employee_comes_in_follows_somebody_elsewhere_and_answers(story: Story) -> None:
    lyon, graz, way = story.nodes.lyon, story.nodes.graz, story.way
    carla = story.enters(graz, "carla")
    nina = story.opens(lyon)
    with step("Nina opens her invitation and chooses a password"):
        nina.opens(story.nodes.invitations[way])
        nina.is_at("Become a member")
        nina.writes(nina.field("Name"), f"Nina {way}")
        nina.writes(nina.field("User name"), f"nina_{way}")
        nina.writes(nina.field("Password"), "four random words here")
        nina.presses(nina.button("Become a member"))
    with step("she says who she is"):
        nina.is_at("Who you are")
        nina.writes(nina.field("Position"), "Apprentice")
        nina.writes(nina.field("Skills, separated by commas"), "knots, looms")
        nina.presses(nina.button("Save and go on"))
    with step("she chooses whom she follows"):
        nina.is_at("Whom you follow")
        nina.ticks(nina.field("Lea"))
        nina.presses(nina.button("Follow and go on"))
    with step("she learns what others see of her"):
        nina.is_at("What others see of you")
        nina.presses(nina.link("Done: to the home page"))
        nina.is_at("Home")
    with step("she finds Carla, who is in Graz, and follows her"):
        finds(nina, "carla", graz)
        nina.presses(nina.button("Follow Carla"))
        nina.waits_for(nina.button("Stop following Carla"))
    with step("Carla writes something"):
        carla.writes(carla.field("What do you want to share?"), f"Who can tie a weaver's knot ({way})?")
        carla.chooses(carla.field("Who may read it"), "The whole organisation")
        carla.presses(carla.button("Publish"))
        carla.sees(carla.post(f"knot ({way})"))
    with step("Nina reads it at home and answers"):
        nina.presses(nina.menu("Home"))
        question = nina.post(f"knot ({way})")
        nina.waits_for(question)
        nina.presses(nina.link("Reply", within=question))
        if way is Way.PLAIN:
            nina.is_at("Conversation")
            nina.writes(nina.field("Your reply"), f"I can, says Nina ({way}).")
            nina.presses(nina.button("Publish"))
        else:
            nina.writes(nina.field("Your reply to Carla"), f"I can, says Nina ({way}).")
            nina.presses(nina.button("Publish", within=nina.page.locator("form:has(.cancel)")))
        nina.sees(nina.post(f"says Nina ({way})"))
    with step("Carla finds the answer among her news, and in the conversation"):
        carla.presses(carla.menu("News for you"))
        told = carla.page.locator("main .card").filter(has_text=f"Nina {way} names you")
        carla.waits_for(told)
        carla.presses(carla.link(f"Nina {way}", within=told))
        carla.is_at("Conversation")
        carla.sees(carla.post(f"knot ({way})"))
        carla.sees(carla.post(f"says Nina ({way})"))
    nina.close()
    carla.close()


def test_somebody_writes_on_a_wall_elsewhere_changes_it_and_takes_it_back(story: Story) -> None:
    lyon, graz, way = story.nodes.lyon, story.nodes.graz, story.way
    wim, carla = story.enters(lyon, "wim"), story.enters(graz, "carla")
    with step("Wim finds Carla's wall"):
        finds(wim, "carla", graz)
        wim.presses(wim.link("Carla"))
        wim.is_at("Carla")
    with step("he writes on it"):
        wim.writes(wim.field("Write on the wall of Carla"), f"Thank you for the patern, {way}!")
        wim.presses(wim.button("Publish"))
        wim.sees(wim.post(f"patern, {way}"))
    with step("Carla sees it on her wall"):
        carla.presses(carla.page.get_by_title("Your wall"))
        carla.is_at("Carla")
        carla.waits_for(carla.post(f"patern, {way}"))
        expect(carla.post(f"patern, {way}").locator(".name").first).to_have_text("Wim")
    with step("Wim sees his mistake and puts it right"):
        written = wim.post(f"patern, {way}")
        wim.unfolds(written.locator("details.menu"))
        wim.presses(wim.link("Edit", within=written))
        wim.is_at("Edit post")
        wim.writes(wim.field("Text"), f"Thank you for the pattern, {way}!")
        wim.presses(wim.button("Save"))
        wim.sees(wim.post(f"pattern, {way}"))
    with step("Carla sees it put right"):
        carla.waits_for(carla.post(f"pattern, {way}"))
        expect(carla.post(f"patern, {way}")).to_have_count(0)
        carla.sees(carla.post(f"pattern, {way}").get_by_text("edited"))
    with step("Wim takes it back"):
        written = wim.post(f"pattern, {way}")
        wim.unfolds(written.locator("details.menu"))
        wim.presses(wim.button("Delete everywhere", within=written))
        wim.is_at("Home")
        expect(written).to_have_count(0)
    with step("it vanishes from Carla's wall"):
        carla.waits_for(carla.post(f"pattern, {way}"), gone=True)
        carla.is_at("Carla")
    wim.close()
    carla.close()


def test_a_reader_on_a_phone_reads_votes_keeps_and_finds(story: Story) -> None:
    rosa = story.enters(story.nodes.lyon, f"rosa_{story.way}", **_PHONE)
    with step("Rosa reads what came from Graz"):
        rosa.sees(rosa.post("weld stands high"))
    with step("she opens a conversation and looks behind a warning"):
        rosa.presses(rosa.post("How the film ends").locator("a:has(time)"))
        rosa.is_at("Conversation")
        expect(rosa.page.get_by_text("The gardener did it.")).to_be_hidden()
        rosa.unfolds(rosa.post("How the film ends").locator("details.veil"))
        rosa.sees("The gardener did it.")
    with step("she votes"):
        rosa.presses(rosa.menu("Home"))
        poll = rosa.post("Which colour for the gate?")
        rosa.ticks(rosa.field("Blue", within=poll))
        rosa.presses(rosa.button("Vote", within=poll))
        rosa.sees(rosa.post("Which colour for the gate?").get_by_text("your vote"))
    with step("she keeps a post"):
        rosa.presses(rosa.menu("Home"))
        kept = rosa.post("weld stands high")
        rosa.unfolds(kept.locator("details.menu"))
        rosa.presses(rosa.button("Bookmark", within=kept))
        rosa.presses(rosa.menu("Menu"))
        rosa.presses(rosa.link("Bookmarks"))
        rosa.is_at("Bookmarks")
        rosa.sees(rosa.post("weld stands high"))
        expect(rosa.page.locator("article.post")).to_have_count(1)
    with step("she finds a hashtag"):
        rosa.presses(rosa.menu("Menu"))
        rosa.presses(rosa.link("Search"))
        rosa.writes(rosa.field("Search people, posts and hashtags"), "#dyepl")
        rosa.presses(rosa.button("Find"))
        rosa.presses(rosa.link("#dyeplants").first)
        rosa.is_at("#dyeplants")
        rosa.sees(rosa.post("weld stands high"))
    with step("she reads older posts"):
        rosa.presses(rosa.menu("Home"))
        expect(rosa.page.locator("article.post")).to_have_count(20)
        oldest = rosa.post("Log entry 0 of the mill.")
        if story.way is Way.PLAIN:
            rosa.presses(rosa.link("Older"))
        else:
            rosa.scrolls_to(oldest)
        rosa.sees(oldest)
    rosa.close()


def test_a_complaint_is_read_and_dealt_with_where_the_author_is(story: Story) -> None:
    lyon, graz, way = story.nodes.lyon, story.nodes.graz, story.way
    tom, lea = story.enters(graz, f"tom_{way}"), story.enters(lyon, "lea")
    name = f"Tom {way.title()}"
    with step("Tom is rude to all"):
        tom.presses(tom.menu("Write"))
        tom.writes(tom.field("What do you want to share?"), f"Lyon cannot weave, {way}.")
        tom.chooses(tom.field("Who may read it"), "The whole organisation")
        tom.presses(tom.button("Publish"))
    with step("Lea complains, to the moderators of both nodes"):
        lea.presses(lea.link("Organisation"))
        rude = lea.post(f"cannot weave, {way}")
        lea.waits_for(rude)
        lea.unfolds(rude.locator("details.menu"))
        lea.presses(lea.link("Complain about this", within=rude))
        lea.is_at("Complain about a post")
        lea.writes(lea.field("What is wrong?"), f"This is an insult, {way}.")
        lea.ticks(lea.field("Tell the moderators of graz as well"))
        lea.presses(lea.button("Send"))
        lea.sees(lea.link("Back to the start"))
    with step("Gus, who moderates Graz, reads the complaint"):
        gus = story.enters(graz, "gus")
        gus.presses(gus.menu("Moderation"))
        gus.is_at("Complaints")
        gus.waits_for(gus.page.get_by_text(f"This is an insult, {way}."))
        about = gus.page.locator("article").filter(has_text=f"This is an insult, {way}.")
        gus.presses(gus.link(f"Look at it Complaint about {name}", within=about))
        gus.is_at(f"Complaint about {name}")
        gus.sees(gus.post(f"cannot weave, {way}"))
        assert "Lea" not in gus.page.locator("main").inner_text(), "who complained is for their own moderators"
    with step("he takes it on"):
        gus.presses(gus.button("I look after it"))
        gus.sees(gus.button("Leave it to others"))
    with step("he suspends Tom"):
        gus.presses(gus.link("Suspend the account"))
        gus.is_at("Suspend this account?")
        gus.writes(gus.field("Why"), "An insult to a whole unit.")
        gus.presses(gus.button("Suspend the account"))
        gus.sees("This account is suspended.")
    with step("he closes the complaint"):
        gus.presses(gus.button("Close"))
        gus.sees(gus.button("Open again"))
        gus.presses(gus.link("All complaints"))
        gus.sees(gus.page.locator("article").filter(has_text=f"This is an insult, {way}."))
    with step("Tom is signed out"):
        tom.opens("/home")
        tom.is_at("Sign in")
    with step("Mo in Lyon has the complaint as well, and knows from whom"):
        mo = story.enters(lyon, "mo")
        mo.presses(mo.menu("Moderation"))
        about = mo.page.locator("article").filter(has_text=f"This is an insult, {way}.")
        # Of who is suspended no more than the user name is known beyond their node.
        mo.presses(mo.link(f"Look at it Complaint about tom_{way}", within=about))
        mo.sees(mo.link("Lea"))
        mo.presses(mo.button("Close"))
    for one in (tom, lea, gus, mo):
        one.close()


def test_an_administrator_invites_lends_a_role_looks_around_and_tells_everybody(story: Story) -> None:
    lyon, way = story.nodes.lyon, story.way
    anna, pia = story.enters(lyon, "anna"), story.enters(lyon, f"pia_{way}")
    expect(pia.menu("Moderation")).to_have_count(0)

    def administers(part: str) -> None:
        anna.presses(anna.menu("Administration"))
        anna.presses(anna.page.locator("main .choices a").filter(has=anna.page.get_by_text(part, exact=True)))
        anna.is_at(part)

    with step("Anna makes an invitation"):
        administers("Invitations")
        anna.writes(anna.field("Note for yourself"), f"For Olga, {way}")
        anna.presses(anna.button("Make an invitation"))
        anna.sees("The invitation is ready")
        link = anna.page.locator("main code").inner_text()
    with step("Olga opens it"):
        olga = story.opens(lyon)
        olga.opens(link)
        olga.is_at("Become a member")
    with step("Anna makes Pia a moderator"):
        administers("Members")
        anna.writes(anna.field("How the name begins"), f"Pia {way.title()}")
        anna.presses(anna.button("Find"))
        anna.presses(anna.link(f"Change the role of Pia {way.title()}"))
        anna.ticks(anna.field("Moderator"))
        anna.presses(anna.button("Save"))
        anna.is_at("Members")
    with step("Pia may moderate"):
        pia.presses(pia.menu("Home"))
        pia.presses(pia.menu("Moderation"))
        pia.is_at("Complaints")
    with step("Anna looks at the other nodes, on the map and in the table"):
        administers("Nodes")
        anna.sees(anna.page.get_by_role("img", name="The nodes around ours"))
        expect(anna.page.locator("svg.map g")).to_have_count(1)
        anna.sees(anna.page.get_by_role("row").filter(has_text=story.nodes.graz.host))
    with step("she announces something"):
        administers("Announcements")
        anna.writes(anna.field("What everybody here should know"), f"The canteen is closed on Friday, {way}.")
        anna.presses(anna.button("Announce"))
        anna.sees(f"closed on Friday, {way}")
    with step("Pia reads it above her home, once"):
        pia.presses(pia.menu("Home"))
        told = pia.page.get_by_role("region", name="Announcement").filter(has_text=f"closed on Friday, {way}")
        pia.sees(told)
        pia.presses(pia.button("I have read it", within=told))
        expect(told).to_have_count(0)
        pia.presses(pia.menu("Home"))
        expect(told).to_have_count(0)
    with step("Anna looks at the figures"):
        administers("Figures")
        numbers = anna.page.locator("main section").first
        anna.unfolds(numbers.locator("details"))
        anna.sees(numbers.get_by_role("table"))
    for one in (anna, pia, olga):
        one.close()


def test_a_group_is_founded_at_one_node_and_joined_from_the_other(story: Story) -> None:
    lyon, graz, way = story.nodes.lyon, story.nodes.graz, story.way
    gina, hans = story.enters(lyon, "gina"), story.enters(graz, "hans")
    name = f"Spare looms {way}"
    with step("Gina founds a group that everybody may join"):
        gina.presses(gina.menu("Groups"))
        gina.presses(gina.link("Found a group"))
        gina.writes(gina.field("Name"), name)
        gina.writes(gina.field("Short name"), f"spare_{way}")
        gina.ticks(gina.page.locator("#joining-open"))
        gina.presses(gina.button("Found the group"))
        gina.is_at(name)
    with step("Hans finds it from Graz and joins"):
        finds(hans, f"spare_{way}", lyon)
        hans.presses(hans.link(name))
        hans.is_at(name)
        hans.presses(hans.button("Join"))
        hans.waits_for(hans.button("Leave"))
    with step("he writes in it"):
        hans.writes(hans.field(f"Write in {name}"), f"Two looms are left in Graz, {way}.")
        hans.presses(hans.button("Publish"))
        hans.sees(hans.post(f"left in Graz, {way}"))
    with step("Gina reads it in the group and answers"):
        written = gina.post(f"left in Graz, {way}")
        gina.waits_for(written)
        gina.presses(written.locator("a:has(time)"))
        gina.is_at("Conversation")
        gina.writes(gina.field("Your reply"), f"We take both, {way}.")
        gina.presses(gina.button("Publish"))
        gina.sees(gina.post(f"take both, {way}"))
    with step("Hans reads the answer"):
        hans.presses(hans.post(f"left in Graz, {way}").locator("a:has(time)"))
        hans.waits_for(hans.post(f"take both, {way}"))
    gina.close()
    hans.close()
