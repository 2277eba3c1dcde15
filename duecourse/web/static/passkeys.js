// Has a passkey sign, or makes one, and sends the form with the answer. Without this, no passkey can be used.
const toBytes = text => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), c => c.charCodeAt(0));
const toText = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const named = list => (list || []).map(one => ({ ...one, id: toBytes(one.id) }));

async function answerOf(form, says) {
  const asked = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (!asked.ok || asked.redirected) throw new Error(says.dataset.noAnswer);
  const options = await asked.json();
  options.challenge = toBytes(options.challenge);
  const isNew = form.dataset.passkey === "create";
  if (isNew) {
    options.user.id = toBytes(options.user.id);
    options.excludeCredentials = named(options.excludeCredentials);
  } else {
    options.allowCredentials = named(options.allowCredentials);
  }
  const made = await navigator.credentials[isNew ? "create" : "get"]({ publicKey: options });
  const said = made.response, response = { clientDataJSON: toText(said.clientDataJSON) };
  if (isNew) {
    response.attestationObject = toText(said.attestationObject);
  } else {
    response.authenticatorData = toText(said.authenticatorData);
    response.signature = toText(said.signature);
  }
  return JSON.stringify({ id: made.id, rawId: toText(made.rawId), type: made.type, response });
}

// What the template says of it, in the reader's language; a browser's own words are in the browser's.
const REASONS = { NotAllowedError: "cancelled", InvalidStateError: "known", Error: "" };

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button"), says = form.querySelector("[data-says]");
  const say = text => { says.textContent = text; says.hidden = !text; };
  button.hidden = false;
  if (!window.PublicKeyCredential) {
    button.disabled = true;
    say(says.dataset.none);
    continue;
  }
  form.addEventListener("submit", async event => {
    event.preventDefault();
    button.disabled = true;
    say("");
    try {
      form.elements.credential.value = await answerOf(form, says);
      form.submit();
    } catch (error) {
      const reason = REASONS[error.name] ?? "failed";
      say(reason ? says.dataset[reason] : error.message);
      button.disabled = false;
    }
  });
}
