// Larger, smaller, whole, and dragging, for a chart that can be read without it by scrolling.
(() => {
  const box = document.querySelector(".chart-box[data-in]");
  const svg = box?.querySelector("svg");
  if (!svg) return;
  const { width, height } = svg.viewBox.baseVal;
  let scale = 1;
  const zoom = (to) => {
    const x = (box.scrollLeft + box.clientWidth / 2) / scale;
    const y = (box.scrollTop + box.clientHeight / 2) / scale;
    scale = Math.min(3, Math.max(0.1, to));
    svg.setAttribute("width", width * scale);
    svg.setAttribute("height", height * scale);
    box.scrollTo(x * scale - box.clientWidth / 2, y * scale - box.clientHeight / 2);
  };
  const whole = () => Math.min(1, box.clientWidth / width, box.clientHeight / height);
  const bar = document.createElement("p");
  bar.className = "row noprint";
  for (const [text, to] of [
    [box.dataset.in, () => scale * 1.4],
    [box.dataset.out, () => scale / 1.4],
    [box.dataset.fit, whole],
  ]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", () => zoom(to()));
    bar.append(button);
  }
  box.before(bar);
  let from = null;
  box.addEventListener("pointerdown", (e) => {
    if (e.pointerType === "mouse" && !e.target.closest("a"))
      from = [e.clientX + box.scrollLeft, e.clientY + box.scrollTop];
  });
  addEventListener("pointermove", (e) => from && box.scrollTo(from[0] - e.clientX, from[1] - e.clientY));
  addEventListener("pointerup", () => (from = null));
  const start = svg.querySelector(".start path")?.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (start) box.scrollTo(start.x - frame.x - box.clientWidth / 2, start.y - frame.y - box.clientHeight / 2);
})();
