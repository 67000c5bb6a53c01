// masto.js, the library below Phanpy and Elk: signed in by the code flow, then REST and a WebSocket.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";

import { OUT_OF_BAND, SCOPES, application, code, elsewhere, picture, url } from "./person.mjs";

let rest, streaming, me, friend;

before(async () => {
  const token = await createOAuthAPIClient({ url }).token.create({
    grantType: "authorization_code",
    clientId: application.clientId,
    clientSecret: application.clientSecret,
    redirectUri: OUT_OF_BAND,
    code,
    scope: SCOPES,
  });
  assert.deepEqual(token.scope.split(" ").sort(), SCOPES.split(" ").sort());
  rest = createRestAPIClient({ url, accessToken: token.accessToken });
  const { configuration } = await rest.v2.instance.fetch();
  streaming = createStreamingAPIClient({
    streamingApiUrl: configuration.urls.streaming,
    accessToken: token.accessToken,
    retry: false,
  });
  me = await rest.v1.accounts.verifyCredentials();
  friend = await elsewhere("GET", "/accounts/verify_credentials");
});

after(() => streaming.close());

test("it reads what a web client reads before it shows anything", async () => {
  assert.equal(me.acct, "mia");
  assert.ok("language" in me.source);
  const instance = await rest.v2.instance.fetch();
  assert.ok(instance.configuration.mediaAttachments.supportedMimeTypes.includes("image/png"));
  assert.ok(instance.configuration.polls.maxOptions >= 4);
  assert.ok(instance.apiVersions.mastodon >= 1);
  assert.equal((await rest.v1.preferences.fetch())["posting:default:visibility"], "unlisted");
  assert.deepEqual(await rest.v1.followedTags.list({ limit: 200 }), []);
  assert.deepEqual(await rest.v1.markers.fetch({ timeline: ["notifications"] }), {});
  assert.deepEqual(await rest.v1.lists.list(), []);
  assert.deepEqual(await rest.v2.filters.list(), []);
  assert.ok(Array.isArray(await rest.v1.announcements.list()));
  assert.deepEqual(await rest.v1.customEmojis.list(), []);
});

test("it writes, edits, reacts to and deletes posts", async () => {
  const file = await rest.v2.media.create({ file: picture(), description: "A dot" });
  assert.match(file.url, /^http/);
  const made = await rest.v1.statuses.create({ status: "Hello from a browser", mediaIds: [file.id], visibility: "public" });
  assert.equal(made.mediaAttachments[0].description, "A dot");
  const edited = await rest.v1.statuses.$select(made.id).update({ status: "Hello again", mediaIds: [file.id] });
  assert.match(edited.content, /Hello again/);
  for (const deed of ["favourite", "bookmark", "reblog"]) {
    await rest.v1.statuses.$select(made.id)[deed]();
  }
  const seen = await rest.v1.statuses.$select(made.id).fetch();
  assert.deepEqual([seen.favourited, seen.bookmarked, seen.reblogged], [true, true, true]);
  const answer = await rest.v1.statuses.create({ status: "To myself", inReplyToId: made.id });
  const { descendants } = await rest.v1.statuses.$select(made.id).context.fetch();
  assert.deepEqual(descendants.map((one) => one.id), [answer.id]);
  const gone = await rest.v1.statuses.$select(made.id).remove();
  assert.equal(gone.text, "Hello again");
  await assert.rejects(rest.v1.statuses.$select(made.id).fetch(), { statusCode: 404 });
});

test("it asks and votes", async () => {
  const made = await rest.v1.statuses.create({ status: "Tea?", poll: { options: ["Yes", "No"], expiresIn: 600 } });
  await elsewhere("POST", `/polls/${made.poll.id}/votes`, { choices: [0] });
  assert.equal((await rest.v1.polls.$select(made.poll.id).fetch()).options[0].votesCount, 1);
});

test("it turns pages until there are no more", async () => {
  const written = [];
  for (let number = 0; number < 5; number += 1) {
    written.unshift((await elsewhere("POST", "/statuses", { status: `Page ${number} #bobbin`, visibility: "public" })).id);
  }
  const read = [];
  for await (const page of rest.v1.timelines.tag.$select("bobbin").list({ limit: 2 })) {
    read.push(...page.map((one) => one.id));
  }
  assert.deepEqual(read, written);
});

test("it follows, mutes, lists, filters and searches", async () => {
  const whom = rest.v1.accounts.$select(friend.id);
  assert.equal((await whom.follow({ reblogs: false })).following, true);
  assert.equal((await whom.mute({ notifications: false })).muting, true);
  assert.equal((await whom.unmute()).muting, false);
  assert.equal((await whom.note.create({ comment: "Knows silk" })).note, "Knows silk");
  const list = await rest.v1.lists.create({ title: "Weavers" });
  await rest.v1.lists.$select(list.id).accounts.create({ accountIds: [friend.id] });
  // The body of a DELETE is JSON.
  await rest.v1.lists.$select(list.id).accounts.remove({ accountIds: [friend.id] });
  assert.deepEqual(await rest.v1.lists.$select(list.id).accounts.list(), []);
  await rest.v1.lists.$select(list.id).remove();
  const filter = await rest.v2.filters.create({
    title: "Moths",
    context: ["home"],
    filterAction: "warn",
    keywordsAttributes: [{ keyword: "moth", wholeWord: true }],
  });
  assert.equal(filter.keywords[0].keyword, "moth");
  await rest.v2.filters.$select(filter.id).remove();
  const found = await rest.v2.search.list({ q: friend.acct, type: "accounts", resolve: true });
  assert.deepEqual(found.accounts.map((one) => one.id), [friend.id]);
  const [relation] = await rest.v1.accounts.relationships.fetch({ id: [friend.id] });
  assert.equal(relation.following, true);
});

test("it changes the profile", async () => {
  const changed = await rest.v1.accounts.updateCredentials({
    displayName: "Mia M.",
    avatar: picture(),
    fieldsAttributes: [{ name: "Room", value: "12" }],
  });
  assert.equal(changed.displayName, "Mia M.");
  assert.ok(changed.source.fields.some((field) => field.name === "Room" && field.value === "12"));
  assert.equal((await fetch(changed.avatar)).status, 200);
});

test("it hears of everything it subscribes to on one socket", { timeout: 20_000 }, async () => {
  const user = listen(streaming.user.subscribe());
  const everybody = listen(streaming.public.subscribe());
  const tag = listen(streaming.hashtag.subscribe({ tag: "live" }));
  const ready = listen(streaming.hashtag.subscribe({ tag: "ready" }));
  // Nothing says that a stream is open. They are opened in order, so we knock until the last one answers.
  const knocking = setInterval(() => elsewhere("POST", "/statuses", { status: "#ready", visibility: "public" }), 100);
  await ready("update");
  clearInterval(knocking);

  const made = await elsewhere("POST", "/statuses", { status: `Hi @${me.acct} #live`, visibility: "public" });
  assert.deepEqual((await tag("update", made.id)).stream, ["hashtag", "live"]);
  assert.deepEqual((await everybody("update", made.id)).stream, ["public"]);
  assert.equal((await user("update", made.id)).payload.account.acct, friend.acct);
  const told = await user("notification");
  assert.deepEqual([told.payload.type, told.payload.status.id], ["mention", made.id]);
  await elsewhere("DELETE", `/statuses/${made.id}`);
  assert.equal((await everybody("delete")).payload, made.id);
});

// Return a function that waits for an event of a subscription: by its name and, if wanted, its post's id.
function listen(subscription) {
  const said = [];
  let told = Promise.withResolvers();
  (async () => {
    for await (const event of subscription) {
      said.push(event);
      told.resolve();
      told = Promise.withResolvers();
    }
  })().catch((error) => told.reject(error));
  return async (name, id) => {
    for (;;) {
      const place = said.findIndex((event) => event.event === name && (id === undefined || event.payload.id === id));
      if (place >= 0) return said.splice(place, 1)[0];
      await told.promise;
    }
  };
}
