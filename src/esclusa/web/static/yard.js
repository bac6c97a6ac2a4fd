// The yard's form without link. What is typed stays on this device until the node has acknowledged
// it. A form has an id made here, so a form that is sent again is never a second record.
(() => {
  const root = document.querySelector("[data-yard]");
  const one = (s, n = root) => n.querySelector(s);
  const every = (s, n = root) => [...n.querySelectorAll(s)];
  const form = one("form.yard"), told = one("[data-told]"), button = one("form.yard button.main");
  const words = JSON.parse(root.dataset.words), who = root.dataset.who;
  const PATIENCE = 30e3;
  const path = location.pathname, span = root.dataset.hours * 3600e3;
  const say = (text) => (one("[data-say]").textContent = text);
  if (!isSecureContext || !navigator.serviceWorker || !self.indexedDB || !navigator.locks) return say(words.unable);

  // --- what this device keeps ---------------------------------------------------------------
  const CACHE = "esclusa-yard:" + who;
  const asked = (request) => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  const opening = indexedDB.open("esclusa-yard", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("forms", { keyPath: "id" });
  const base = asked(opening);
  base.then((found) => (found.onversionchange = () => found.close()), () => {});
  const all = async () => asked((await base).transaction("forms").objectStore("forms").getAll());
  const write = async (act) => {
    const step = (await base).transaction("forms", "readwrite", { durability: "strict" });
    act(step.objectStore("forms"));
    step.commit(); // at once: a page that is left has no later moment for it
    await new Promise((done, fail) => {
      step.oncomplete = done;
      step.onerror = step.onabort = () => fail(step.error);
    });
  };
  const put = (kept) => write((forms) => forms.put(kept));
  const drop = (id) => write((forms) => forms.delete(id));

  // --- the form on the page -----------------------------------------------------------------
  let now;
  const typed = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !["csrf", "form_id", "told"].includes(name));
  const chosen = () => (form.elements.box.value ? form.elements.box.selectedOptions[0].text : "");
  const filled = () => now.photos.length > 0 || typed().some(([name, value]) => value && name !== "zone");
  const clear = () => {
    every(".wrong", form).forEach((node) => node.remove());
    every("[aria-invalid]", form).forEach((node) => ["aria-invalid", "aria-describedby"].forEach((name) => node.removeAttribute(name)));
    one("ul", told).replaceChildren();
    told.hidden = true;
    button.textContent = words.record;
  };
  // Photographs wait with their form; what is no JPEG or PNG by its first bytes is not kept at all.
  const camera = form.elements.photos, most = camera.closest("[data-most]").dataset;
  const pictures = () => one("[data-photos]", form).replaceChildren(...now.photos.map((photo, at) => {
    const row = document.createElement("li"), press = document.createElement("button");
    row.textContent = `${photo.name} · ${(photo.data.size / 1e6).toFixed(1)} MB `;
    Object.assign(press, { type: "button", textContent: words.remove });
    press.setAttribute("aria-label", `${words.remove}: ${photo.name}`);
    press.addEventListener("click", () => {
      now.photos.splice(at, 1);
      pictures();
      camera.focus();
      save();
    });
    row.append(press);
    return row;
  }));
  const isPhoto = async (file) => {
    const start = [...new Uint8Array(await file.slice(0, 4).arrayBuffer())].join();
    return file.size <= most.bytes && /^(255,216,255|137,80,78,71)/.test(start);
  };
  camera.addEventListener("change", async () => {
    const chosen = [...camera.files], of = now;
    camera.value = "";
    for (const file of chosen) {
      // A copy in memory: the file may be gone from the device when there is a connection again.
      if (of.photos.length < most.most && (await isPhoto(file))) of.photos.push({ name: file.name, data: new Blob([await file.arrayBuffer()]) });
      else say(words.photo);
    }
    if (of !== now) return;
    pictures();
    save();
  });
  const blank = () => {
    clear();
    form.reset();
    now = { id: crypto.randomUUID(), who, path, told: [], photos: [] };
    pictures();
  };
  const complain = (kept) => {
    for (const { field, text } of kept.mistakes ?? []) {
      const place = one(`[data-field="${field}"]`, form) ?? one('[data-field="box"]', form);
      const note = place.appendChild(document.createElement("p"));
      note.className = "wrong";
      note.id = field + "-wrong";
      note.textContent = text;
      every("input,select,textarea", place).forEach((node) => {
        node.setAttribute("aria-invalid", "true");
        node.setAttribute("aria-describedby", note.id);
      });
    }
    const read = [...(kept.read ?? []), ...(kept.why ? [{ text: kept.why }] : [])];
    one("ul", told).replaceChildren(...read.map(({ text }) => Object.assign(document.createElement("li"), { textContent: text })));
    told.hidden = !read.length;
    button.textContent = kept.read?.length ? words.nevertheless : words.record;
  };
  const open = (kept) => {
    blank();
    for (const [name, value] of kept.fields) {
      for (const node of every(`[name="${name}"]`, form)) {
        if (/radio|checkbox/.test(node.type)) node.checked ||= node.value === value;
        else node.value = value;
      }
    }
    // Whoever sends it again has read what the node told him; a content that the node knows under
    // this id with other words needs an id of its own.
    now = { ...kept, id: kept.why ? crypto.randomUUID() : kept.id, told: (kept.read ?? []).map(({ code }) => code), photos: kept.photos ?? [] };
    pictures();
    if (kept.why) drop(kept.id);
    complain(kept);
    form.elements.box.focus();
  };
  const keep = async (state) => {
    const { id, told: known, mistakes, read, why, photos } = now;
    const kept = { id, who, path, told: known, mistakes, read, why, photos, box: chosen(), fields: typed(), state, saved: Date.now() };
    try {
      await put(kept);
      return true;
    } catch {
      say(words.full);
      return false;
    }
  };
  let typing;
  const save = () => {
    clearTimeout(typing);
    typing = 0;
    return filled() ? keep("draft").then(show) : undefined;
  };
  form.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(save, 300);
  });
  addEventListener("pagehide", () => typing && save());
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    clearTimeout(typing);
    typing = 0;
    now = { ...now, mistakes: [], read: [], why: "" };
    if (!(await keep("waiting"))) return;
    blank();
    say(words.kept);
    await show();
    one("[data-send]").focus();
    send();
  });

  // --- sending ------------------------------------------------------------------------------
  // Fetches this page anew: the token of the session, what is known of the boxes by now.
  const refresh = async () => {
    const answer = await fetch(path, { redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (answer.type === "opaqueredirect") return say(words.signin), "";
    if (!answer.ok) return say(answer.status === 404 ? words.gone : words.later), "";
    const copy = answer.clone();
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (one("[data-yard]", fresh)?.dataset.who !== who) return say(words.other), "";
    await (await caches.open(CACHE)).put(path, copy);
    const token = one("form.yard [name=csrf]", fresh).value;
    every("[name=csrf]", document).forEach((node) => (node.value = token));
    const boxes = one("[data-boxes]"), news = one("[data-boxes]", fresh);
    if (boxes && news && !boxes.contains(document.activeElement)) boxes.replaceWith(news);
    return token;
  };
  // True where the node has answered for this form, whatever it said.
  const sent = async (kept, token) => {
    const body = new FormData();
    for (const [name, value] of [...kept.fields, ...kept.told.map((code) => ["told", code]), ["form_id", kept.id], ["csrf", token]]) body.append(name, value);
    for (const { name, data } of kept.photos ?? []) body.append("photos", data, name);
    await put({ ...kept, tried: true });
    // Ten thousand bytes a second is the slowest link on which photographs are waited for.
    const weight = (kept.photos ?? []).reduce((sum, { data }) => sum + data.size, 0);
    const answer = await fetch(kept.path, { method: "POST", body, redirect: "manual", headers: { accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE + weight / 10) });
    if (answer.type === "opaqueredirect") return say(words.signin), false;
    if (answer.status === 404) await put({ ...kept, state: "told", why: words.gone });
    if (!/json/.test(answer.headers.get("content-type"))) return answer.status === 404 || (say(words.later), false);
    const said = await answer.json();
    if (said.receipt) await put({ id: kept.id, who, path: kept.path, box: kept.box, state: "sent", at: said.receipt.at, saved: kept.saved });
    else await put({ ...kept, state: "told", mistakes: said.mistakes, read: said.told, why: said.why });
    return true;
  };
  let pause = 15e3, again;
  const send = () => navigator.locks.request("esclusa-yard", { ifAvailable: true }, async (lock) => {
    clearTimeout(again);
    if (!lock) return;
    const mine = (await all()).filter((kept) => kept.who === who && kept.state === "waiting").sort((a, b) => a.saved - b.saved);
    try {
      const token = mine.length && (await refresh());
      for (const kept of token ? mine : []) if (!(await sent(kept, token))) break;
    } catch {
      say(words.nolink);
    }
    const left = await show();
    if (mine.length && !left) say(words.all);
    if (mine.length && !left) await refresh().catch(() => {});
    pause = left ? Math.min(pause * 2, 300e3) : 15e3;
    if (left) again = setTimeout(send, pause);
  });
  addEventListener("online", send);

  // --- the list -----------------------------------------------------------------------------
  // What may have arrived already is not changed: its id stands for what was sent.
  const free = (kept) => kept.state !== "sent" && !(kept.state === "waiting" && kept.tried);
  const take = (id, step) => navigator.locks.request("esclusa-yard", async () => {
    const kept = (await all()).find((found) => found.id === id);
    if (kept && free(kept)) {
      if (kept.state === "waiting") await put({ ...kept, state: "draft" });
      await step(kept);
    }
    await show();
  });
  const line = (kept) => {
    const row = one("[data-line]").content.cloneNode(true);
    const [box, state, time] = every("th,td", row);
    box.textContent = kept.box || words.nobox;
    state.textContent = words[kept.state === "waiting" && kept.tried ? "tried" : kept.state];
    time.textContent = new Date(kept.saved).toISOString().slice(0, 16).replace("T", " ") + "Z";
    const steps = { open: () => take(kept.id, open), drop: () => confirm(words.drop) && take(kept.id, ({ id }) => drop(id)) };
    for (const [name, step] of Object.entries(steps)) {
      const press = one(`[data-${name}]`, row);
      if (free(kept)) press.addEventListener("click", step);
      else press.remove();
      press.setAttribute("aria-label", `${press.textContent}: ${box.textContent}`);
    }
    return row;
  };
  // Drops what is too old, draws the rest; returns how many of this account wait to be sent.
  const show = async () => {
    const found = await all();
    const old = found.filter((kept) => Date.now() - kept.saved > span);
    if (old.length) await write((forms) => old.forEach((kept) => forms.delete(kept.id)));
    const here = found.filter((kept) => !old.includes(kept));
    const mine = here.filter((kept) => kept.who === who).sort((a, b) => a.saved - b.saved);
    one("[data-device]").hidden = false;
    one("[data-kept]").replaceChildren(...mine.map(line));
    one("[data-others]").hidden = mine.length === here.length;
    const unsent = here.filter((kept) => kept.state !== "sent").length;
    document.cookie = `esclusa_unsent=${unsent}; path=/; samesite=strict; max-age=${unsent ? span / 1e3 : 0}`;
    return mine.filter((kept) => kept.state === "waiting").length;
  };
  const wipe = async () => {
    if (!confirm(words.wipe)) return;
    await write((forms) => forms.clear());
    for (const name of await caches.keys()) await caches.delete(name);
    for (const found of await navigator.serviceWorker.getRegistrations()) await found.unregister();
    blank();
    await show();
    say(words.wiped);
  };
  one("[data-send]").addEventListener("click", send);
  one("[data-wipe]").addEventListener("click", wipe);
  every("[data-now]").forEach((press) => {
    press.hidden = false;
    press.addEventListener("click", () => {
      const shape = { timeZone: form.elements.zone.value, dateStyle: "short", timeStyle: "short" };
      form.elements[press.dataset.now].value = new Intl.DateTimeFormat("sv-SE", shape).format();
      save();
    });
  });
  root.addEventListener("click", (e) => {
    const link = e.target.closest("[data-box]");
    if (!link) return;
    e.preventDefault();
    form.elements.box.value = new URL(link.href).searchParams.get("box");
    form.elements.box.focus();
    save();
  });

  // --- at the start -------------------------------------------------------------------------
  const prepare = async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    const cache = await caches.open(CACHE);
    const files = every("link[href^='/static/'],script[src^='/static/']", document).map((node) => node.getAttribute(node.src ? "src" : "href"));
    for (const { url } of await cache.keys()) {
      const old = new URL(url).pathname;
      if (old.startsWith("/static/") && !files.includes(old)) await cache.delete(url);
    }
    for (const file of files) if (!(await cache.match(file))) await cache.add(file);
    await navigator.serviceWorker.register("/yard/worker.js", { scope: "/yard/" });
    await navigator.serviceWorker.ready;
    await refresh().then((token) => token && say(words.ready), () => say(words.nolink));
  };
  const box = form.elements.box.value;
  base.then(async () => {
    blank();
    if (box) form.elements.box.value = box;
    await show();
    await prepare();
    await send();
  }).catch(() => say(words.unable));
})();
