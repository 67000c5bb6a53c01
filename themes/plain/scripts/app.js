// The pages as an app. A worker beside them keeps the last stream for those who want that, and is told who looks.
(() => {
  "use strict";
  const workers = navigator.serviceWorker;
  if (!workers) return;
  const { member } = document.body.dataset;  // a sign for who looks, empty for nobody; some pages do not know
  const KEEPS = "keeps", TOLD = "told";  // whose last stream stays on this device, and who is told things on it
  const tell = async (said) => {
    const registration = member ? await workers.ready : await workers.getRegistration();
    if (registration && registration.active) registration.active.postMessage({ member, language: document.documentElement.lang, ...said });
  };
  const keeps = () => Boolean(member) && localStorage.getItem(KEEPS) === member;
  const hush = async () => {
    const registration = await workers.getRegistration();
    const subscription = registration && registration.pushManager && await registration.pushManager.getSubscription();
    if (subscription) await subscription.unsubscribe();
    localStorage.removeItem(TOLD);
  };
  const begin = async () => {
    if (member) await workers.register("/service-worker.js");
    if (member !== undefined && localStorage.getItem(TOLD) && localStorage.getItem(TOLD) !== member) await hush();
    await tell({ keeps: keeps(), home: location.pathname === "/home" });
  };
  begin().catch(() => {});  // a browser that keeps nothing for anybody, or no network
  // What is kept goes with the sign-out, even where it does not reach the node.
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") !== "/sign-out") return;
    localStorage.removeItem(KEEPS);
    tell({ member: "", keeps: false });
  });
  // Settings of this device.
  const box = document.getElementById("keeps");
  if (!box || !member) return;
  const pushes = "PushManager" in window && "Notification" in window;
  const able = { with: true, without: false, push: pushes, "no-push": !pushes };
  document.querySelectorAll("[data-app]").forEach((part) => { part.hidden = !able[part.dataset.app]; });
  box.checked = keeps();
  box.addEventListener("change", async () => {
    if (box.checked) localStorage.setItem(KEEPS, member); else localStorage.removeItem(KEEPS);
    await tell({ keeps: box.checked, home: true });
    window.allmende.say(box.dataset.done);
  });
  const form = document.getElementById("push");
  if (!form) return;
  const subscribe = async () => {
    if (await Notification.requestPermission() !== "granted") return window.allmende.say(form.dataset.refused);
    const { pushManager } = await workers.ready;
    const before = await pushManager.getSubscription();
    if (before && "here" in form.dataset) return form.submit();  // only what one is told of is another
    if (before) await before.unsubscribe();
    const options = { userVisibleOnly: true, applicationServerKey: form.dataset.key };
    const { endpoint, keys } = (await pushManager.subscribe(options)).toJSON();
    localStorage.setItem(TOLD, member);
    Object.entries({ endpoint, ...keys }).forEach(([name, value]) => { if (form.elements[name]) form.elements[name].value = value; });
    form.submit();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    subscribe().catch(() => window.allmende.say(form.dataset.failed));
  });
})();
