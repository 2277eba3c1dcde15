// Nicer with it, complete without it: buttons that copy a text.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const text = document.getElementById(button.dataset.copy).textContent;
  const says = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = says; }, 2000);
  });
}
