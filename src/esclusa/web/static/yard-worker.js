// Answers for /yard/ alone, and only where there is no link: the sheet that was opened, its files.
const HOURS = 72;
const PATIENCE = 4000;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (e) => e.waitUntil(clients.claim()));
addEventListener("fetch", (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) e.respondWith(file(e.request));
  else if (e.request.mode === "navigate" && url.pathname.startsWith("/yard/")) e.respondWith(page(e.request, url.pathname));
});

const file = async (request) => (await caches.match(request, { ignoreVary: true })) ?? fetch(request);

// The node first; what is kept only when it does not answer, and while it is not too old.
const page = async (request, path) => {
  const kept = await caches.match(path, { ignoreVary: true });
  const age = kept && Date.now() - new Date(kept.headers.get("date"));
  if (!(age < HOURS * 3600e3)) return fetch(request);
  const asked = fetch(request);
  asked.catch(() => {});
  const late = new Promise((_, fail) => setTimeout(fail, PATIENCE));
  return Promise.race([asked, late]).catch(() => kept);
};
