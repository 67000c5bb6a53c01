// What Fedify's parser made of a document, as plain JSON: a test compares this, not the bytes that came.
import { getTypeId } from "@fedify/fedify/vocab";

const href = (url) => url?.href ?? null;
const hrefs = (urls) => urls.map((url) => url.href);
const iso = (instant) => instant?.toString() ?? null;
const text = (value) => value?.toString() ?? null;

function kind(thing) {
  return getTypeId(thing).href.split("#").at(-1);
}

/** Describe an activity, with its object when that came along. */
export async function activity(found, raw, ctx) {
  const embedded = typeof raw?.object === "object" && raw.object !== null;
  // As it came, of whatever origin, and never fetched: this only describes.
  const inner = embedded ? await found.getObject({ ...ctx, crossOrigin: "trust" }) : null;
  return {
    type: kind(found),
    id: href(found.id),
    actor: href(found.actorId),
    object: href(found.objectId),
    objects: hrefs(found.objectIds),
    target: href(found.targetId),
    to: hrefs(found.toIds),
    cc: hrefs(found.ccIds),
    content: text(found.content),
    published: iso(found.published),
    inner: inner && object(inner),
  };
}

/** Describe an object or actor, or an activity inside another. */
export function object(found) {
  return {
    type: kind(found),
    id: href(found.id),
    name: text(found.name),
    content: text(found.content),
    summary: text(found.summary),
    author: href(found.attributionId),
    inReplyTo: href(found.replyTargetId),
    published: iso(found.published),
    updated: iso(found.updated),
    to: hrefs(found.toIds),
    cc: hrefs(found.ccIds),
    // Of activities
    actor: href(found.actorId),
    object: href(found.objectId),
    // Of actors
    username: text(found.preferredUsername),
    inbox: href(found.inboxId),
    sharedInbox: href(found.endpoints?.sharedInbox),
    followers: href(found.followersId),
    publicKeys: hrefs(found.publicKeyIds ?? []),
    assertionMethods: hrefs(found.assertionMethodIds ?? []),
    aliases: hrefs(found.aliasIds ?? []),
    movedTo: href(found.successorId),
  };
}
