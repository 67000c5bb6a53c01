// The Fedify server itself: actors, notes and inboxes. Everything but the server's own actor asks for a signature.
import { createExponentialBackoffPolicy, createFederation, InProcessMessageQueue, MemoryKvStore } from "@fedify/fedify";
import {
  Accept,
  Activity,
  Application,
  Create,
  Delete,
  Endpoints,
  Follow,
  Note,
  Person,
  PUBLIC_COLLECTION,
  Reject,
  Tombstone,
  Undo,
} from "@fedify/fedify/vocab";
import * as describe from "./describe.mjs";
import * as watch from "./watch.mjs";
import { activities, actors, notes, SERVER } from "./world.mjs";

const QUICK = createExponentialBackoffPolicy({
  initialDelay: { milliseconds: 300 },
  maxDelay: { seconds: 2 },
  maxAttempts: 8,
});

/**
 * Fedify remembers which signature scheme a host takes, and would stay with the draft after its first fetch of a key
 * by RFC 9421: it signs the fragment of the key's id, which no server gets to see. Here every request starts anew.
 */
class Forgetful extends MemoryKvStore {
  async set(key, value, options) {
    if (!key.includes("httpMessageSignaturesSpec")) await super.set(key, value, options);
  }
}

/** Return the server; `firstKnock` is the signature scheme it tries first. */
export function create(firstKnock) {
  const queue = () => new InProcessMessageQueue({ pollInterval: { milliseconds: 100 } });
  const federation = createFederation({
    kv: new Forgetful(),
    // One queue each: a delivery that waits for an answer does not keep an inbox waiting.
    queue: { inbox: queue(), outbox: queue(), fanout: queue() },
    allowPrivateAddress: true,
    firstKnock,
    outboxRetryPolicy: QUICK,
    inboxRetryPolicy: QUICK,
    // It would keep everything for half an hour after a few refusals, which some tests provoke.
    circuitBreaker: false,
    tracerProvider: watch.tracerProvider,
    onOutboxError: (error, activity) => {
      watch.errors.push({ where: "outbox", about: activity?.id?.href, what: String(error) });
    },
  });
  people(federation);
  writings(federation);
  inboxes(federation);
  return federation;
}

function people(federation) {
  federation
    .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
      const actor = actors.get(identifier);
      if (!actor) return null;
      const id = ctx.getActorUri(identifier);
      if (actor.deleted) return new Tombstone({ id, deleted: actor.deleted });
      const keys = await ctx.getActorKeyPairs(identifier);
      const Kind = identifier === SERVER ? Application : Person;
      return new Kind({
        id,
        preferredUsername: identifier,
        name: actor.name,
        summary: actor.summary,
        url: id,
        inbox: ctx.getInboxUri(identifier),
        outbox: ctx.getOutboxUri(identifier),
        followers: ctx.getFollowersUri(identifier),
        following: ctx.getFollowingUri(identifier),
        endpoints: actor.sharedInbox ? new Endpoints({ sharedInbox: ctx.getInboxUri() }) : null,
        aliases: actor.aliases.map((uri) => new URL(uri)),
        successor: actor.successor && new URL(actor.successor),
        // An actor shows one key of the old kind, and all of them as Multikeys (FEP-521a).
        publicKey: keys[0].cryptographicKey,
        assertionMethods: keys.map((key) => key.multikey),
      });
    })
    .setKeyPairsDispatcher((_ctx, identifier) => actors.get(identifier)?.keys ?? [])
    .authorize(async (ctx, identifier) => identifier === SERVER || await signed(ctx));
  federation.setOutboxDispatcher("/users/{identifier}/outbox", (_ctx, identifier) => {
    const actor = actors.get(identifier);
    return actor && { items: actor.published.filter(isPublic) };
  });
  federation.setFollowersDispatcher("/users/{identifier}/followers", (_ctx, identifier) => {
    const actor = actors.get(identifier);
    return actor && { items: [...actor.followers.values()].map((one) => one.follower) };
  }).authorize(signed);
  federation.setFollowingDispatcher("/users/{identifier}/following", (_ctx, identifier) => {
    const actor = actors.get(identifier);
    return actor && { items: [...actor.following].map((uri) => new URL(uri)) };
  }).authorize(signed);
}

function writings(federation) {
  federation
    .setObjectDispatcher(Note, "/users/{identifier}/notes/{number}", (ctx, values) => {
      return notes.get(ctx.getObjectUri(Note, values).href)?.note ?? null;
    })
    .authorize(signed);
  // One path for every kind of activity.
  federation
    .setObjectDispatcher(Activity, "/activities/{number}", (ctx, values) => {
      return activities.get(ctx.getObjectUri(Activity, values).href) ?? null;
    })
    .authorize(signed);
}

/** Whether the request bears a valid signature, and write down whose. Keys are fetched in the server's name. */
async function signed(ctx) {
  const key = await ctx.getSignedKey({ documentLoader: await ctx.getDocumentLoader({ identifier: SERVER }) });
  watch.readBy(key);
  return key !== null;
}

function isPublic(activity) {
  return [...activity.toIds, ...activity.ccIds].some((id) => id.href === PUBLIC_COLLECTION.href);
}

function inboxes(federation) {
  federation
    .setInboxListeners("/users/{identifier}/inbox", "/inbox")
    .on(Activity, async (ctx, activity) => {
      const raw = await activity.toJsonLd(ctx);
      await react(ctx, activity);
      watch.handled(await describe.activity(activity, raw, ctx));
    })
    .setSharedKeyDispatcher(() => ({ identifier: SERVER }))
    .onUnverifiedActivity((_ctx, _activity, reason) => watch.refused(reason))
    .onError((_ctx, error) => {
      watch.errors.push({ where: "inbox", what: String(error?.stack ?? error) });
    });
}

async function react(ctx, activity) {
  if (activity instanceof Follow) await answer(ctx, activity);
  else if (activity instanceof Accept) asker(ctx, activity)?.following.add(activity.actorId.href);
  else if (activity instanceof Reject) asker(ctx, activity)?.following.delete(activity.actorId.href);
  else if (activity instanceof Undo) {
    const undone = await activity.getObject({ ...ctx, suppressError: true });
    if (undone instanceof Follow) named(ctx, undone.objectId)?.followers.delete(activity.actorId.href);
  } else if (activity instanceof Create) await forward(ctx, activity);
  else if (activity instanceof Delete && activity.objectId?.href === activity.actorId.href) {
    for (const actor of actors.values()) actor.followers.delete(activity.actorId.href);
  }
}

/** Pass a reply on as it came, for those who see only what our author sends them. */
async function forward(ctx, create) {
  const reply = await create.getObject({ ...ctx, suppressError: true });
  const author = named(ctx, notes.get(reply?.replyTargetId?.href)?.note.attributionId);
  if (!author?.forwards) return;
  const excluded = { excludeBaseUris: [create.actorId] };
  await ctx.forwardActivity({ identifier: author.identifier }, "followers", { skipIfUnsigned: true, ...excluded });
}

/** Return who of ours asked what this answers: by the Follow's id, which nobody else can have made. */
function asker(ctx, answer) {
  const follow = activities.get(answer.objectId?.href);
  const asked = follow instanceof Follow && follow.objectId.href === answer.actorId.href;
  return asked ? named(ctx, follow.actorId) : undefined;
}

function named(ctx, uri) {
  const found = uri && ctx.parseUri(uri);
  return found?.type === "actor" ? actors.get(found.identifier) : undefined;
}

async function answer(ctx, follow) {
  const actor = named(ctx, follow.objectId);
  if (!actor || actor.deleted) return;
  const follower = await follow.getActor(ctx);
  if (actor.answer === "accept") actor.followers.set(follower.id.href, { follower, follow });
  if (actor.answer !== "none") await reply(ctx, actor.identifier, follower, follow, actor.answer);
}

/** Grant or refuse a Follow: `verdict` is accept or reject. */
export async function reply(ctx, identifier, follower, follow, verdict) {
  const Kind = verdict === "accept" ? Accept : Reject;
  const sent = new Kind({
    id: new URL(`/activities/${crypto.randomUUID()}`, ctx.origin),
    actor: ctx.getActorUri(identifier),
    object: follow,
  });
  activities.set(sent.id.href, sent);
  await ctx.sendActivity({ identifier }, follower, sent);
  return sent;
}

