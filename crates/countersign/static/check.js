// Shows beside the request form, while it is filled in, who would have to agree.

const form = document.getElementById("draft");
const check = document.getElementById("check");
let last = "";
let timer = 0;

async function ask() {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (name !== "csrf" && name !== "command_id" && typeof value === "string") fields.append(name, value);
  }
  const asked = fields.toString();
  if (asked === last) return;
  last = asked;
  const answer = await fetch(form.dataset.check + "?" + asked, { cache: "no-store" });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  check.replaceChildren(...page.body.childNodes);
}

if (form && check) {
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask().catch(() => {}), 300);
  });
  // A revision begins with what was asked for before.
  ask().catch(() => {});
}
