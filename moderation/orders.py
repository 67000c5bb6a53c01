"""Orders to erase that reach this node, its own among them: carried out, checked, and signed for.

On whom a legal hold stands here is hidden at once, and erased when it ends; until then it is a refusal that is signed.
"""

import logging

import orjson

from federation import documents, erasures, resolve
from federation.activities import Contract, Delete, Passage
from federation.erasures import Order, Removed
from federation.errors import BadSignature, FederationError
from moderation import erasing
from node import __version__
from node.context import Change, Context
from node.domain import uris
from node.domain.accounts import Account
from node.domain.erasures import Ground, Scope
from node.domain.times import DAY_MS, iso
from node.effects import errands
from node.effects.errands import Errand
from node.store import accounts, copies, nodes, posts
from node.store import erasures as rows
from node.store.database import Tx
from node.store.holds import Hold
from outbox import as_node
from outbox import erasures as erasure_commands
from outbox.audience import inbox_of
from outbox.posts import delete_everywhere

audit = logging.getLogger("allmende.audit")

_SOFTWARE = f"allmende/{__version__}"


def read(activity: Delete | Contract | Passage, *, base: str) -> Order | None:
    """Return the order that came with a Delete, with the end of a bridge, or alone; None: there is none.

    Whether its node signed it is not said yet.
    """
    if activity.order is None:
        return None
    try:
        order = erasures.parse_order(activity.order)
    except FederationError as error:
        audit.warning("an order to erase something counts as none: %s", error.message)
        return None
    if order.node == uris.node(base):
        return None  # what we ordered ourselves is done here
    fits = order.node == uris.node_at(base, order.host) and order.object == activity.object
    return order if fits else None


async def obey(change: Change, order: Order, sender: Account) -> bool:
    """Carry an order out that its own server sends, or that it signed, whoever sends it; False: not (yet).

    A node that we know nothing of is asked for its key beside; then the order is looked into again.
    """
    if await _speaks_for(change, order, sender):
        await carry_out(change, order, to=inbox_of(sender))
        return True
    node = await accounts.by_uri(change.tx, order.node)
    try:
        if node is not None:
            await check_signed(change.tx, order, node, base=change.settings.url)
            await carry_out(change, order, to=inbox_of(node))
            return True
    except FederationError as error:
        audit.warning("an order to erase something does not count yet: %s", error.message)
    await _look_into_later(change, order)
    return False


async def _look_into_later(change: Change, order: Order) -> None:
    text = documents.dump(order.document).decode()
    await errands.ask(change, Errand.ORDER, order.uri, actor=order.node, text=text)


async def look_into(ctx: Context, body: bytes) -> None:
    """Ask the node that an order comes from for its key, and carry the order out if it signed it.

    Of a post from which words were taken out the present version is fetched first.

    Raises:
        FederationError: it does not answer. BadSignature: it did not sign it.
    """
    order = erasures.parse_order(documents.reload(body))
    node = await resolve.actor(ctx, order.node, again=True)
    if order.scope is Scope.PASSAGE:
        await resolve.refresh(ctx, order.object)
    async with ctx.change() as change:
        await check_signed(change.tx, order, node, base=change.settings.url)
        await carry_out(change, order, to=inbox_of(node))


async def do_again(change: Change, order: Order, *, witness: str = "") -> None:
    """Carry out an order that the database has forgotten, whose signature was checked or who is in our own log.

    Of our own orders the holders that the ledger knows are asked for their receipts again, and the `witness`, a host.
    """
    node = await accounts.by_uri(change.tx, order.node)
    if order.node == uris.node(change.settings.url):
        await _do_own_again(change, order, witness=witness)
    elif node is not None:
        if order.scope is Scope.PASSAGE:
            await erasing.drop_former(change, order)
        await carry_out(change, order, to=inbox_of(node))


async def _do_own_again(change: Change, order: Order, *, witness: str) -> None:
    if order.scope is Scope.PASSAGE:
        await _take_back(change, order)
        return
    if order.scope in (Scope.COPY, Scope.AUDIENCE):
        return  # who was in the audience in the backup is in it again; what is ours stays
    owner = await _owner(change, order)
    inboxes = {member.host: member.shared_inbox for member in await nodes.members(change.tx)}
    held = dict(await copies.holders_of_owner(change.tx, order.object))
    held |= {copy.host: copy.inbox for copy in await copies.holders(change.tx, order.object)}
    held |= {witness: inboxes.get(witness, "")} if witness and witness not in held else {}
    await erasing.erase(change, order)
    await erasure_commands.remember(change, order, owner=owner, holders=sorted(held.items()))


async def _take_back(change: Change, order: Order) -> None:
    """Delete a post of ours that a backup brought back with words that are to be nowhere: nobody here knows which."""
    post = await erasing.former(change, order)
    author = await accounts.by_id(change.tx, post.author_id) if post is not None else None
    if post is not None and author is not None:
        await delete_everywhere(change, post, author=author, ground=Ground.MODERATION)
        audit.warning("post %s is deleted: words had been taken out of it, and the backup has them", post.uri)


async def _owner(change: Change, order: Order) -> str:
    post = await posts.by_uri(change.tx, order.object)
    author = await accounts.by_id(change.tx, post.author_id) if post is not None else None
    return author.uri if author is not None else order.object


async def _speaks_for(change: Change, order: Order, sender: Account) -> bool:
    """Whether the sender may delete it without any order: the node itself, the author, or who is erased."""
    if sender.host != order.host or sender.uri == order.node:
        return sender.uri == order.node
    if order.scope not in (Scope.OBJECT, Scope.COPY):
        return sender.uri == order.object
    post = await posts.by_uri(change.tx, order.object)
    return post is None or post.author_id == sender.id


async def check_signed(tx: Tx, order: Order, node: Account, *, base: str) -> None:
    """Check that the node which an order names has signed it. node: its actor; base: our address.

    Raises:
        FederationError: it has not.
    """
    if node.uri != uris.node_at(base, order.host):
        raise BadSignature("Only the node itself orders in its name.")
    await as_node.check_signed(tx, order.document, by=node)


async def carry_out(change: Change, order: Order, *, to: tuple[str, str] | None, erased: Removed | None = None) -> None:
    """Erase what an order is about, wherever it stands here, and sign for it.

    to: (host, inbox) of who ordered it; None: they are told when they ask again. erased: what was, when that is done
    already.

    What is not here will not come any more. An order that comes again is answered as it was the first time. Who is held
    is hidden only, and the answer a refusal.
    """
    receipt = await rows.receipt_for(change.tx, order.uri)
    if receipt is None and order.scope is Scope.ACTOR:
        account = await accounts.by_uri(change.tx, order.object)
        hold = await erasing.hold_back(change, account) if account is not None else None
        receipt = await _refuse(change, order, hold) if hold is not None else None
    if receipt is None and order.scope is Scope.PASSAGE and await erasing.former(change, order) is not None:
        await _look_into_later(change, order)  # when the new version is here
        return
    if receipt is None:
        passed_to = await _passed_to(change, order)
        removed = erased or await erasing.erase(change, order)
        receipt = await _sign(change, order, removed, passed_to=passed_to)
        await _take(change, order, receipt)
    await as_node.answer(change, "Accept", order.uri, to=[to] if to is not None else [], result=orjson.loads(receipt))


async def _take(change: Change, order: Order, receipt: bytes, *, held: str = "") -> None:
    await rows.take(
        change.tx,
        id=change.new_id(),
        uri=order.uri,
        host=order.host,
        document=documents.dump(order.document),
        receipt=receipt,
        now=change.now,
        held=held,
    )


async def _refuse(change: Change, order: Order, hold: Hold) -> bytes:
    """Return our refusal of an order, the same as before unless the hold has another end since."""
    told = await rows.refusal_for(change.tx, order.uri)
    if told is not None and orjson.loads(told)["endTime"] == iso(hold.until):
        return told
    own = await as_node.node_of(change.tx, change.settings.url)
    body = erasures.render_refusal(
        change.new_id(),
        order,
        base=change.settings.url,
        until=hold.until,
        passed_to=await _passed_to(change, order),
        at=change.now,
        software=_SOFTWARE,
    )
    refusal = documents.dump(await change.keys.prove(change.tx, own.id, body, now=change.now))
    await _take(change, order, refusal, held=order.object)
    return refusal


async def tell_again(change: Change, owner: str) -> None:
    """Tell who ordered that somebody (their uri) is erased until when they are held now."""
    for document in await rows.held_for(change.tx, owner):
        await _answer(change, document)


async def let_go(change: Change, account: Account) -> None:
    """Do what waited for the end of a legal hold on an account of another node, which is taken away by now."""
    await let_go_forgotten(change)
    left = await accounts.by_id(change.tx, account.id)
    if left is not None and left.deleted_at is None:
        await erasing.erase_account(change, left)


async def let_go_forgotten(change: Change) -> None:
    """Carry out the orders that wait for the end of a legal hold which is not there any more."""
    while found := await rows.held_by_nothing(change.tx):
        for document in found:
            await _answer(change, document)


async def _answer(change: Change, document: bytes) -> None:
    order = erasures.parse_order(orjson.loads(document))
    node = await accounts.by_uri(change.tx, order.node) or await accounts.by_uri(change.tx, order.object)
    await carry_out(change, order, to=inbox_of(node) if node is not None else None)


async def _passed_to(change: Change, order: Order) -> list[str]:
    """Return the nodes to which this one gave copies of it: they get the Delete from here, too."""
    if order.scope is Scope.ACTOR:
        held = await copies.holders_of_owner(change.tx, order.object)
    else:
        held = [(copy.host, copy.inbox) for copy in await copies.holders(change.tx, order.object)]
    return sorted({host for host, _ in held} - {change.settings.authority, order.host})


async def _sign(change: Change, order: Order, removed: Removed, *, passed_to: list[str]) -> bytes:
    own = await as_node.node_of(change.tx, change.settings.url)
    body = erasures.render_receipt(
        change.new_id(),
        order,
        removed,
        base=change.settings.url,
        passed_to=passed_to,
        at=change.now,
        backups_until=change.now + change.settings.storage.backup_days * DAY_MS,
        software=_SOFTWARE,
    )
    return documents.dump(await change.keys.prove(change.tx, own.id, body, now=change.now))
