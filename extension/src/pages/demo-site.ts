/** The demo workbench's own adapter, in the form that rules/sites has. */
export const DEMO_SITE = {
  id: "demo",
  name: "演示工作台",
  platform: "tmall",
  match: ["http://*/demo*", "https://*/demo*"],
  composer: { selectors: ["#composer-field", "#composer-editor"] },
  send: { selectors: ["#send"], keys: ["enter", "ctrl+enter"] },
  quick: [".quick-send"],
  messages: {
    root: ["#messages"],
    item: ".message",
    buyer: ".from-buyer",
    agent: ".from-agent",
    system: [".from-system"],
    text: [".bubble"],
  },
  buyer: { name: ["#buyer-name"], id: ["#buyer-name"], attribute: "data-buyer" },
  order: { id: ["#order-id"] },
};
