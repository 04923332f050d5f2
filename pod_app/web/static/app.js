// Improves pages that already work without it: copying an address, dropping a file, letting a notice go.
document.documentElement.classList.add("js");

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const input = document.getElementById(button.dataset.copy);
    input.select();
    await navigator.clipboard.writeText(input.value);
    const words = button.querySelector("span");
    const before = words.textContent;
    words.textContent = button.dataset.done;
    setTimeout(() => { words.textContent = before; }, 2000);
  });
}

for (const input of document.querySelectorAll("input[data-send]")) {
  input.addEventListener("change", () => { if (input.files.length) input.form.requestSubmit(); });
}

for (const toast of document.querySelectorAll("[data-seconds]")) {
  setTimeout(() => toast.remove(), 1000 * Number(toast.dataset.seconds));
}
