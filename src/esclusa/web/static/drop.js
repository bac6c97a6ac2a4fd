// A file dropped on the form goes into its file field; sending it stays the person's own step.
(() => {
  const form = document.querySelector("form[data-drop]");
  const field = form.querySelector("input[type=file]");
  const over = (e, on) => {
    const files = [...e.dataTransfer.types].includes("Files");
    if (files) e.preventDefault();
    form.classList.toggle("over", files && on);
    return files;
  };
  form.addEventListener("dragover", (e) => over(e, true));
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (e) => {
    if (!over(e, false)) return;
    field.files = e.dataTransfer.files;
    field.focus();
  });
})();
