// Keeps the parts of a page that are marked data-live up to date: when an entry that concerns them
// is recorded, the page is fetched again and those parts are exchanged. Focus and what is being typed
// are left alone.

const parts = Array.from(document.querySelectorAll("[data-live]"));
const about = () => parts.map((part) => part.dataset.live).filter(Boolean).join(",");
let waiting = false;
let events;

async function refresh() {
  if (waiting) return;
  waiting = true;
  await new Promise((done) => setTimeout(done, 150));
  waiting = false;
  const answer = await fetch(location.href, { headers: { "x-live": "1" }, cache: "no-store" });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const fresh = page.getElementById(part.id);
    if (!fresh) continue;
    if (part.dataset.live !== fresh.dataset.live) {
      // It concerns more by now, such as a release.
      part.dataset.live = fresh.dataset.live;
      listen();
    }
    if (fresh.innerHTML === part.innerHTML) continue;
    if (part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) {
      continue;
    }
    part.replaceChildren(...fresh.childNodes);
  }
}

function listen() {
  const before = events;
  const wish = about();
  events = new EventSource("/api/v1/events" + (wish ? "?about=" + encodeURIComponent(wish) : ""));
  events.addEventListener("entry", () => refresh().catch(() => {}));
  if (!before) return;
  // Nothing falls between the one and the other: what came meanwhile is fetched.
  const taken = () => {
    before.close();
    refresh().catch(() => {});
  };
  events.addEventListener("open", taken, { once: true });
}

if (parts.length > 0) {
  listen();
  addEventListener("pagehide", () => events.close());
}
