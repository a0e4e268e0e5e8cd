// @ts-check
/** The start page's live part: the state of the rules, by SSE; everything is set as text. */

const SENTENCES = {
  ok: "规则正常，已发布。",
  faulty: "刚保存的规则有错误，没有发布；之前的规则继续工作。请按下面的提示改正，保存后自动重试。",
  held: "这次保存一下子少了很多规则，可能是文件只写了一半，所以先不发布。",
  building: "正在编译规则……",
  "no-rules": "没有找到规则目录；之前发布的规则继续工作。",
  unavailable: "规则没有问题，但现在不能发布（磁盘或存储不可用）；之前的规则继续工作。",
  lost: "与服务器的连接断了，正在重连……浏览器里的规则照常工作。",
};

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {{state: keyof typeof SENTENCES, faults: number, warnings: number, held: {was: number, now: number} | null}} build */
function sentence(build) {
  let text = SENTENCES[build.state] ?? build.state;
  if (build.held) text += `（原有 ${build.held.was} 条，现在 ${build.held.now} 条。确认无误请运行 replyguard publish --accept-shrink）`;
  if (build.faults) text += ` 错误 ${build.faults} 处。`;
  if (build.warnings) text += ` 提醒 ${build.warnings} 处。`;
  return text;
}

/** @param {string} state @param {string} text */
function show(state, text) {
  const box = element("state");
  box.dataset.state = state;
  if (box.textContent !== text) box.textContent = text;
}

/** @param {any} build */
function render(build) {
  show(build.state, sentence(build));
  const table = element("channels");
  table.hidden = !build.channels.length;
  const rows = build.channels.map((/** @type {any} */ channel) => {
    const row = document.createElement("tr");
    const created = channel.created ? new Date(channel.created).toLocaleString("zh-CN") : "";
    const version = channel.version ? String(channel.version) : "还没有";
    for (const text of [channel.title || channel.id, version, String(channel.rules), created]) {
      row.append(Object.assign(document.createElement("td"), { textContent: text }));
    }
    return row;
  });
  table.querySelector("tbody")?.replaceChildren(...rows);
  element("diagnostics").replaceChildren(
    ...build.diagnostics.map((/** @type {any} */ diagnostic) => {
      const block = document.createElement("pre");
      block.dataset.severity = diagnostic.severity;
      block.textContent = diagnostic.text_zh;
      block.tabIndex = 0;
      return block;
    }),
  );
}

const source = new EventSource("/v1/build/events");
source.addEventListener("build", (message) => render(JSON.parse(message.data)));
source.addEventListener("error", () => show("lost", SENTENCES.lost));
fetch("/v1/build").then((answer) => answer.json()).then(render, () => show("lost", SENTENCES.lost));
