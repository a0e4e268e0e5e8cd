/** The demo's chat: made-up buyers, a composer of two kinds, and nothing that leaves the page. */

interface Message {
  readonly from: "buyer" | "agent" | "system";
  readonly text: string;
  readonly at: string;
}
interface Talk {
  readonly id: string;
  readonly buyer: string;
  readonly hue: number;
  readonly order: string;
  readonly goods: string;
  readonly price: string;
  readonly state: string;
  readonly messages: Message[];
  unread: number;
}

const message = (from: Message["from"], text: string, at: string): Message => ({ from, text, at });

const TALKS: Talk[] = [
  {
    id: "tb8812",
    buyer: "爱吃橘子的猫",
    hue: 24,
    order: "2811904467730150918",
    goods: "云柔纯棉四件套 1.8m 雾蓝",
    price: "¥329.00",
    state: "待付款",
    unread: 0,
    messages: [
      message("system", "买家从商品详情页进入会话", "09:41"),
      message("buyer", "在吗？这套四件套有现货吗", "09:41"),
      message("agent", "亲亲在的哦，雾蓝色有现货的呢", "09:42"),
      message("buyer", "能不能加个微信聊呀，这里消息老是看不到", "09:43"),
    ],
  },
  {
    id: "tb3307",
    buyer: "小鹿不会跑",
    hue: 152,
    order: "2811904467730157742",
    goods: "轻享破壁机 家用静音款",
    price: "¥499.00",
    state: "待付款",
    unread: 1,
    messages: [message("buyer", "你好，这个可以用信用卡付款吗", "09:38")],
  },
  {
    id: "tb5120",
    buyer: "盛和采购李姐",
    hue: 214,
    order: "2811904467730161035",
    goods: "A4 复印纸 70g 整箱 10 包",
    price: "¥168.00 × 6",
    state: "已付款",
    unread: 1,
    messages: [message("buyer", "我们公司报销要用", "09:30"), message("buyer", "可以开发票吗？", "09:30")],
  },
  {
    id: "tb7741",
    buyer: "晚风和酒",
    hue: 280,
    order: "2811904467730169218",
    goods: "手冲咖啡豆 埃塞俄比亚 454g",
    price: "¥88.00",
    state: "待发货",
    unread: 1,
    messages: [message("buyer", "拍下了，今天能发货吗？周末要用", "09:22")],
  },
  {
    id: "tb9016",
    buyer: "阿珍今天早睡",
    hue: 340,
    order: "2811904467730172206",
    goods: "烟酰胺身体乳 400ml",
    price: "¥59.90",
    state: "咨询中",
    unread: 2,
    messages: [message("buyer", "你家这个是全网最低价吗", "09:15"), message("buyer", "效果是不是最好的呀", "09:16")],
  },
  {
    id: "tb6633",
    buyer: "老周五金",
    hue: 190,
    order: "2811904467730180011",
    goods: "不锈钢合页 加厚 20 只装",
    price: "¥46.00",
    state: "待付款",
    unread: 1,
    messages: [message("buyer", "我直接微信转账给你，能不能便宜两块", "09:02")],
  },
];

const $ = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

function node(tag: string, className: string, text = ""): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function avatar(talk: Talk): HTMLElement {
  const face = node("span", "avatar", talk.buyer.slice(0, 1));
  face.style.setProperty("--hue", String(talk.hue));
  face.setAttribute("aria-hidden", "true");
  return face;
}

const clock = () => new Date().toTimeString().slice(0, 5);

export function chat(): void {
  const field = $<HTMLTextAreaElement>("composer-field");
  const editor = $("composer-editor");
  let talk = TALKS[0]!;

  const rich = () => !editor.hidden;
  // biome-ignore lint/performance/useDomNodeTextContent: line breaks are wanted
  const text = () => (rich() ? editor.innerText : field.value).trim();
  const active = () => (rich() ? editor : field);

  const write = (value: string) => {
    active().focus();
    if (rich()) document.getSelection()?.selectAllChildren(editor);
    else field.select();
    if (value) document.execCommand("insertText", false, value);
    else document.execCommand("delete");
  };

  const row = ({ from, text: words, at }: Message) => {
    const item = node("li", `message from-${from}`);
    if (from === "buyer") item.append(avatar(talk));
    item.append(node("p", "bubble", words));
    if (from !== "system") item.append(node("time", "", at));
    return item;
  };

  const openTalk = (next: Talk) => {
    talk = next;
    talk.unread = 0;
    $("buyer-name").textContent = talk.buyer;
    $("buyer-name").dataset.buyer = talk.id;
    $("order-id").textContent = talk.order;
    $("order-goods").textContent = talk.goods;
    $("order-price").textContent = talk.price;
    $("order-state").textContent = talk.state;
    $("messages").replaceChildren(...talk.messages.map(row));
    $("scroller").scrollTop = $("scroller").scrollHeight;
    field.value = "";
    editor.textContent = "";
    list();
    active().focus();
  };

  const list = () => {
    $("talks").replaceChildren(
      ...TALKS.map((one) => {
        const button = node("button", "talk") as HTMLButtonElement;
        button.type = "button";
        if (one === talk) button.setAttribute("aria-current", "true");
        const words = node("span", "words");
        words.append(node("b", "", one.buyer), node("span", "last", one.messages.at(-1)?.text ?? ""));
        const side = node("span", "side");
        side.append(node("time", "", one.messages.at(-1)?.at ?? ""));
        if (one.unread) side.append(node("i", "unread", String(one.unread)));
        button.append(avatar(one), words, side);
        button.addEventListener("click", () => openTalk(one));
        return button;
      }),
    );
  };

  const say = (words: string) => {
    const sent = message("agent", words, clock());
    talk.messages.push(sent);
    $("messages").append(row(sent));
    $("scroller").scrollTop = $("scroller").scrollHeight;
    list();
  };

  const send = () => {
    const words = text();
    if (!words) return;
    say(words);
    write("");
  };

  for (const surface of [field, editor]) {
    surface.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      send();
    });
  }
  $("send").addEventListener("click", send);

  for (const choice of document.querySelectorAll<HTMLInputElement>("input[name=surface]")) {
    choice.addEventListener("change", () => {
      const kept = text();
      editor.hidden = choice.value !== "editor";
      field.hidden = choice.value === "editor";
      write(kept);
    });
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>(".sample")) {
    button.addEventListener("click", () => write(button.dataset.text ?? button.textContent ?? ""));
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>(".quick-send")) {
    button.addEventListener("click", () => say(button.title));
  }
  openTalk(talk);
}
