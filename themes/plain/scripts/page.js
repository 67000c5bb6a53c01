// What every page does where scripts run; without them everything works too, a page at a time.
(() => {
  "use strict";
  const say = (words) => {
    const place = document.getElementById("said");
    place.textContent = words;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { place.textContent = ""; }, 6000);
  };
  // An answer that says what went wrong is a page of its own: its message is told on this one.
  const wrong = (answer) => {
    const page = new DOMParser().parseFromString(answer, "text/html");
    const message = page.querySelector("main [role=alert]");
    return message ? message.textContent.trim() : "";
  };
  document.addEventListener("htmx:responseError", (event) => {
    const message = wrong(event.detail.xhr.responseText) || document.title;
    if (!event.target.dispatchEvent(new CustomEvent("wrong", { bubbles: true, cancelable: true, detail: message }))) return;
    say(message);
  });
  // What has been replaced takes the focus with it: give it back to the same button.
  let focused = "";
  document.addEventListener("htmx:beforeSwap", () => { focused = document.activeElement ? document.activeElement.id : ""; });
  document.addEventListener("htmx:afterSettle", () => {
    const again = focused && document.getElementById(focused);
    if (again && document.activeElement === document.body) again.focus({ preventScroll: true });
  });
  // One menu at a time; Escape and a click elsewhere close it.
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches("details.menu") || !event.target.open) return;
    document.querySelectorAll("details.menu[open]").forEach((menu) => { if (menu !== event.target) menu.open = false; });
  }, true);
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
  window.allmende = { ...window.allmende, say, wrong };
})();
