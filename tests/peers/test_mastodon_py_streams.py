"""Mastodon.py's streams: server-sent events, each on a connection of its own."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import mastodon

from tests.patience import PATIENCE_SECONDS
from tests.peers.mastodon_py import People, id_of


class Heard(mastodon.StreamListener):
    """Puts what it hears into a queue, until it is done: then it hangs up with the next word."""

    def __init__(self) -> None:
        self.said: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.opened = threading.Event()
        self.done = False

    def on_update(self, status: Any) -> None:
        if self.done:
            raise mastodon.MastodonNetworkError
        self.said.put(("update", status.id))

    def on_status_update(self, status: Any) -> None:
        self.said.put(("status.update", status.id))

    def on_delete(self, status_id: Any) -> None:
        self.said.put(("delete", status_id))

    def on_notification(self, notification: Any) -> None:
        self.said.put((f"notification {notification.type}", notification.account.acct))

    def on_conversation(self, conversation: Any) -> None:
        self.said.put(("conversation", conversation.last_status.id))

    def handle_heartbeat(self) -> None:
        self.opened.set()

    def next(self) -> tuple[str, Any]:
        return self.said.get(timeout=PATIENCE_SECONDS)


@contextmanager
def listening(people: People, *streams: tuple[Any, ...]) -> Iterator[list[Heard]]:
    """Open streams, each a method of a client and what it takes; hang up in the end."""
    heard = [Heard() for _ in streams]
    handles = [start(*given, one, run_async=True) for (start, *given), one in zip(streams, heard, strict=True)]
    try:
        assert all(one.opened.wait(10) for one in heard), "a stream did not open"
        yield heard
    finally:
        for one, handle in zip(heard, handles, strict=True):
            one.done = handle.closed = True
        people.ben.status_post("Goodbye #live", visibility="public")
        for handle in handles:
            handle.join(10)


def test_streams_tell_what_happens(people: People):
    ada, ben, carla = people.ada, people.ben, people.carla
    assert ada.stream_healthy()
    with listening(people, (ada.stream_user,), (carla.stream_public,)) as (user, public):
        made = ben.status_post("Live", visibility="public")
        assert user.next() == ("update", made.id)
        assert public.next() == ("update", made.id)
        ben.status_update(made, "Live, corrected")
        assert user.next() == ("status.update", made.id)
        assert public.next() == ("status.update", made.id)
        ben.status_delete(made)
        assert user.next() == ("delete", made.id)
        assert public.next() == ("delete", made.id)
        ben.account_unfollow(id_of(ada))
        ben.account_follow(id_of(ada))
        assert user.next() == ("notification follow", "ben")


def test_the_stream_of_a_tag_and_a_list_tells_of_no_other(people: People):
    ada, ben = people.ada, people.ben
    mine = ada.list_create("Streamed")
    ada.list_accounts_add(mine, [id_of(ben)])
    with listening(people, (ada.stream_hashtag, "live"), (ada.stream_list, mine)) as (tag, listed):
        people.carla.status_post("Not for the list", visibility="public")
        made = ben.status_post("For both #live", visibility="public")
        assert tag.next() == ("update", made.id)
        assert listed.next() == ("update", made.id)
    ada.list_delete(mine)
