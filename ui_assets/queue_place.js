// Says in words how many are before the person in the queue. Runs in the head, before Gradio's own script,
// and listens along to the messages about its work that the server sends to this tab.
(() => {
  const PATIENCE = 500; // milliseconds; what begins sooner has not been waited for
  const waiting = new Map(); // by event: {rank, since}
  const own = window.fetch;
  let shown = null;
  let timer = 0;

  const words = (rank) => (rank === 0 ? "Waiting. You are next." : `Waiting. ${rank} before you.`);
  const show = () => {
    clearTimeout(timer);
    const now = performance.now();
    const ranks = [...waiting.values()].filter((one) => now - one.since >= PATIENCE).map((one) => one.rank);
    if (ranks.length < waiting.size) timer = setTimeout(show, PATIENCE);
    if (!shown) {
      shown = document.createElement("p");
      shown.id = "queue-place";
      shown.className = "notice busy";
      shown.setAttribute("role", "status");
      (document.querySelector(".gradio-container") ?? document.body).append(shown);
    }
    const text = ranks.length ? words(Math.min(...ranks)) : "";
    shown.hidden = !text;
    if (shown.textContent !== text) shown.textContent = text;
  };
  const take = (message) => {
    if (message.msg === "estimation" && message.event_id && Number.isInteger(message.rank)) {
      const since = waiting.get(message.event_id)?.since ?? performance.now();
      waiting.set(message.event_id, { rank: message.rank, since });
    } else if (message.msg === "close_stream") waiting.clear();
    else if (message.msg === "heartbeat" || !waiting.delete(message.event_id)) return;
    show();
  };
  const listen = async (stream) => {
    let text = "";
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (text + value).split("\n");
      text = lines.pop();
      for (const line of lines) {
        if (!line.startsWith("data:") || line.length > 4000) continue; // a place in the queue is short
        try { take(JSON.parse(line.slice(5))); } catch { /* not a message of the queue */ }
      }
    }
  };

  window.fetch = async (...request) => {
    const answer = await own.apply(window, request);
    const address = String(request[0]?.url ?? request[0]);
    if (!answer.ok || !answer.body || !new URL(address, location).pathname.endsWith("/queue/data")) return answer;
    const copy = answer.clone();
    // A stream that breaks off is Gradio's to report; nobody waits in it any more.
    listen(copy.body).catch(() => {}).finally(() => { waiting.clear(); show(); });
    return answer;
  };
})();
