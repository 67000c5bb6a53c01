"""Being told on a device, in a browser: it subscribes, shows what is pushed, and opens what that is about."""

import asyncio
import json

from playwright.async_api import expect

from node.adapters.push import public_key
from node.domain.posts import Draft
from outbox import posts, subscriptions
from tests.node.test_push import CREATED, Client, received, text
from tests.pages.app import app
from tests.patience import PATIENCE_SECONDS
from tests.servers import serving

# A window of a test has no push service. What this one gives is where the test listens.
_STAND_IN = """(() => {
  const place = %s;
  const made = { toJSON: () => place, unsubscribe: async () => localStorage.removeItem("subscribed") };
  PushManager.prototype.getSubscription = async () => localStorage.getItem("subscribed") ? made : null;
  PushManager.prototype.subscribe = async (options) => {
    localStorage.setItem("subscribed", options.applicationServerKey);
    return made;
  };
})()"""
# Chromium forgets a notification that is asked for after it was written down and before it stands on the screen.
_TELL_WHEN_SHOWN = """() => {
  const show = ServiceWorkerRegistration.prototype.showNotification;
  self.shown = new Promise((done) => {
    registration.showNotification = (...all) => {
      const showing = show.apply(registration, all);
      showing.then(done);
      return showing;
    };
  });
}"""
_SHOWN = """navigator.serviceWorker.ready.then((one) => one.getNotifications()).then((all) => all.map((one) =>
  [one.title, one.body, one.lang, one.tag, one.icon, one.data.link]))"""


async def deliver(here, message):
    """Push a message to the worker, as a push service would; return the notification that is shown then."""
    (worker,) = here.window.service_workers
    await worker.evaluate(_TELL_WHEN_SHOWN)
    devtools = await here.window.new_cdp_session(here.page)
    registrations = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: registrations.extend(told["registrations"]))
    await devtools.send("ServiceWorker.enable")
    while not registrations:
        await here.page.wait_for_timeout(20)
    await devtools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": here.here.url, "registrationId": registrations[0]["registrationId"], "data": json.dumps(message)},
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        await worker.evaluate("() => self.shown")
    (shown,) = await here.page.evaluate(_SHOWN)
    return shown


async def subscribe(here, client, endpoint):
    place = {"endpoint": endpoint, "keys": {"p256dh": client.p256dh, "auth": text(client.auth)}}
    await here.window.add_init_script(_STAND_IN % json.dumps(place))
    await here.open("/settings/device")
    await here.page.get_by_label("somebody follows you").check()
    await here.page.get_by_role("button", name="Tell me on this device").click()
    await expect(here.page.get_by_role("status").first).to_have_text("Saved.")


async def test_news_come_to_a_browser_that_wants_them_in_the_members_language(tmp_path):
    async with app(tmp_path, permissions=["notifications"]) as here, serving(lambda _: CREATED) as service:
        client, ctx, ada = Client(), here.here.ctx, here.here.people["ada"]
        await subscribe(here, client, service.url(host="127.0.0.1"))
        assert await here.page.evaluate("localStorage.getItem('subscribed')") == public_key(ctx.secret)
        await expect(here.page.get_by_text("This browser", exact=True)).to_be_visible()
        await here.here.comfort("ada", language="de")
        post = await posts.publish(ctx, here.here.people["ben"], Draft("@ada The *looms* are oiled."))
        (request,) = await received(service)
        pushed = client.read(request)
        shown = await deliver(here, pushed)
        assert shown[:3] == ["Ben Huber nennt dich", "@ada The looms are oiled.", "de"]
        assert shown[3:] == [pushed["notification_id"], pushed["icon"], f"/posts/{post.id}"]
        assert len(await subscriptions.devices(ctx, ada, limit=10)) == 1
        await here.open("/settings/device")
        await here.page.get_by_role("button", name="Beenden").click()
        await expect(here.page.get_by_role("status").first).to_have_text("Gespeichert.")
        assert await subscriptions.devices(ctx, ada, limit=10) == []


async def test_a_notification_leads_to_what_it_is_about_and_nowhere_else(tmp_path):
    async with app(tmp_path, permissions=["notifications"]) as here:
        worker = here.window.service_workers[0]
        for link, opened in (("/posts/7", f"{here.here.url}/posts/7"), ("https://evil.example/", None)):
            message = {"title": "Ben names you", "body": "", "icon": "", "notification_id": link, "link": link}
            await deliver(here, {**message, "preferred_locale": "en"})
            found = await worker.evaluate("""async () => {
              let opened = null;
              self.clients.openWindow = async (address) => { opened = address; };
              const [notification] = await self.registration.getNotifications();
              const event = new NotificationEvent("notificationclick", { notification });
              const done = [];
              event.waitUntil = (promise) => done.push(promise);
              self.dispatchEvent(event);
              await Promise.all(done);
              return opened;
            }""")
            assert found == opened
            await here.until(f"{_SHOWN}.then((all) => all.length)", is_so=False)


async def test_whoever_comes_next_is_not_told_what_was_for_somebody_else(tmp_path):
    async with app(tmp_path, permissions=["notifications"]) as here:
        await subscribe(here, Client(), "http://127.0.0.1:9/ada")
        await here.without_a_session()
        await here.open("/home")
        await here.until("localStorage.getItem('subscribed')", is_so=False)
        await here.signs_in("ben")
        await here.open("/settings/device")
        await expect(here.page.get_by_role("button", name="Tell me on this device")).to_be_visible()


async def test_a_browser_that_allows_no_messages_says_what_to_do(tmp_path):
    async with app(tmp_path) as here:
        await here.window.add_init_script("Notification.requestPermission = async () => 'denied'")
        await here.open("/settings/device")
        await here.page.get_by_role("button", name="Tell me on this device").click()
        await expect(here.page.locator("#said")).to_contain_text("Allow them in its settings")
        assert await subscriptions.devices(here.here.ctx, here.here.people["ada"], limit=10) == []
