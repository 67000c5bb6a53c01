// Who the tests of a client act as. The surroundings name the server, and a member's code for this client.

export const url = process.env.SERVER_URL;
export const code = process.env.CODE;
export const application = JSON.parse(process.env.APPLICATION ?? "null");
export const other = process.env.OTHER_TOKEN;
export const OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob";
export const SCOPES = "read write follow push";

// Let somebody else do something with the same server; return what it answered.
export async function elsewhere(method, path, fields) {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${other}`, "Content-Type": "application/json" },
    body: fields && JSON.stringify(fields),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

// Return a picture to upload: one dot.
export function picture() {
  const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
  return new Blob([Buffer.from(dot, "base64")], { type: "image/png" });
}
