/** What keys and steps are called on the page. */

export const LEVEL_NAMES: Readonly<Record<string, string>> = {
  block: "拦下",
  warn: "警告",
  remind: "承诺提醒",
  hint: "轻提示",
};
export const STATUS_NAMES: Readonly<Record<string, string>> = {
  on: "启用",
  draft: "试运行（不提示）",
  retired: "停用",
};
export const NEGATION_NAMES: Readonly<Record<string, string>> = { excuses: "否定句不算违规", ignored: "否定也算" };
export const PLATFORM_NAMES: Readonly<Record<string, string>> = {
  tmall: "天猫",
  taobao: "淘宝",
  jd: "京东",
  pdd: "拼多多",
  douyin: "抖店",
  kuaishou: "快手",
  xiaohongshu: "小红书",
  "1688": "1688",
};
export const CATEGORY_NAMES: Readonly<Record<string, string>> = {
  general: "通用",
  food: "食品",
  cosmetics: "美妆",
  health: "保健",
  adult: "成人",
  apparel: "服饰",
  electronics: "数码",
  infant: "母婴",
};

export const FIELD_NAMES: Readonly<Record<string, string>> = {
  id: "编号",
  title: "规则",
  level: "等级",
  status: "状态",
  penalty: "扣分",
  platforms: "平台",
  categories: "类目",
  given: "前提",
  asked: "买家说过",
  unless_asked: "买家没说过",
  turns: "看最近几句",
  find: "回复里出现",
  near: "同一小句还有",
  not_near: "同一小句没有",
  except: "例外（盖住就放过）",
  unless: "回复里有就不算",
  negation: "否定",
  unless_quoted: "买家先发的不算",
  across: "连着上一条看",
  why: "为什么",
  say: "合规说法",
  source: "出处",
  follow_up: "跟进",
  bad: "违规例子",
  good: "合规例子",
  known_bad: "已知漏报",
  known_good: "已知误报",
  since: "生效",
  until: "失效",
  replaces: "取代",
};

/** Why a rule or a hit was let go, by the engine's step. */
export const STEP_NAMES: Readonly<Record<string, string>> = {
  found: "报出来了",
  platforms: "这个平台不适用",
  categories: "这个类目不适用",
  dates: "不在生效日期内",
  given: "店铺前提不满足",
  asked: "买家没问过相关的话（asked）",
  unless_asked: "买家说了排除的话（unless_asked）",
  unless: "回复里有放过整条的话（unless）",
  except: "被例外盖住（except）",
  near: "同一小句里没有要一起出现的话（near）",
  not_near: "同一小句里有放过它的话（not_near）",
  negation: "被否定词否定（negation）",
  quoted: "是买家先发的（unless_quoted）",
};

export const bytes = (size: number): string =>
  size < 10_240 ? `${(size / 1024).toFixed(1)} KB` : `${Math.round(size / 1024)} KB`;
export const platformName = (id: string): string => PLATFORM_NAMES[id] ?? id;
