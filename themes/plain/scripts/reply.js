// Answering a post beneath it, without leaving the page.
(() => {
  "use strict";
  const composer = (post) => (post && post.nextElementSibling && post.nextElementSibling.matches("form.compose") ? post.nextElementSibling : null);
  // There is one place for an answer to a post: the second time leads to it.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.matches("a[id^=reply-]") && composer(event.target.closest("article.post"));
    if (!form) return;
    event.preventDefault();
    form.querySelector("textarea").focus();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("form.compose .cancel")) return;
    const form = event.target.closest("form.compose");
    const post = form.previousElementSibling;
    form.remove();
    if (post) post.querySelector("a[id^=reply-]").focus();
  });
  // What went wrong stands where it can be put right, until it is.
  document.addEventListener("wrong", (event) => {
    const form = event.target.closest("form.compose");
    if (!form) return;
    event.preventDefault();
    let note = form.querySelector(":scope > [role=alert]");
    if (!note) {
      note = document.createElement("p");
      note.className = "note warn";
      note.setAttribute("role", "alert");
      form.prepend(note);
    }
    note.textContent = event.detail;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const { elt, requestConfig } = event.detail;
    if (!requestConfig || requestConfig.path !== "/posts" || !elt.matches("article.post")) return;
    elt.focus();
    window.allmende.refresh(requestConfig.parameters.get("reply_to")); // it has one answer more
  });
})();
