// Files for a post are uploaded while it is written, one after the other: chosen, dropped or pasted.
(() => {
  "use strict";
  const busy = new Map(); // composer → what is on its way
  const area = (form) => form.querySelector(".drop");
  const element = (name, text, to) => {
    const made = document.createElement(name);
    made.textContent = text;
    to.append(made);
    return made;
  };
  const ready = (root) => root.querySelectorAll("form.compose .drop").forEach((drop) => {
    drop.hidden = false;
    drop.parentElement.querySelector(".slots").hidden = true;
  });
  ready(document);
  document.addEventListener("htmx:load", (event) => { if (event.target.parentElement) ready(event.target.parentElement); });

  const send = (form, file, bar) => new Promise((done) => {
    const drop = area(form), data = new FormData(), request = new XMLHttpRequest();
    data.append("csrf", form.elements.csrf.value);
    data.append("key", drop.dataset.key);
    data.append("n", form.querySelectorAll(".kept").length + 1);
    data.append("file", file, file.name);
    request.open("POST", "/compose/files");
    request.setRequestHeader("Accept", "text/html");
    request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; };
    request.upload.onload = () => bar.removeAttribute("value"); // it is looked at now: nobody knows how long
    request.onloadend = () => done(request);
    request.send(data);
  });
  const upload = async (form, file) => {
    const drop = area(form), line = element("li", "", drop.querySelector(".uploads"));
    element("span", file.name, line);
    if (form.querySelectorAll(".kept input[name=media]").length - form.querySelectorAll(".kept [type=checkbox]:checked").length >= drop.dataset.most) {
      element("strong", drop.dataset.many, line).setAttribute("role", "alert");
      return null;
    }
    const bar = element("progress", "", line);
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    const answer = await send(form, file, bar);
    bar.remove();
    if (answer.status !== 200 || !answer.responseURL.endsWith("/compose/files")) {
      element("strong", window.allmende.wrong(answer.responseText) || drop.dataset.failed, line).setAttribute("role", "alert");
      return null;
    }
    line.remove();
    const here = form.querySelector(".files .here");
    here.insertAdjacentHTML("beforeend", answer.responseText);
    return here.lastElementChild;
  };
  const take = (form, files, pasted) => {
    const drop = area(form), some = [...files];
    drop.closest("details").open = true;
    drop.querySelectorAll("li:has([role=alert])").forEach((line) => line.remove());
    const work = (busy.get(form) || Promise.resolve()).then(async () => {
      const came = [];
      for (const file of some) came.push(await upload(form, file));
      const first = came.find(Boolean);
      if (!first) return;
      if (pasted) window.allmende.say(drop.dataset.there); // who pastes is writing, and goes on
      else first.querySelector("input:not([type=hidden])").focus();
    }).finally(() => { if (busy.get(form) === work) busy.delete(form); });
    busy.set(form, work);
  };

  const composer = (event) => {
    const form = event.target.closest && event.target.closest("form.compose");
    return form && area(form) ? form : null;
  };
  document.addEventListener("change", (event) => {
    if (!event.target.matches(".drop [type=file]") || !event.target.files.length) return;
    take(composer(event), event.target.files);
    event.target.value = "";
  });
  document.addEventListener("paste", (event) => {
    const data = event.clipboardData, form = composer(event);
    if (!form || !data.files.length || data.types.includes("text/plain")) return;
    event.preventDefault();
    take(form, data.files, true);
  });
  const over = (form) => document.querySelectorAll("form.compose").forEach((one) => one.classList.toggle("over", one === form));
  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, (event) => {
      if (!event.dataTransfer.types.includes("Files") || event.target.matches("[type=file]")) return;
      event.preventDefault(); // beside a composer, the browser would leave the page for the file
      const form = composer(event);
      over(kind === "dragover" ? form : null);
      if (kind === "drop" && form) take(form, event.dataTransfer.files);
    });
  }
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(null); });
  // Nothing is sent while a file is on its way: it would be left behind.
  const wait = (event) => {
    const form = composer(event);
    if (!form || !busy.has(form) || (event.type === "click" && !event.target.closest("button:not([type=button])"))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    window.allmende.say(area(form).dataset.busy);
  };
  document.addEventListener("click", wait, true);
  document.addEventListener("submit", wait, true);
})();
