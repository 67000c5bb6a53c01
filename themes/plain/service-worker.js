// Stands between the pages and the network. Without a network it shows the last home stream, to whom that was kept
// for; no other page, no answer to a form or a client is ever kept. It shows what the node pushes, too. The node writes
// LOOK above this: the version of its look and the files that pages need.
"use strict";
const FILES = "files-" + LOOK.version;
const KEPT = "kept-";  // and whose it is, in a sign that tells nobody
const OFFLINE = "/offline";
let whose;  // for whom something may be kept, once a page has said it: nothing that is under way outlives a sign-out

const forget = async (member = "") => {
  whose = member;
  for (const name of await caches.keys()) if (name.startsWith(KEPT) && name !== KEPT + member) await caches.delete(name);
};

const pieces = (page) => {
  const found = [...page.matchAll(/<(?:img|script|link|use)\b[^>]*?\s(?:src|href)="([^"#]+)/g)];
  const urls = found.map((one) => new URL(one[1], location.origin));
  const ours = urls.filter((url) => url.origin === location.origin && /^\/(static|media)\//.test(url.pathname));
  return [...new Set(ours.map(String))];
};

const piece = async (url) => {
  try {
    const file = await fetch(url);
    return file.ok ? [[url, file]] : [];
  } catch { return []; }  // a picture that is missing is no reason to keep nothing
};

// Keep the home stream as it is now, and everything that it shows.
const keep = async (member) => {
  const page = await fetch("/home/offline");
  if (!page.ok || page.headers.get("Kept-For") !== member) return forget();
  const files = (await Promise.all(pieces(await page.clone().text()).map(piece))).flat();
  if (whose !== undefined && whose !== member) return;
  const kept = await caches.open(KEPT + member);
  const before = await kept.keys();
  await Promise.all([["/home", page], ...files].map(([url, file]) => kept.put(url, file)));
  const now = new Set([new URL("/home", location.origin).href, ...files.map(([url]) => url)]);
  await Promise.all(before.filter((one) => !now.has(one.url)).map((one) => kept.delete(one)));
  if (whose !== undefined && whose !== member) await caches.delete(KEPT + member);
};

const kept = async () => {
  for (const name of await caches.keys()) {
    if (!name.startsWith(KEPT)) continue;
    const page = await caches.match("/home", { cacheName: name });
    if (page && Date.now() < Number(page.headers.get("Kept-Until"))) return page;
    await caches.delete(name);
  }
};

// The page that says that there is no network, in the language of who looks.
const speak = async (language) => {
  const files = await caches.open(FILES);
  const before = await files.match(OFFLINE);
  if (before && before.headers.get("Content-Language") === language) return;
  const page = await fetch(`${OFFLINE}?lang=${language}`, { credentials: "omit" });
  if (page.ok) await files.put(OFFLINE, page);
};

self.addEventListener("install", (event) => event.waitUntil((async () => {
  await (await caches.open(FILES)).addAll(LOOK.files);
  await speak(navigator.language.slice(0, 2));
  await self.skipWaiting();
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) {
    if (name.startsWith("files-") && name !== FILES) await caches.delete(name);
    // It was kept with the files of another version.
    if (name.startsWith(KEPT)) await keep(name.slice(KEPT.length)).catch(() => {});
  }
  await self.clients.claim();
})()));

// A page says who looks at it; nothing is left for anybody else. Some pages cannot say it.
self.addEventListener("message", (event) => event.waitUntil((async () => {
  const { member, language, keeps, home } = event.data;
  if (member !== undefined) await forget(keeps ? member : "");
  if (keeps && home) await keep(member).catch(() => {});  // without a network what was kept stays
  await speak(language).catch(() => {});
})()));

const page = async (event, path) => {
  try {
    const answer = await fetch(event.request);
    if (path === "/sign-in") event.waitUntil(forget());
    return answer;
  } catch {
    const found = path === "/" || path === "/home" ? await kept() : null;
    return found || (await caches.match(OFFLINE)) || Response.error();
  }
};

const picture = async (request) => {
  try { return await fetch(request); } catch { return (await caches.match(request)) || Response.error(); }
};

self.addEventListener("fetch", (event) => {
  const { method, mode, destination, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  const media = pathname.startsWith("/media/");
  if (mode === "navigate" && !media) event.respondWith(page(event, pathname));
  else if (media && destination === "image") event.respondWith(picture(event.request));
  else if (pathname.startsWith("/static/")) {
    event.respondWith(caches.match(event.request).then((file) => file || fetch(event.request)));
  }
});

self.addEventListener("push", (event) => {
  const { title, body, icon, notification_id: tag, preferred_locale: lang, link } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body, icon, tag, lang, data: { link } }));
});

self.addEventListener("notificationclick", (event) => event.waitUntil((async () => {
  event.notification.close();
  const wanted = new URL(event.notification.data.link || "/", location.origin);
  if (wanted.origin !== location.origin) return;
  const windows = await self.clients.matchAll({ type: "window" });
  const shown = windows.find((one) => one.url === wanted.href);
  await (shown ? shown.focus() : self.clients.openWindow(wanted.href));
})()));
