// Runs once when the page has loaded: files pasted or dropped anywhere go to the upload field, and a page that
// has outlived its server says so, because nothing that it shows is open there any more.
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

  const serverId = async () => {
    try {
      const reply = await fetch(new URL("gradio_api/app_id", document.baseURI));
      return reply.ok ? await reply.text() : null;
    } catch {
      return null; // it is down, or the laptop has just woken up
    }
  };
  const tellOfRestart = () => {
    const notice = document.createElement("p");
    notice.id = "restarted";
    notice.className = "notice error";
    notice.setAttribute("role", "alert");
    notice.innerHTML = 'docvlm was started again, and no longer knows what is open here. <a href="">Load the page again</a>. Documents and labels are kept.';
    document.body.append(notice);
  };
  const watch = async (before) => {
    const now = await serverId();
    if (before !== null && now !== null && now !== before) tellOfRestart();
    else setTimeout(watch, 5000, before ?? now);
  };
  watch(null);
}
