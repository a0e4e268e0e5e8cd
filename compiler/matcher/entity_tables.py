"""What the entity detectors know: words, prefixes and names. `extension/src/engine/entity_tables.ts` is the same data.

All of it is folded text (lower case, half width, simplified). `tests/engine/test_entities.py` holds the two files equal.
"""

from __future__ import annotations

HAN_DIGITS = {
    char: value
    for value, chars in enumerate(
        ("零〇○洞", "一幺壹弌", "二两贰弍", "三叁弎", "四肆", "五伍", "六陆", "七柒拐", "八捌", "九玖勾")
    )
    for char in chars
}

LIST_SEPARATORS = ",、。/;"
"""Between numbers these make a list (39、40、41) more often than they cut one number into groups."""
PLAIN_SEPARATORS = LIST_SEPARATORS + " -.:~()\n"
"""All that is usual between two numbers. Anything else (❤, _, *, 【】) between digits is there to hide something."""

MEASURES = "元块毛角圆万千百十亿个件条箱只台年月天米克斤点折步次款包张套瓶盒双%"
"""A number that runs into one of these is an amount, not an account."""

# --- words in front of a number -------------------------------------------------------------------------------------

LABELS = ["订单号", "订单号码", "订单编号", "订单编码", "单号", "单号码", "运单", "运单号", "快递号码", "编号", "货号", "款号", "条码", "条形码", "sku", "spu", "商品id", "宝贝id", "商品码", "税号", "识别号", "信用代码", "开户行账号", "开户行帐号", "开户行及账号", "开户行和账号", "开户账号", "激活码", "序列号", "序列码", "sn码", "串号", "imei", "验证码", "校验码", "兑换码", "券码", "卡密", "密码", "邀请码", "取件码", "提货码", "核销码", "批号", "批准文号", "备案号", "注册号", "注册证", "许可证", "证书编号", "专利号", "型号", "车架号", "流水号", "交易号", "编码", "货品号", "授权码", "防伪码", "追溯码", "库存", "销量", "尾号", "执行标准", "车牌"]
"""Whoever writes one of these says what the number after it is: none of ours."""
TOUCHING_LABELS = ["订单", "物流", "链接", "宝贝", "商品", "货品", "单子", "包裹", "快递", "申通", "中通", "圆通", "韵达", "百世", "汇通", "天天", "ems", "邮政", "顺丰", "极兔", "德邦", "优速", "宅急送", "sn", "no.", "no"]
"""Only directly in front: 订单 is said in every other sentence."""
LABEL_REACH = 12
"""Units between the end of a label and its number (激活码在包装卡上 1391…)."""
CUE_REACH = 20

CONTACT_CUES = ["电话", "手机", "手机号", "手机号码", "联系", "联系方式", "拨", "打", "call", "致电", "热线", "座机", "固话", "短信", "有事", "找", "加", "呼", "tel", "phone", "mobile", "whatsapp", "微信", "薇信", "威信", "vx", "wx", "v信", "wechat", "扣扣", "qq", "师傅", "经理", "老板", "小哥", "快递员", "业务员", "收件人", "收货人", "签收人", "本人", "先生", "女士", "小姐", "老师", "店长", "客服", "☎"]
CUES_AFTER = ["同号", "同步", "找我", "打给", "打我", "联系", "微信", "vx", "wx", "就是我", "我电话", "是我", "我手机", "接听"]
LATIN_CUES = ("tel", "phone", "call", "mobile", "mob", "vx", "wx", "v", "qq", "q", "dh", "sj", "sjh", "wechat", "weixin")
"""ASCII words that may touch a phone number. Any other letters in front make it a tracking or model number."""
BANK_CUES = ["卡号", "账户", "账号", "帐户", "帐号", "银行", "工行", "农行", "建行", "中行", "招行", "交行", "邮储", "信用社", "农信", "农商", "打款", "打钱", "转账", "汇款", "转到", "打到", "汇到", "转钱", "收款", "对公", "户名", "支行", "储蓄", "借记", "银联", "卡"]
ID_CUES = ("身份证", "证件号", "身分证", "sfz", "证号")

SERVICE_NUMBERS = frozenset(
    (
        "4006065500",  # 京东
        "4008608608",  # 天猫
        "057188158198",  # 淘宝
        "057188157858",  # 淘宝
        "057188156688",  # 支付宝
        "02153395288",  # 拼多多
        "4008822528",  # 拼多多
        "4001260088",  # 快手
        "4008365365",  # 苏宁易购
        "4006789888",  # 唯品会
    )
)
"""Platforms' own hotlines: naming one is not giving one's own contact. Short codes (12315, 95188, 950618) are no landlines anyway."""

# --- accounts -------------------------------------------------------------------------------------------------------

FILLERS = "是为号码加我的搜索查找添账帐户名就也请哦呢哈亲您在:+"
"""Between an account's word and the account, besides separators."""
FILLER_REACH = 8
SENTENCE_ENDS = "。!?;"
QQ_WORDS = ["qq", "扣扣", "抠抠", "叩叩", "蔻蔻", "扣q", "q扣", "企鹅", "企鹅号", "q号", "扣号", "q群", "扣群", "扣扣群", "qq群", "企鹅群", "加群", "进群", "入群", "交流群", "粉丝群", "福利群", "技术群", "群号", "裙号", "q裙", "扣裙", "交流裙"]
QQ_SINGLES = ("q", "扣")
QQ_AFTER = ("@qq", "q群", "qq群", "扣群", "扣扣群", "企鹅群", "q裙", "qq裙")
WECHAT_WORDS = ["微信", "薇信", "威信", "维信", "徽信", "溦信", "巍信", "微芯", "威芯", "薇芯", "微心", "薇心", "微讯", "微x", "v信", "v芯", "v❤", "v♥", "v\ue000", "微❤", "微♥", "微\ue000", "薇❤", "薇♥", "薇\ue000", "威❤", "威♥", "vx", "wx", "wechat", "weixin", "卫星", "绿泡泡", "绿泡", "加v", "加薇", "加微", "加威", "佳v", "嘉v", "家v", "加w"]
WECHAT_SINGLES = ("微", "薇", "威", "溦", "v")
BEFORE_SINGLE = "加家佳嘉我的是有用个发搜换留给到"
"""Han characters that may stand before a single-character word; others make it part of a word (稍微, 回扣)."""
CONNECTORS = "号:是id搜+❤♥\ue000"
NOT_IDS = ("iphone", "ipad", "android", "huawei", "xiaomi", "redmi", "honor", "oppo", "vivo", "samsung", "rtx", "gtx", "ryzen")
NOT_IDS_ALONE = ["wechat", "weixin", "online", "mobile", "taobao", "tmall", "jingdong", "pinduoduo", "alipay", "wechatpay", "xiaochengxu", "gongzhonghao", "number", "please", "service", "windows", "macbook"]

# --- links ----------------------------------------------------------------------------------------------------------

TLDS = frozenset(
    ["com", "cn", "net", "org", "gov", "edu", "cc", "vip", "top", "xyz", "shop", "work", "tv", "info", "biz", "club", "site", "online", "store", "ltd", "group", "wang", "ren", "mobi", "asia", "co", "io", "ai", "app", "dev", "tech", "website", "pub", "hk", "tw", "jp", "uk", "de", "fr", "kr", "ru", "eu", "la", "ca", "icu", "cyou", "live", "fun", "cloud"]
)
TLDS_WITH_PATH = frozenset(["me", "to", "in", "is", "it", "so", "my", "us", "be", "am", "as", "im", "do", "sh", "fm", "gg", "ly", "gl", "pro", "one", "art", "red", "video", "love", "link", "ink", "space", "buzz"])
"""Also words or units (mate60.pro, ok.so): a domain only with a path, a scheme or www."""
TLDS_HIDDEN = frozenset(("com", "cn", "cc", "xyz"))
"""Believed after a dot that is written around (taobao点com); not vip or top (打开app点vip)."""
HIDDEN_DOTS = "点。.·丶●"
MAIL_HOSTS = frozenset(
    ["qq.com", "163.com", "126.com", "sina.com", "sina.cn", "sohu.com", "gmail.com", "outlook.com", "hotmail.com", "foxmail.com", "139.com", "189.cn", "yeah.net", "aliyun.com", "icloud.com"]
)
SECOND_LEVEL_NUMERIC = frozenset(("com", "cn", "net", "cc", "org"))
"""Where a domain may be a number (163.com); 88.vip and 5.top are no domains."""

# --- places ---------------------------------------------------------------------------------------------------------

PROVINCES = ["北京", "上海", "天津", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽", "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃", "青海", "台湾", "内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门"]
PROVINCE_ENDS = ("壮族自治区", "回族自治区", "维吾尔自治区", "特别行政区", "自治区", "省")
ID_REGIONS = frozenset(
    (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83)
)
ESTATES = ["小区", "花园", "公寓", "大厦", "广场", "家园", "新村", "新城", "公馆", "工业园", "产业园", "科技园", "物流园", "创业园", "工业区", "开发区", "大学", "学院", "中学", "小学", "医院", "宿舍", "写字楼", "商务楼", "大楼", "仓库", "校区", "园区", "苑", "府", "邸", "庄园", "商城", "市场", "中心", "大院", "营业部"]
ROADS = ("大道", "大街", "胡同", "路", "街", "巷")
TOWNS = ("街道", "社区", "镇", "乡", "村", "屯")
FLOORS = ("号楼", "单元", "栋", "幢", "座", "楼", "层", "室", "房", "户")
BUILDINGS = ("号楼", "单元", "栋", "幢")
BAD_BEFORE = {
    "路": "上在半走顺绕一线电思网铁马水气回问出退末迷赶开带套有没的条多短长各同弯来去这那",
    "街": "逛上大",
    "巷": "的",
    "市": "超城上门都股菜夜楼集本全各该我入",
    "区": "地专片景库分时误禁灾辖郊山牧商论户市限险战货展",
    "镇": "冰",
    "乡": "家下老故同异城",
    "村": "农乡全本",
    "屯": "囤",
    "苑": "的",
    "府": "政官丰",
    "邸": "官",
}
"""Characters that make another word of a suffix (半路, 超市, 地区, 冰镇)."""
BAD_AFTER = {
    "路": "上由线过途程径边费况数段易",
    "街": "道头边上拍",
    "市": "场面民价值区内",
    "区": "别间域分块",
    "镇": "店痛静定压",
    "乡": "下亲镇愁",
    "村": "里民",
    "社": "会",
    "县": "级",
}
NUMBER_IS_DATE_BEFORE = "发到前后左之晚早上下中才就开寄送截以能可会有再正恢放"
"""路12号 followed by one of these is still a house; 12号发 alone is a day."""
NAME_STOPS = "的了是在到您我你们吗呢哦啊吧给请把这那就寄址退回发送往住于:拍买卖问说去来从为哈亲货件包裹已达经让被"
NAME_STOPS_INSIDE = "的了您我你吗呢哦啊吧请"

# --- money ----------------------------------------------------------------------------------------------------------

MONEY_SIGNS = "¥$€£"
MONEY_WORDS_BEFORE = ("人民币", "rmb", "cny")
MONEY_UNITS = ["人民币", "软妹币", "大洋", "块钱", "元钱", "毛钱", "角钱", "分钱", "美元", "美金", "欧元", "港币", "港元", "日元", "英镑", "元", "圆", "块", "rmb", "cny", "yuan"]
YUAN_WORDS = "素旦宵件气老帅凶首祖朝始"
"""元 begins another word here (元素, 元宵)."""
PIECE_PRICE_BEFORE = ["便宜", "优惠", "返", "减", "退", "补", "差", "省", "赚", "花", "要", "才", "只", "加", "收", "付", "贵", "降", "抵", "赔", "值", "费", "价", "钱", "返现", "红包", "就", "到", "为", "是", "共", "少", "多"]
"""块 is also a piece (两块肥皂): after a number in Han digits it is money only behind one of these, or with 钱."""
PIECE_MONEY_AFTER = "左右以优红差运邮返券包多每,、。!?;~)…的吧哦呢啊了哈吗呀一个还就都给可能不"
