// A Fedify server on loopback for the tests: node peer.mjs PORT [FIRST KNOCK]
// It ends when its standard input does, so that it outlives no test run, however that ended.
import { AsyncLocalStorage } from "node:async_hooks";
import { configure, getConsoleSink } from "@logtape/logtape";
import { commands, populate } from "./commands.mjs";
import { create } from "./federation.mjs";
import { serve } from "./serve.mjs";
import * as watch from "./watch.mjs";
import { manners, SERVER } from "./world.mjs";

const [port, firstKnock = "rfc9421"] = process.argv.slice(2);
const origin = `http://127.0.0.1:${port}`;
const level = process.env.FEDIFY_LOG ?? "warning";

await configure({
  contextLocalStorage: new AsyncLocalStorage(),
  sinks: { console: getConsoleSink() },
  loggers: [
    { category: "fedify", lowestLevel: level, sinks: ["console"] },
    { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["console"] },
  ],
});

watch.watchOutgoing();
await populate();
const federation = create(firstKnock);

/** What fetches keys for a second look at a signature, in the server's name. */
async function loader() {
  const ctx = federation.createContext(new URL(origin), undefined);
  return { documentLoader: await ctx.getDocumentLoader({ identifier: SERVER }), contextLoader: ctx.contextLoader };
}

async function answer(request) {
  const scheme = watch.scheme(request.headers);
  if (manners.demands && scheme && scheme !== manners.demands) return new Response("Sign otherwise.", { status: 401 });
  return await federation.fetch(request, { contextData: undefined });
}

async function control(request, name) {
  // A context that may ask the dispatchers, as one of a request may.
  const ctx = federation.createContext(new Request(origin), undefined);
  try {
    if (!commands[name]) throw new Error(`there is no command ${name}`);
    return Response.json((await commands[name](ctx, await request.json())) ?? null);
  } catch (error) {
    return Response.json({ error: String(error?.stack ?? error) }, { status: 400 });
  }
}

await serve(Number(port), async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/control/")) return await control(request, pathname.slice("/control/".length));
  return await watch.incoming(request, answer, loader);
});

process.stdin.on("end", () => process.exit(0)).resume();
