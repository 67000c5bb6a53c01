// Single keys do things, unless somebody types or has switched them off (WCAG 2.1.4). What they are: node/web/shortcuts.py.
(() => {
  "use strict";
  if (!("keys" in document.body.dataset)) return;
  const visible = (element) => element && element.offsetParent !== null;
  const here = () => document.activeElement && document.activeElement.closest("article.post");
  const press = (beginning) => {
    const post = here(), button = post && post.querySelector(`.acts [id^=${beginning}-]`);
    if (button) button.click();
    return Boolean(button);
  };
  const step = (by) => {
    const posts = [...document.querySelectorAll("main article.post[id]")], at = posts.indexOf(here());
    // From nowhere it goes to the first post that is in sight.
    const next = at >= 0 ? posts[at + by] : posts.find((post) => post.getBoundingClientRect().bottom > 100);
    if (!next) return false;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "start" });
    return true;
  };
  const go = (path) => { location.assign(path); return true; };
  const write = () => {
    const form = document.getElementById("reply"), fields = form && form.elements;
    if (!fields || fields.reply_to.value || fields.wall_of.value) return go("/compose");
    fields.text.focus();
    return true;
  };
  const search = () => {
    const field = [...document.querySelectorAll("[type=search][name=q]")].find(visible);
    if (!field) return go("/search");
    field.focus();
    return true;
  };
  const help = () => {
    fetch("/shortcuts", { headers: { "HX-Request": "true" } }).then(async (answer) => {
      if (!answer.ok || answer.redirected) return;
      const dialog = document.createElement("dialog");
      dialog.className = "card";
      dialog.setAttribute("aria-labelledby", "keys-title");
      dialog.innerHTML = await answer.text();
      dialog.addEventListener("close", () => dialog.remove());
      document.body.append(dialog);
      dialog.showModal();
    });
    return true;
  };
  const does = {
    j: () => step(1),
    k: () => step(-1),
    r: () => press("reply"),
    f: () => press("heart"),
    b: () => press("share"),
    n: write,
    "/": search,
    "?": help,
    gh: () => go("/home"),
    gn: () => go("/notifications"),
  };
  let before = "", timer = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, video, audio, [contenteditable]") || document.querySelector("dialog[open]")) return;
    const key = before + event.key;
    before = "";
    clearTimeout(timer);
    if (key === "g") {
      before = key;
      timer = setTimeout(() => { before = ""; }, 1500);
      return;
    }
    if (event.repeat && !"jk".includes(key)) return;
    if (Object.hasOwn(does, key) && does[key]()) event.preventDefault();
  });
})();
