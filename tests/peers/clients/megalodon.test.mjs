// megalodon, the library of several desktop clients: it finds out what a server is before it speaks with it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import generator, { detector } from "megalodon";

import { OUT_OF_BAND, application, code, elsewhere, url } from "./person.mjs";

let client, me, token;

before(async () => {
  const kind = await detector(url);
  assert.equal(kind, "mastodon");
  const stranger = generator(kind, url);
  token = await stranger.fetchAccessToken(application.clientId, application.clientSecret, code, OUT_OF_BAND);
  client = generator(kind, url, token.accessToken ?? token.access_token);
  me = (await client.verifyAccountCredentials()).data;
});

test("it reads the server, the person and the first screens", async () => {
  assert.equal(me.acct, "meg");
  const { data: instance } = await client.getInstance();
  assert.equal(instance.uri, new URL(url).host);
  for (const read of ["getHomeTimeline", "getLocalTimeline", "getPublicTimeline", "getNotifications", "getLists"]) {
    const { data } = await client[read]();
    assert.ok(Array.isArray(data), read);
  }
});

test("it writes, reacts and deletes", async () => {
  const { data: made } = await client.postStatus("Hello from a desk", { visibility: "public", spoiler_text: "Desk" });
  assert.equal(made.spoiler_text, "Desk");
  assert.equal((await client.favouriteStatus(made.id)).data.favourited, true);
  assert.equal((await client.bookmarkStatus(made.id)).data.bookmarked, true);
  await client.deleteStatus(made.id);
  await assert.rejects(client.getStatus(made.id), (error) => error.response.status === 404);
});

test("its socket, with the token in the address, tells what happens", { timeout: 20_000 }, async () => {
  const socket = await client.publicStreaming();
  const heard = Promise.withResolvers();
  socket.on("update", (status) => status.content.includes("desk") && heard.resolve(status));
  socket.on("error", heard.reject);
  const knocking = setInterval(() => elsewhere("POST", "/statuses", { status: "To a desk", visibility: "public" }), 200);
  try {
    assert.match((await heard.promise).content, /To a desk/);
  } finally {
    clearInterval(knocking);
    socket.stop();
  }
});
