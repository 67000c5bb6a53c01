// Node's own HTTP server, with the web's Request and Response that Fedify takes and gives.
import { createServer } from "node:http";

/** Listen on loopback; `answer` takes a Request and gives a Response. */
export function serve(port, answer) {
  const server = createServer(async (incoming, outgoing) => {
    try {
      await write(await answer(await read(incoming)), outgoing);
    } catch (error) {
      console.error(error);
      outgoing.writeHead(500).end(String(error));
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
}

async function read(incoming) {
  const pieces = [];
  for await (const piece of incoming) pieces.push(piece);
  const body = Buffer.concat(pieces);
  const headers = new Headers();
  // Pair by pair, as they came: signatures cover repeated headers in their order.
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i], incoming.rawHeaders[i + 1]);
  }
  const url = `http://${incoming.headers.host}${incoming.url}`;
  return new Request(url, { method: incoming.method, headers, body: body.length ? body : undefined });
}

async function write(response, outgoing) {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}
