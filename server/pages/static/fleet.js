// @ts-check
/** The fleet page: tables from /v1/fleet; a token lives in this tab only. */

const STATES = { ok: "正常", seed: "只有内置规则", expired: "签名过期", stale: "超过一天没有更新", refused: "拒绝了新版本" };
const REFUSALS = {
  none: "还没收到（离线，或刚刚发布）", malformed: "内容损坏", signature: "签名不对", schema: "格式太新", channel: "频道不对", engine: "扩展太旧",
  rollback: "版本倒退", equivocation: "同一版本内容不同", "fast-forward": "版本跳得太远", size: "大小不对", hash: "哈希不对",
  selftest: "自检失败", network: "网络不通", storage: "浏览器存储失败",
};
const REFRESH = 10_000;

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {Record<string, string>} names @param {string} key */
const named = (names, key) => names[key] ?? key;
/** @param {number} version */
const dotted = (version) => [Math.floor(version / 10000), Math.floor(version / 100) % 100, version % 100].join(".");

/** @param {string} id @param {string[]} heads @param {unknown[][]} rows */
function table(id, heads, rows) {
  if (!rows.length) {
    element(id).textContent = "没有";
    return;
  }
  const head = document.createElement("tr");
  for (const text of heads) head.append(Object.assign(document.createElement("th"), { textContent: text, scope: "col" }));
  const body = rows.map((row) => {
    const line = document.createElement("tr");
    for (const cell of row) line.append(Object.assign(document.createElement("td"), { textContent: String(cell) }));
    return line;
  });
  const whole = document.createElement("table");
  const thead = document.createElement("thead");
  const tbody = document.createElement("tbody");
  thead.append(head);
  tbody.append(...body);
  whole.append(thead, tbody);
  element(id).replaceChildren(whole);
}

/** @param {any} fleet */
function render(fleet) {
  const served = fleet.served.map((/** @type {any} */ r) => `${r[0]} 第 ${r[2]} 版`).join("，");
  element("summary").textContent = `最近一天有 ${fleet.active_day} 个浏览器在用。现在提供：${served || "还没有发布"}。`;
  table("versions", ["频道", "纪元", "版本", "浏览器数"], fleet.versions);
  table("states", ["状态", "浏览器数"], fleet.states.map((/** @type {any} */ r) => [named(STATES, r[0]), r[1]]));
  table(
    "behind",
    ["安装", "频道", "版本", "状态", "原因", "最后报告"],
    fleet.behind.map((/** @type {any} */ r) => [
      r[0], r[1], r[3], named(STATES, r[4]), named(REFUSALS, r[5]), new Date(r[6] * 1000).toLocaleString("zh-CN"),
    ]),
  );
  table("rules", ["频道", "规则", "次数"], fleet.rules);
  table("browsers", ["浏览器", "扩展版本", "数量"], fleet.browsers.map((/** @type {any} */ r) => [r[0], dotted(r[1]), r[2]]));
}

async function refresh() {
  const token = sessionStorage.getItem("token");
  try {
    const answer = await fetch("/v1/fleet", token ? { headers: { authorization: `Bearer ${token}` } } : {});
    element("login").hidden = answer.status !== 401 && answer.status !== 403;
    if (answer.ok) render(await answer.json());
    else element("summary").textContent = (await answer.json()).title;
  } catch {
    element("summary").textContent = "与服务器的连接断了，稍后重试。";
  }
}

element("login").addEventListener("submit", (submit) => {
  submit.preventDefault();
  sessionStorage.setItem("token", /** @type {HTMLInputElement} */ (element("token")).value.trim());
  refresh();
});
setInterval(refresh, REFRESH);
refresh();
