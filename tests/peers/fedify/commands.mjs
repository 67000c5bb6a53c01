// What a test can have the people of this server do. Each command gets what was asked and gives plain JSON.
import { Temporal } from "@js-temporal/polyfill";
import { parseNodeInfo } from "@fedify/fedify/nodeinfo";
import {
  Announce,
  Create,
  Delete,
  Flag,
  Follow,
  isActor,
  Like,
  Mention,
  Move,
  Note,
  PUBLIC_COLLECTION,
  Tombstone,
  Undo,
  Update,
} from "@fedify/fedify/vocab";
import * as describe from "./describe.mjs";
import { reply } from "./federation.mjs";
import * as watch from "./watch.mjs";
import { activities, actors, manners, notes, SERVER, settle } from "./world.mjs";

const { requests, received, sent, errors } = watch;

/** Uri of an activity → whom it was sent to, for its Undo. */
const reached = new Map();

/** Reading. */
const reading = {
  /** Every request in and out, in order; what is still being answered comes with the next question. */
  seen: () => ({
    requests: requests.filter((one) => one.status !== null),
    sent: sent.filter((one) => one.status !== null),
    errors,
  }),
  /** Every activity that was verified and taken in and has these fields, with the request that brought it. */
  received: (_ctx, wanted) => {
    const names = Object.keys(wanted);
    return received.filter((one) => one.request?.status && names.every((name) => one[name] === wanted[name]));
  },
  webfinger: async (ctx, { resource }) => await ctx.lookupWebFinger(resource),
  /** Read NodeInfo documents, strictly, with Fedify's parser: its own lookup never asks a loopback address. */
  nodeinfo: async (_ctx, { url }) => {
    const { links } = await (await fetch(new URL("/.well-known/nodeinfo", url))).json();
    const documents = await Promise.all(links.map(async ({ rel, href }) => {
      return rel.includes("nodeinfo") ? parseNodeInfo(await (await fetch(href)).json()) : undefined;
    }));
    return documents.filter((one) => one !== undefined);
  },
  /** Fetch and parse a document, signed by `as`, or unsigned without. */
  fetch: async (ctx, { as, uri }) => {
    const loader = as ? await ctx.getDocumentLoader({ identifier: as }) : ctx.documentLoader;
    const { document } = await loader(uri);
    const found = await ctx.lookupObject(uri, { documentLoader: loader });
    return { document, parsed: found && describe.object(found) };
  },
  /** Walk through a collection, page by page. */
  collection: async (ctx, { as, uri }) => {
    const documentLoader = await ctx.getDocumentLoader({ identifier: as });
    const collection = await ctx.lookupObject(uri, { documentLoader });
    const items = [];
    for await (const item of ctx.traverseCollection(collection, { documentLoader })) items.push(describe.object(item));
    return items;
  },
  find: async (ctx, { as, target }) => describe.object(await find(ctx, as, target)),
  followers: (_ctx, { as }) => [...actors.get(as).followers.keys()],
  following: (_ctx, { as }) => [...actors.get(as).following],
};

/** People. */
const people = {
  settle: async (ctx, { name, ...more }) => {
    await settle(name, more);
    return {
      id: ctx.getActorUri(name).href,
      handle: `${name}@${ctx.host}`,
      inbox: ctx.getInboxUri(name).href,
      followers: ctx.getFollowersUri(name).href,
    };
  },
  /** Answer every Follow from now on: accept, reject or none. */
  answer: (_ctx, { as, mode }) => {
    actors.get(as).answer = mode;
  },
  /** Take requests only if they are signed by this scheme: rfc9421, draft-cavage-http-signatures-12, null for any. */
  demand: (_ctx, { scheme }) => {
    manners.demands = scheme;
  },
  /** Answer one follower, also after the fact: a Reject then removes them. */
  reply: async (ctx, { as, follower, verdict }) => {
    const known = actors.get(as).followers.get(follower);
    if (!known) throw new Error(`${follower} does not follow ${as}`);
    if (verdict === "reject") actors.get(as).followers.delete(follower);
    return told(await reply(ctx, as, known.follower, known.follow, verdict));
  },
  /** Change one's profile and tell the followers. */
  change: async (ctx, { as, ...more }) => {
    Object.assign(actors.get(as), more);
    const to = [ctx.getFollowersUri(as)];
    const object = await ctx.getActor(as);
    return await publish(ctx, as, new Update({ ...heading(ctx, as), object, tos: to }), { followers: true });
  },
  move: async (ctx, { as, to }) => {
    actors.get(as).successor = to;
    const id = ctx.getActorUri(as);
    const activity = new Move({ ...heading(ctx, as), object: id, target: new URL(to), tos: [ctx.getFollowersUri(as)] });
    return await publish(ctx, as, activity, { followers: true });
  },
  /** Leave for good. Who is told beside the followers: `named`. */
  leave: async (ctx, { as, named = [] }) => {
    const recipients = await findAll(ctx, as, named);
    const id = ctx.getActorUri(as);
    const activity = new Delete({ ...heading(ctx, as), object: id, tos: [PUBLIC_COLLECTION] });
    const result = await publish(ctx, as, activity, { followers: true, named: recipients });
    actors.get(as).deleted = now();
    return result;
  },
};

/** Following. */
const following = {
  follow: async (ctx, { as, target }) => {
    const followed = await find(ctx, as, target);
    const activity = new Follow({ ...heading(ctx, as), object: followed.id, tos: [followed.id] });
    return await publish(ctx, as, activity, { named: [followed] });
  },
  /** Take back a Follow, Like or Announce, at everybody it went to. */
  undo: async (ctx, { as, activity }) => {
    const undone = activities.get(activity);
    if (undone instanceof Follow) actors.get(as).following.delete(undone.objectId.href);
    const undo = new Undo({ ...heading(ctx, as), object: undone, tos: undone.toIds, ccs: undone.ccIds });
    return await publish(ctx, as, undo, reached.get(activity));
  },
};

/** Posts and reactions. */
const posts = {
  /** `audience` is public, followers or named; `named` get it whatever the audience is. */
  post: async (ctx, { as, text, audience = "public", named = [], inReplyTo = null }) => {
    const recipients = await findAll(ctx, as, named);
    const id = ctx.getObjectUri(Note, { identifier: as, number: crypto.randomUUID() });
    const handle = (one) => `@${one.preferredUsername}@${one.id.host}`;
    const mentions = recipients.map((one) => new Mention({ href: one.id, name: handle(one) }));
    const note = new Note({
      id,
      attribution: ctx.getActorUri(as),
      content: `<p>${text}</p>`,
      published: now(),
      url: id,
      replyTarget: inReplyTo && new URL(inReplyTo),
      tags: mentions,
      ...addressed(ctx, as, audience, recipients),
    });
    notes.set(id.href, { note, named: recipients, followers: audience !== "named" });
    return await publish(ctx, as, wrap(ctx, as, Create, note), notes.get(id.href));
  },
  update: async (ctx, { as, uri, text }) => {
    const known = notes.get(uri);
    known.note = known.note.clone({ content: `<p>${text}</p>`, updated: now() });
    return await publish(ctx, as, wrap(ctx, as, Update, known.note), known);
  },
  delete: async (ctx, { as, uri }) => {
    const known = notes.get(uri);
    notes.delete(uri);
    const grave = new Tombstone({ id: new URL(uri), deleted: now() });
    const activity = new Delete({ ...heading(ctx, as), object: grave, tos: [PUBLIC_COLLECTION] });
    return await publish(ctx, as, activity, known);
  },
  like: async (ctx, { as, uri }) => {
    const author = await authorOf(ctx, as, uri);
    const activity = new Like({ ...heading(ctx, as), object: new URL(uri), tos: [author.id] });
    return await publish(ctx, as, activity, { named: [author] });
  },
  announce: async (ctx, { as, uri }) => {
    const author = await authorOf(ctx, as, uri);
    const activity = new Announce({
      ...heading(ctx, as),
      object: new URL(uri),
      published: now(),
      ...addressed(ctx, as, "public", [author]),
    });
    const elsewhere = author.id.host === ctx.host ? [] : [author];
    return await publish(ctx, as, activity, { followers: true, named: elsewhere });
  },
  /** Report somebody and posts of theirs to their server. */
  flag: async (ctx, { as, target, uris = [], text }) => {
    const reported = await find(ctx, as, target);
    const objects = [reported.id, ...uris.map((uri) => new URL(uri))];
    const activity = new Flag({ ...heading(ctx, as), objects, content: text, tos: [reported.id] });
    return await publish(ctx, as, activity, { named: [reported] });
  },
};

export const commands = { ...reading, ...people, ...following, ...posts };

const now = () => Temporal.Now.instant();

function heading(ctx, as) {
  return { id: new URL(`/activities/${crypto.randomUUID()}`, ctx.origin), actor: ctx.getActorUri(as) };
}

function wrap(ctx, as, Kind, note) {
  const audience = { tos: note.toIds, ccs: note.ccIds };
  return new Kind({ ...heading(ctx, as), object: note, published: now(), ...audience });
}

function addressed(ctx, as, audience, recipients) {
  const named = recipients.map((one) => one.id);
  const followers = ctx.getFollowersUri(as);
  if (audience === "public") return { tos: [PUBLIC_COLLECTION], ccs: [followers, ...named] };
  if (audience === "followers") return { tos: [followers], ccs: named };
  return { tos: named };
}

/** Return an actor by handle or id, as `as` gets to read them. */
async function find(ctx, as, target) {
  const documentLoader = await ctx.getDocumentLoader({ identifier: as });
  const found = await ctx.lookupObject(target, { documentLoader });
  if (!isActor(found ?? {})) throw new Error(`there is no actor ${target}: ${JSON.stringify(sent.at(-1))}`);
  return found;
}

async function findAll(ctx, as, targets) {
  return await Promise.all(targets.map((target) => find(ctx, as, target)));
}

async function authorOf(ctx, as, uri) {
  const own = notes.get(uri);
  const documentLoader = await ctx.getDocumentLoader({ identifier: as });
  const found = own?.note ?? await ctx.lookupObject(uri, { documentLoader });
  if (!found?.attributionId) throw new Error(`there is no post ${uri}: ${JSON.stringify(sent.at(-1))}`);
  return await find(ctx, as, found.attributionId.href);
}

/** Send an activity to the followers, by shared inboxes, and to those named, each by their own. */
async function publish(ctx, as, activity, { followers = false, named = [] }) {
  const about = activity.objectId?.href ?? activity.id.href;
  activities.set(activity.id.href, activity);
  reached.set(activity.id.href, { followers, named });
  actors.get(as).published.unshift(activity);
  const order = { orderingKey: about, fanout: "skip" };
  if (followers && actors.get(as).followers.size) {
    const shared = { preferSharedInbox: true, syncCollection: true };
    await ctx.sendActivity({ identifier: as }, "followers", activity, { ...order, ...shared });
  }
  const others = named.filter((one) => !followers || !actors.get(as).followers.has(one.id.href));
  if (others.length) await ctx.sendActivity({ identifier: as }, others, activity, order);
  return told(activity);
}

function told(activity) {
  return { activity: activity.id.href, object: activity.objectId?.href ?? null };
}

/** Settle the server's own actor and the two every test may use. */
export async function populate() {
  for (const name of [SERVER, "fern", "gale"]) await settle(name);
}
