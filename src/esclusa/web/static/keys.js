// Keys press what the page already shows: every command is a button or link with data-key.
(() => {
  const own = document.body.dataset.ownAddress;
  if (own) history.replaceState(null, "", own + location.hash);
  const all = (s, n = document) => [...n.querySelectorAll(s)];
  const rows = all("[data-row]");
  let at = -1;
  const stand = (n) => {
    rows[at]?.classList.remove("at");
    at = n;
    rows[at].classList.add("at");
  };
  const move = (n) => {
    if (!rows[n]) return;
    stand(n);
    (rows[n].querySelector("a") ?? rows[n]).focus();
  };
  rows.forEach((row, n) => row.addEventListener("focusin", () => stand(n)));
  // After the load: the browser's own jump to the fragment takes the focus away.
  addEventListener("load", () => move(rows.findIndex((row) => "#" + row.id === location.hash)));
  const find = (key) => {
    const s = `[data-key="${key}"]`;
    return rows[at]?.querySelector(s) ?? all(s).find((e) => !e.closest("[data-row]"));
  };
  const press = (key) => {
    if (rows.length && (key === "j" || key === "k")) return move(at + (key === "j" ? 1 : -1)), true;
    const found = find(key);
    const link = rows[at]?.querySelector("a[href^='/alerts/']");
    if (found) {
      if (/search|select/.test(found.type)) return found.focus(), true;
      found.click();
      if (found.type === "radio") found.form.reason.focus();
      if (found.tagName === "SUMMARY") found.parentNode.querySelector("select").focus();
    } else if (link && /[1-9]/.test(key)) {
      location.href = link.href + (link.search ? "&" : "?") + "verdict=" + key;
    } else return false;
    return true;
  };
  document.addEventListener("keydown", (e) => {
    const field = e.target.closest("input:not([type=radio],[type=checkbox]),select,textarea");
    if (e.key === "Escape" && field) field.blur();
    if (document.body.dataset.keys !== "on" || field || e.ctrlKey || e.metaKey || e.altKey) return;
    if (/^[a-z1-9/?]$/.test(e.key) && press(e.key)) e.preventDefault();
  });
})();
