// Checks a definition while it is typed, and leads from a flaw to its line. Without it the button “Check” does the same.
const form = document.querySelector("form[data-check]");
const text = document.getElementById("definition");
const checks = document.getElementById("checks");
const said = document.getElementById("checks-said");
let waiting, asked = 0;

async function check() {
  const mine = ++asked, fields = new FormData();
  for (const name of ["form_token", "definition", "printed", "contract"])
    if (form.elements[name]) fields.set(name, form.elements[name].value);
  let answer;
  try {
    answer = await fetch(form.dataset.check, { method: "POST", body: fields });
  } catch { return; }
  // What was typed since is being asked for already; a refusal is shown when the form is sent.
  if (mine !== asked || !answer.ok || answer.redirected) return;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== asked) return;
  checks.replaceChildren(...found.body.childNodes);
  said.textContent = checks.querySelector("[data-summary]")?.textContent ?? "";
}

if (form && text && checks) {
  text.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(check, 400); });
  checks.addEventListener("click", (event) => {
    const line = Number(event.target.closest("[data-line]")?.dataset.line);
    if (!line) return;
    event.preventDefault();
    const lines = text.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
    text.scrollTop = (line - 4) * parseFloat(getComputedStyle(text).lineHeight);
  });
}
