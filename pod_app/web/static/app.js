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

for (const picture of document.querySelectorAll("[data-preview]")) {
  const form = picture.closest("form");
  form.addEventListener("change", event => {
    if (!event.target.matches("[data-look], [data-icon]")) return;
    const look = form.querySelector("[data-look]:checked");
    if (look?.dataset.own) picture.src = look.dataset.own;
    else if (look?.value) picture.src = `${picture.dataset.preview}?look=${look.value}&icon=${form.elements.icon.value}`;
  });
}

for (const waiting of document.querySelectorAll("[data-reload]")) {
  setTimeout(() => location.reload(), 1000 * Number(waiting.dataset.reload));
}

// A screen that hands badges out looks whether something was taken. Without a network it looks again later.
for (const box of document.querySelectorAll("[data-watch]")) {
  let shown = "";
  const look = async () => {
    const answer = document.hidden ? null : await fetch(box.dataset.watch).catch(() => null);
    if (answer && [401, 403, 404, 410].includes(answer.status)) return location.reload();
    const text = answer?.ok ? await answer.text().catch(() => shown) : shown;
    if (text !== shown) box.innerHTML = shown = text;
    setTimeout(look, 1000 * Number(box.dataset.every));
  };
  look();
}

// Passkeys: bytes travel as base64url in JSON, which browsers turn into keys and back.
async function askPasskey(form) {
  const post = async (address, body) => {
    const headers = {"Content-Type": "application/json", "X-Form-Token": form.dataset.token || ""};
    const answer = await fetch(address, {method: "POST", headers, body: JSON.stringify(body)});
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  };
  const options = await post(form.dataset.ask, {});
  const adding = form.dataset.passkey === "add";
  const key = adding
    ? await navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)})
    : await navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)});
  const name = adding ? form.elements.key_name.value : "";
  const {then} = await post(form.dataset.send, adding ? {key: key.toJSON(), name} : key.toJSON());
  location.assign(then);
}

if (window.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON) {
  for (const form of document.querySelectorAll("[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async event => {
      event.preventDefault();
      const said = form.querySelector("[data-said]");
      said.textContent = "";
      try { await askPasskey(form); } catch { said.textContent = said.dataset.failed; }
    });
  }
}
