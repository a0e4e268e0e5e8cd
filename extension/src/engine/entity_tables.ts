/**
 * What the entity detectors know: words, prefixes and names. `compiler/matcher/entity_tables.py` is the same data.
 *
 * All of it is folded text (lower case, half width, simplified). `tests/engine/test_entities.py` holds the two equal.
 */

export function words(text: string): readonly string[] {
  return text.split(" ");
}

// --- digits ---------------------------------------------------------------------------------------------------------

export const HAN_DIGITS: ReadonlyMap<string, number> = new Map(
  words("零〇○洞 一幺壹弌 二两贰弍 三叁弎 四肆 五伍 六陆 七柒拐 八捌 九玖勾").flatMap((chars, value) =>
    [...chars].map((char): [string, number] => [char, value]),
  ),
);
/** Between numbers these make a list (39、40、41) more often than they cut one number into groups. */
export const LIST_SEPARATORS = ",、。/;";
/** All that is usual between two numbers. Anything else (❤, _, *, 【】) between digits is there to hide something. */
export const PLAIN_SEPARATORS = `${LIST_SEPARATORS} -.:~()\n`;
/** A number that runs into one of these is an amount, not an account. */
export const MEASURES =
  "元块毛角圆万千百十亿个件条箱只台年月天米克斤点折步次款包张套瓶盒双袋片支粒颗把罐桶组对份根副枚%";

// --- words around a number ------------------------------------------------------------------------------------------

/** Whoever writes one of these says what the number after it is: none of ours. */
export const LABELS = words(
  "订单号 订单号码 订单编号 订单编码 单号 单号码 运单 运单号 快递号码 编号 货号 款号 条码 条形码 sku spu 商品id 宝贝id 商品码 " +
    "税号 识别号 信用代码 开户行账号 开户行帐号 开户行及账号 开户行和账号 开户账号 激活码 序列号 序列码 sn码 串号 imei 验证码 " +
    "校验码 兑换码 券码 卡密 密码 邀请码 取件码 提货码 核销码 批号 批准文号 备案号 注册号 注册证 许可证 证书编号 专利号 型号 " +
    "车架号 流水号 交易号 编码 货品号 授权码 防伪码 追溯码 库存 销量 尾号 执行标准 车牌",
);
/** Units between the end of a label and its number (激活码在包装卡上 1391…). */
export const LABEL_REACH = 12;
/** Only directly in front: 订单 is said in every other sentence. */
export const TOUCHING_LABELS = words(
  "订单 物流 链接 宝贝 商品 货品 单子 包裹 快递 申通 中通 圆通 韵达 百世 汇通 天天 ems 邮政 顺丰 极兔 德邦 优速 宅急送 sn no. no",
);
export const CUE_REACH = 20;
export const CONTACT_CUES = words(
  "电话 手机 手机号 手机号码 联系 联系方式 拨 打 call 致电 热线 座机 固话 短信 有事 找 加 呼 tel phone mobile whatsapp 微信 薇信 " +
    "威信 vx wx v信 wechat 扣扣 qq 师傅 经理 老板 小哥 快递员 业务员 收件人 收货人 签收人 本人 先生 女士 小姐 老师 店长 客服 ☎",
);
export const CUES_AFTER = words("同号 同步 找我 打给 打我 联系 微信 vx wx 就是我 我电话 是我 我手机 接听");
/** ASCII words that may touch a phone number. Any other letters in front make it a tracking or model number. */
export const LATIN_CUES = words("tel phone call mobile mob vx wx v qq q dh sj sjh wechat weixin");
export const LANDLINE_WORDS = words("电话 座机 固话 热线 tel 致电 拨打 固定电话 办公电话 总机 前台");
export const BANK_CUES = words(
  "卡号 账户 账号 帐户 帐号 银行 工行 农行 建行 中行 招行 交行 邮储 信用社 农信 农商 打款 打钱 转账 汇款 转到 打到 汇到 转钱 收款 " +
    "对公 户名 支行 储蓄 借记 银联 卡",
);
export const ID_CUES = words("身份证 身分证 证件号 证号 sfz");
export const ID_REGIONS: ReadonlySet<number> = new Set(
  words("11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83").map(
    Number,
  ),
);
/**
 * Hotlines of 京东, 天猫, 淘宝 (two), 支付宝, 拼多多 (two), 快手, 苏宁, 唯品会: not an agent's own contact.
 * Short codes (12315, 95188, 950618) are no telephone numbers to the detectors anyway.
 */
export const SERVICE_NUMBERS: ReadonlySet<string> = new Set(
  words(
    "4006065500 4008608608 057188158198 057188157858 057188156688 02153395288 4008822528 4001260088 4008365365 4006789888",
  ),
);

// --- accounts -------------------------------------------------------------------------------------------------------

/** Between an account's word and the account, besides separators. */
export const FILLERS = "是为号码加我的搜索查找添账帐户名就也请哦呢哈亲您在同联系发:+";
export const FILLER_REACH = 8;
export const SENTENCE_ENDS = "。!?;";
/** One of these between word and account says that an account follows. */
export const CONNECTORS = "号:是id搜+❤♥\ue000";
export const QQ_WORDS = words(
  "qq 扣扣 抠抠 叩叩 蔻蔻 扣q q扣 企鹅 企鹅号 q号 扣号 q群 扣群 扣扣群 qq群 企鹅群 加q 加扣 加群 进群 入群 交流群 粉丝群 福利群 技术群 群号 " +
    "裙号 q裙 扣裙 交流裙",
);
export const QQ_SINGLES = words("q 扣");
export const QQ_AFTER = words("@qq q群 qq群 扣群 扣扣群 企鹅群 q裙 qq裙");
export const WECHAT_WORDS = words(
  "微信 薇信 威信 维信 徽信 溦信 巍信 微芯 威芯 薇芯 微心 薇心 微讯 微x v信 v芯 v❤ v♥ v\ue000 微❤ 微♥ 微\ue000 薇❤ 薇♥ 薇\ue000 " +
    "威❤ 威♥ vx wx wechat weixin 微xin 薇xin 威xin wei信 wei芯 卫星 绿泡泡 绿泡 加v 加薇 加微 加威 佳v 嘉v 家v 加w",
);
export const WECHAT_SINGLES = words("微 薇 威 溦 v");
/** Han characters that may stand before a single-character word; others make it part of a word (稍微, 回扣). */
export const BEFORE_SINGLE = "加家佳嘉我的是有用个发搜换留给到";
export const NOT_IDS = words("iphone ipad android huawei xiaomi redmi honor oppo vivo samsung rtx gtx ryzen");
export const NOT_IDS_ALONE = words(
  "wechat weixin online mobile taobao tmall jingdong pinduoduo alipay wechatpay xiaochengxu gongzhonghao number please " +
    "service windows macbook",
);

// --- links ----------------------------------------------------------------------------------------------------------

export const TLDS: ReadonlySet<string> = new Set(
  words(
    "com cn net org gov edu cc vip top xyz shop work tv info biz club site online store ltd group wang ren mobi asia co io " +
      "ai app dev tech website pub hk tw jp uk de fr kr ru eu la ca icu cyou live fun cloud",
  ),
);
/** Also words or units (mate60.pro, ok.so): a domain only with a path, a scheme or www. */
export const TLDS_WITH_PATH: ReadonlySet<string> = new Set(
  words("me to in is it so my us be am as im do sh fm gg ly gl pro one art red video love link ink space buzz"),
);
/** Believed after a dot that is written around (taobao点com); not vip or top (打开app点vip). */
export const TLDS_HIDDEN: ReadonlySet<string> = new Set(words("com cn cc xyz"));
/** Where a domain may be a number (163.com); 88.vip and 5.top are no domains. */
export const TLDS_OF_NUMBERS: ReadonlySet<string> = new Set(words("com cn net cc org"));
export const HIDDEN_DOTS = "点。.·丶●";
export const MAIL_HOSTS: ReadonlySet<string> = new Set(
  words(
    "qq.com 163.com 126.com sina.com sina.cn sohu.com gmail.com outlook.com hotmail.com foxmail.com 139.com 189.cn " +
      "yeah.net aliyun.com icloud.com",
  ),
);

// --- money ----------------------------------------------------------------------------------------------------------

export const SIGN_CURRENCY: Readonly<Record<string, string>> = { "¥": "", $: "usd", "€": "eur", "£": "gbp" };
export const UNIT_CURRENCY: Readonly<Record<string, string>> = {
  美元: "usd",
  美金: "usd",
  欧元: "eur",
  港币: "hkd",
  港元: "hkd",
  日元: "jpy",
  英镑: "gbp",
};
export const MONEY_WORDS_BEFORE = words("人民币 rmb cny");
export const MONEY_UNITS = words(
  "人民币 软妹币 大洋 毛钱 角钱 分钱 美元 美金 欧元 港币 港元 日元 英镑 元 圆 块 毛 rmb cny yuan",
);
/** 元 begins another word here (元素, 元宵). */
export const YUAN_WORDS = "素旦宵件气老帅凶首祖朝始";
export const PIECE_PRICE_BEFORE = words(
  "便宜 优惠 返 减 退 补 差 省 赚 花 要 只 加 收 付 贵 降 抵 赔 费 价 钱 返现 红包 就 到 共 少",
);
/** 块 is also a piece (两块肥皂): it is money behind one of the former, or in figures before one of the latter, or with 钱. */
export const PIECE_MONEY_AFTER = "左右以优红差运邮返券多每的,、。!?;~)…吧哦呢啊了哈吗呀还就都给可能不 ";
