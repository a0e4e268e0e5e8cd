/** What the address detector knows. `compiler/matcher/entity_place_tables.py` is the same data. */

import { words } from "./entity_tables";

export const PROVINCES = words(
  "北京 上海 天津 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 " +
    "台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门",
);
export const PROVINCE_ENDS = words("壮族自治区 回族自治区 维吾尔自治区 特别行政区 自治区 省");
/** What a name ends in, by level; earlier levels are tried first (小区 is no 区). */
export const SUFFIXES: readonly (readonly [string, readonly string[]])[] = [
  [
    "estate",
    words(
      "小区 花园 公寓 大厦 广场 家园 新村 新城 公馆 工业园 产业园 科技园 物流园 创业园 工业区 大学 学院 中学 小学 医院 宿舍 写字楼 " +
        "商务楼 大楼 仓库 校区 园区 庄园 商城 市场 中心 大院 苑 府 邸",
    ),
  ],
  ["road", words("大道 大街 胡同 路 街 巷")],
  ["town", words("街道 社区 镇 乡 村 屯")],
  ["district", words("区 县 旗")],
  ["city", words("市 自治州 州 盟")],
];
/** Units of a name in front of its suffix. */
export const LONGEST_NAME: Readonly<Record<string, number>> = { city: 8, district: 7, town: 8, road: 8, estate: 12 };
export const FLOORS = words("号楼 单元 栋 幢 座 楼 层 室 房 户");
export const BUILDINGS = words("号楼 单元 栋 幢");
/** No room number follows these. */
export const LAST_FLOORS = words("室 房 户 层");
/** Characters that make another word of a suffix (半路, 超市, 地区, 冰镇). */
export const BAD_BEFORE: Readonly<Record<string, string>> = {
  路: "上在半走绕线思网气回问出退末迷赶开带套有没的条多短各弯来去这那",
  街: "逛上大",
  巷: "的",
  市: "超上股菜夜楼集本全各该我入",
  区: "小社园校厂业地专片景库分时误禁灾辖郊牧商论户市限险战货展",
  州: "本全各该",
  镇: "冰",
  乡: "家下老故同异城",
  村: "农乡全本",
  屯: "囤",
  府: "政官丰",
  邸: "官",
  市场: "的在",
  中心: "的在",
};
export const BAD_AFTER: Readonly<Record<string, string>> = {
  路: "上由线过途程径边费况数段易",
  街: "道头边上拍",
  市: "场面民价值区内",
  区: "别间域分块",
  镇: "店痛静定压",
  乡: "下亲镇愁",
  村: "里民",
  社区: "团",
  县: "级",
};
/** Behind 12号 these make it a day of the month, except directly behind a road (文三路12号发货). */
export const DAY_AFTER = "发到前后左之晚早上下中才就开寄送截以能可会有再正恢放";
/** A name looked for backwards ends at these … */
export const NAME_STOPS = "的了是在到您我你们吗呢哦啊吧给请把这那就寄址退回发送往住于拍买卖问说去来从为哈亲已经让被";
/** … but right behind an earlier part of the address only at these (和平路 has 和, 回龙观 has 回). */
export const NAME_STOPS_INSIDE = "的了您我你吗呢哦啊吧请";
/** First characters of all suffixes. */
export const HEADS: ReadonlySet<string> = new Set(
  [...SUFFIXES.flatMap(([, suffixes]) => suffixes), ...FLOORS, "号", "弄"].map((suffix) => suffix[0]!),
);
export const PROVINCE_HEADS: ReadonlySet<string> = new Set(PROVINCES.map((name) => name[0]!));
