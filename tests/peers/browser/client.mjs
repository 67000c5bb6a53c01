// A web client such as Phanpy: it lives on another site than the server, and has nothing but what browsers give it.

const SCOPES = "read write follow push";
const here = `${location.origin}/index.html`;
const server = new URLSearchParams(location.search).get("server") ?? sessionStorage.getItem("server");
sessionStorage.setItem("server", server);

const form = (fields) => ({ method: "POST", body: new URLSearchParams(fields) });
const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

let token;

// Register, make a secret for this attempt, and return the address where the person decides (RFC 7636).
async function prepare() {
  const found = await (await fetch(`${server}/.well-known/oauth-authorization-server`)).json();
  if (!found.code_challenge_methods_supported.includes("S256")) throw new Error("the server knows no PKCE");
  const fields = { client_name: "Shuttle", redirect_uris: here, scopes: SCOPES, website: "https://shuttle.example" };
  const made = await (await fetch(found.app_registration_endpoint, form(fields))).json();
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(48)));
  const challenge = base64url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)));
  const state = base64url(crypto.getRandomValues(new Uint8Array(16)));
  sessionStorage.setItem("attempt", JSON.stringify({ made, verifier, state, at: found.token_endpoint }));
  const asked = {
    response_type: "code",
    client_id: made.client_id,
    redirect_uri: here,
    scope: SCOPES,
    state,
    code_challenge: challenge,
    code_challenge_method: "S256",
  };
  return `${found.authorization_endpoint}?${new URLSearchParams(asked)}`;
}

// Exchange the code in the address the server sent us back to.
async function finish(address) {
  const answer = new URL(address).searchParams;
  const { made, verifier, state, at } = JSON.parse(sessionStorage.getItem("attempt"));
  if (answer.get("state") !== state) throw new Error("this is the answer to another question");
  if (answer.has("error")) return show(answer.get("error"));
  const fields = {
    grant_type: "authorization_code",
    client_id: made.client_id,
    client_secret: made.client_secret,
    redirect_uri: here,
    code: answer.get("code"),
    code_verifier: verifier,
  };
  const given = await (await fetch(at, form(fields))).json();
  if (!given.access_token) throw new Error(JSON.stringify(given));
  token = given.access_token;
  const { body } = await call("GET", "/api/v1/accounts/verify_credentials");
  show(`signed in as ${body.acct}`);
}

function show(text) {
  document.getElementById("state").textContent = text;
}

document.getElementById("redirect").addEventListener("click", async () => location.assign(await prepare()));

document.getElementById("popup").addEventListener("click", async () => {
  const popup = window.open("about:blank", "sign-in", "width=500,height=700");
  popup.location.assign(await prepare());
  // Its address can be read again as soon as it is back on our own site.
  const watching = setInterval(async () => {
    let back;
    try {
      back = popup.location.href;
    } catch {
      return;
    }
    if (popup.closed) {
      clearInterval(watching);
      show("the window lost touch with us");
    } else if (back.startsWith(here)) {
      clearInterval(watching);
      popup.close();
      await finish(back);
    }
  }, 20);
});

if (!window.opener && new URLSearchParams(location.search).has("state")) await finish(location.href);

// Call the API; return what a page can read of the answer.
async function call(method, path, fields, headers = {}) {
  const body = fields instanceof FormData ? fields : fields && JSON.stringify(fields);
  if (typeof body === "string") headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(server + path, { method, headers, body });
  const read = ["Link", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];
  return {
    status: answer.status,
    headers: Object.fromEntries(read.map((name) => [name, answer.headers.get(name)])),
    body: await answer.json(),
  };
}

// Upload a picture that was drawn here; return its attachment.
async function upload() {
  const canvas = new OffscreenCanvas(40, 30);
  canvas.getContext("2d").fillRect(0, 0, 20, 30);
  const fields = new FormData();
  fields.set("file", await canvas.convertToBlob(), "drawn.png");
  fields.set("description", "Drawn in a browser");
  return call("POST", "/api/v2/media", fields);
}

// Return the width of a picture of the server, read as a page may only where the server allows it.
async function width(url) {
  const picture = new Image();
  picture.crossOrigin = "anonymous";
  picture.src = url;
  await picture.decode();
  const canvas = new OffscreenCanvas(1, 1);
  canvas.getContext("2d").drawImage(picture, 0, 0);
  canvas.getContext("2d").getImageData(0, 0, 1, 1);
  return picture.naturalWidth;
}

// Open a socket with the token as its protocol, subscribe, do something, and return the first event and the protocol.
async function stream(name, deed) {
  const { body: instance } = await call("GET", "/api/v2/instance");
  const socket = new WebSocket(`${instance.configuration.urls.streaming}/api/v1/streaming?stream=${name}`, token);
  const event = new Promise((resolve, reject) => {
    socket.onmessage = (message) => resolve(JSON.parse(message.data));
    socket.onclose = ({ code }) => reject(new Error(`closed: ${code}`));
  });
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("refused"));
  });
  const knocking = setInterval(() => call("POST", "/api/v1/statuses", deed), 100);
  try {
    return { event: await event, protocol: socket.protocol === token };
  } finally {
    clearInterval(knocking);
    socket.close();
  }
}

Object.assign(window, { call, stream, upload, width, forget: () => (token = "no such token") });
