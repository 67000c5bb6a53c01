// Who lives on this server and what they wrote, in memory: it is gone with the process.
import { generateCryptoKeyPair } from "@fedify/fedify";

/** The server's own actor: it signs what belongs to no person, and is readable by everybody. */
export const SERVER = "server";

/** Name of an actor → the actor. */
export const actors = new Map();
/** Uri of a note → { note, author, named }: the recipients that got it beside the followers. */
export const notes = new Map();
/** Uri of an activity of ours → the activity. */
export const activities = new Map();

/** How this server treats others; `demands`: the only signature scheme it takes, null for any. */
export const manners = { demands: null };

/** Let somebody live here; they grant every Follow until told otherwise. */
export async function settle(identifier, more = {}) {
  if (actors.has(identifier)) throw new Error(`${identifier} lives here already`);
  const actor = {
    identifier,
    name: identifier,
    summary: "",
    aliases: [],
    successor: null,
    deleted: null,
    sharedInbox: true,
    answer: "accept",
    /** Whether replies to what they wrote are passed on to their followers (ActivityPub, section 7.1.2). */
    forwards: false,
    keys: [await rsa(), await generateCryptoKeyPair("Ed25519")],
    /** Uri of a follower → { follower, follow }. */
    followers: new Map(),
    /** Uris of those who granted our Follow. */
    following: new Set(),
    published: [],
    ...more,
  };
  actors.set(identifier, actor);
  return actor;
}

/** Fedify's own generator makes 4096 bits, which takes seconds; 2048 are what most of the fediverse has. */
function rsa() {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  return crypto.subtle.generateKey({ ...algorithm, hash: "SHA-256" }, true, ["sign", "verify"]);
}
