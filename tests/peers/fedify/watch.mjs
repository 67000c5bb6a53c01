// What passes through this server, in both directions, for the tests to read. Nothing here decides anything:
// whether a signature holds is Fedify's verdict, told by its own trace events.
import { AsyncLocalStorage } from "node:async_hooks";
import { verifyRequestDetailed } from "@fedify/fedify/sig";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";

const RFC9421 = "rfc9421";
const CAVAGE = "draft-cavage-http-signatures-12";

/** Every request that came in, but for the control's own. */
export const requests = [];
/** Every activity that Fedify verified and handed to a listener. */
export const received = [];
/** Every request that Fedify sent, and how it was answered. */
export const sent = [];
/** Errors of listeners and deliveries. */
export const errors = [];

const current = new AsyncLocalStorage();

/** Return the scheme of a request's HTTP signature, null when there is none. */
export function scheme(headers) {
  if (headers.has("signature-input")) return RFC9421;
  return headers.has("signature") ? CAVAGE : null;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Answer a request by `next` and write down what became of it. `loader` gives what fetches keys. */
export async function incoming(request, next, loader) {
  const body = request.method === "POST" ? parsed(await request.clone().text()) : null;
  const record = {
    method: request.method,
    path: new URL(request.url).pathname,
    scheme: scheme(request.headers),
    proof: body?.proof?.cryptosuite ?? null,
    body,
    // Of an activity: Fedify's verdict, and by which of the three it came to it.
    verified: null,
    verifiedBy: null,
    // The key of the HTTP signature: of an activity as verified, of a GET as the authorisation found it.
    keyId: null,
    failure: null,
    // Whether the HTTP signature holds as well, where a proof alone was enough for Fedify.
    httpVerified: null,
    status: null,
  };
  requests.push(record);
  const again = request.clone();
  const response = await current.run(record, () => next(request));
  if (record.verifiedBy === "http") record.httpVerified = true;
  else if (body !== null && record.scheme !== null) {
    const verdict = await verifyRequestDetailed(again, await loader());
    record.httpVerified = verdict.verified;
    record.keyId = verdict.verified ? verdict.key.id?.href : null;
  }
  if (response.status >= 400) record.answer = await response.clone().text();
  record.status = response.status;
  return response;
}

/** Write down who signed the GET that is being answered. */
export function readBy(key) {
  const record = current.getStore();
  if (record) record.keyId = key?.id?.href ?? null;
}

/** Write down why Fedify refuses the activity that is being answered. */
export function refused(reason) {
  const record = current.getStore();
  if (record) Object.assign(record, { verified: false, failure: reason.type, keyId: reason.keyId?.href ?? null });
}

/** Write down an activity that a listener got, with the request that brought it. */
export function handled(fields) {
  const request = requests.findLast((one) => one.body?.id === fields.id && one.failure === null);
  received.push({ ...fields, request });
}

const verdicts = {
  onStart() {},
  onEnd(span) {
    const record = current.getStore();
    const event = span.events.find((one) => one.name === "activitypub.activity.received");
    if (!record || !event || span.name !== "activitypub.inbox") return;
    const told = event.attributes;
    record.verified = told["activitypub.activity.verified"] === true;
    if (!record.verified) return;
    if (told["ld_signatures.verified"]) record.verifiedBy = "ld";
    else record.verifiedBy = told["http_signatures.verified"] ? "http" : "proof";
    record.keyId = told["http_signatures.key_id"] || null;
  },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

export const tracerProvider = new BasicTracerProvider({ spanProcessors: [verdicts] });

/** Watch every outgoing request. Loopback has no TLS, and Fedify asks for `acct:` names by https only. */
export function watchOutgoing() {
  const real = globalThis.fetch;
  globalThis.fetch = async (target, init) => {
    let request = new Request(target, init);
    if (request.url.startsWith("https://127.0.0.1:") && new URL(request.url).pathname === "/.well-known/webfinger") {
      request = new Request(request.url.replace("https:", "http:"), { headers: request.headers });
    }
    const record = {
      method: request.method,
      url: request.url,
      scheme: scheme(request.headers),
      // What was signed, for whoever has to find out why it was refused.
      signature: request.headers.get("signature-input") ?? request.headers.get("signature"),
      body: request.method === "POST" ? parsed(await request.clone().text()) : null,
      status: null,
    };
    sent.push(record);
    const response = await real(request, { redirect: init?.redirect, signal: init?.signal });
    record.status = response.status;
    if (response.status >= 400) record.answer = await response.clone().text();
    return response;
  };
}
