// Runs once when the page has loaded: files pasted or dropped anywhere go to the upload field, and the page
// chips on the left follow the page that is shown.
() => {
  const upload = (files) => {
    const field = document.querySelector("#upload input[type=file]");
    if (!field || !files.length) return false;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    field.files = transfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  };
  document.addEventListener("paste", (event) => {
    if (upload(event.clipboardData?.files ?? [])) event.preventDefault();
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (event.target.closest?.("#upload")) return;
    if (upload(event.dataTransfer?.files ?? [])) event.preventDefault();
  });
}
