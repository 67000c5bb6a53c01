// What happens while a page is open: new posts wait behind a button, deleted ones go, edited ones change in their place.
(() => {
  "use strict";
  if (!document.body.matches(".member") || !window.EventSource) return;
  const stream = document.querySelector("[data-live]");
  const place = document.querySelector(".fresh");
  const button = place && place.querySelector("button");
  const MOST = 40;
  const waiting = new Set();
  let after = stream ? stream.dataset.after : "";
  const find = (id) => document.querySelector(`#post-${id}, [data-entry="${id}"]`);
  const posts = (ids) => `/live/posts?on=${encodeURIComponent(location.pathname)}&${ids.map((id) => `id=${id}`).join("&")}`;

  const count = () => {
    waiting.forEach((id) => { if (find(id)) waiting.delete(id); });
    if (!button) return;
    button.textContent = waiting.size === 1 ? button.dataset.one : button.dataset.many.replace("#", waiting.size);
    const said = place.querySelector("[role=status]");
    if (!waiting.size) said.textContent = "";
    else if (button.hidden) said.textContent = button.textContent; // once, not for each post
    button.hidden = !waiting.size;
  };
  const load = async () => {
    if (waiting.size > MOST) { location.reload(); return; }
    const upward = "upward" in stream.dataset;
    const ids = [...waiting].sort((one, other) => (upward ? 1 : -1) * (BigInt(one) > BigInt(other) ? 1 : -1));
    waiting.clear();
    const before = new Set(stream.querySelectorAll("article.post"));
    await htmx.ajax("GET", posts(ids), { source: stream, target: stream, swap: upward ? "beforeend" : "afterbegin" });
    stream.querySelectorAll(".nothing").forEach((card) => card.remove());
    const first = [...stream.querySelectorAll("article.post")].find((post) => !before.has(post));
    if (first) first.focus();
    count();
  };
  if (button) button.addEventListener("click", load);
  document.addEventListener("htmx:afterSettle", count);

  const told = {
    added(id) {
      if (BigInt(id) > BigInt(after || 0)) after = id;
      if (!find(id)) waiting.add(id);
      count();
    },
    deleted(id) {
      waiting.delete(id);
      const post = find(id);
      if (post) post.remove();
      count();
    },
    async edited(id) {
      const post = document.getElementById(`post-${id}`);
      // Nobody loses what they are about to choose, or to hear.
      if (!post || post.querySelector(":checked, .menu[open]") || [...post.querySelectorAll("video, audio")].some((one) => !one.paused)) return;
      const open = post.querySelector(".veil[open]"), here = post.matches(".here");
      await htmx.ajax("GET", posts([id]), { source: post, target: post, swap: "outerHTML" });
      const now = document.getElementById(`post-${id}`);
      if (!now) return;
      if (open && now.querySelector(".veil")) now.querySelector(".veil").open = true;
      now.classList.toggle("here", here);
    },
    counts(data) {
      for (const [sign, n] of Object.entries(JSON.parse(data))) {
        document.querySelectorAll(`[data-place="${sign}"]`).forEach((entry) => {
          let shown = entry.querySelector(".count");
          if (!n) { if (shown) shown.remove(); return; }
          if (!shown) { shown = document.createElement("b"); shown.className = "count"; entry.append(shown); }
          shown.textContent = n < 100 ? n : "99+";
        });
      }
    },
    over() { close(); over = true; },
  };

  // Browsers keep few connections open: a page that nobody looks at gives its own back, and asks later what it missed.
  let source = null, over = false, pause = 5000, again = 0;
  const close = () => {
    clearTimeout(again);
    if (source) source.close();
    source = null;
  };
  const open = (returning) => {
    if (source || over || document.hidden) return;
    const query = new URLSearchParams();
    if (stream) {
      query.set("on", stream.dataset.live);
      query.set("after", after);
    }
    const have = [...document.querySelectorAll("article.post")].slice(0, MOST).map((post) => post.id.slice(5));
    if (returning && have.length) query.set("have", have.join());
    source = new EventSource(`/live?${query}`);
    source.onopen = () => { pause = 5000; };
    source.onerror = () => {
      if (!source || source.readyState !== EventSource.CLOSED) return; // it tries again by itself
      close();
      again = setTimeout(open, pause + Math.random() * 1000, true);
      pause = Math.min(2 * pause, 300000);
    };
    Object.keys(told).forEach((name) => source.addEventListener(name, (event) => told[name](event.data)));
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open(true)));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(true); });
  open(false);
  window.allmende = { ...window.allmende, refresh: told.edited };
})();
