"""Write the tables of Chinese syllables in Latin letters that screening compares names by.

    python tools/pack_chinese_syllables.py FOLDER

FOLDER holds ``Unihan_Readings.txt``, ``Unihan_DictionaryLikeData.txt`` and
``Unihan_OtherMappings.txt`` of the Unicode Character Database (Unicode License V3).

``chinese_syllables.csv``: a syllable in Hanyu Pinyin (ISO 7098, without tones), in Wade-Giles, and
in what else Taiwan's passports show (Tongyong Pinyin, Mandarin Phonetic Symbols II, spellings of
one's own). The last come from ``OWN`` below, the others by rule. ``cantonese_syllables.csv``: a
syllable in Jyutping, its spellings by Hong Kong's custom, and how Mandarin reads the signs that
have it, the commonest first. ``chinese_surnames.csv``: surnames as signs, pinyin and Jyutping.
"""

from __future__ import annotations

import csv
import re
import sys
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

DATA = Path(__file__).parents[1] / "src/esclusa/analysis/screening/data"
_FREQUENT = ("A440", "C67E")
"""Between these codes Big Five has its 5,401 frequent signs."""
_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcs")
_WADE_GILES = {"b": "p", "p": "p'", "d": "t", "t": "t'", "g": "k", "k": "k'", "j": "ch",
               "q": "ch'", "x": "hs", "zh": "ch", "ch": "ch'", "z": "ts", "c": "ts'",
               "r": "j"}  # fmt: skip
_BUZZED = {"zhi": "chih", "chi": "ch'ih", "shi": "shih", "ri": "jih", "zi": "tzu", "ci": "tz'u",
           "si": "ssu", "yi": "i", "er": "erh", "you": "yu", "gui": "kuei", "kui": "k'uei",
           "ge": "ko", "ke": "k'o", "he": "ho", "yan": "yen", "ye": "yeh", "yong": "yung",
           "e": "o"}  # fmt: skip
_O = ("d", "t", "n", "l", "z", "c", "s", "zh", "ch", "r")
"""After these Wade-Giles writes O where pinyin writes UO."""
_TONGYONG = {"zh": "jh", "q": "c", "x": "s"}
_TONGYONG_WHOLE = {"zhi": "jhih", "chi": "chih", "shi": "shih", "ri": "rih", "zi": "zih",
                   "ci": "cih", "si": "sih", "feng": "fong", "weng": "wong"}  # fmt: skip
_MPS2 = {"zh": "j", "q": "ch", "x": "sh", "z": "tz", "c": "ts"}
_MPS2_WHOLE = {"zhi": "jr", "chi": "chr", "shi": "shr", "zi": "tz", "ci": "tsz", "si": "sz"}
OWN = """LI LEE LIH|CAI TSAIR|GUO KWO KUOH|GU KOO|LU LOO LUU|SU SOO|HU HOO|WU WOO WUU|KE KER KO KEH
GE KEH KER|XU SHEU SHYU SHU HSIU|ZHU JU JUH|QIU CHYOU CHIOU|JIANG KIANG|XIE SHIEH HSIEH|SONG SOONG
ZHOU CHOW JOU|YANG YOUNG|HUANG HWANG|ZHENG JENG|ZHANG JANG|ZHAO JAU|ZHI JYH CHI|SHI SHYH SZE SHIH
XIU SHIOW SHIOU|QUAN CHYUAN|PING PYNG PIN|HUI HUEY HUEI HWEI|JUN JIUN CHIN|SHUN SHUEN|ZHE JER CHER
XUE SHYUE SHIUE HSUE|YU YUH YUE|YI YIH YIE YII|QI CHYI CHII|SI SZU SYH SZE|ZI TZYY TZ|XIN SHIN
RONG YUNG|HONG HORNG|JIAN JIANN|XIONG SHYONG|XIAN SHIAN|XIANG SHIANG|JIE JYE|MEI MAY|BO BOR
TIAN TAIN|WEI WAY|FEI FEY|LIANG LIANQ|HUA HWA|GUANG KWANG|GUANG KUANG|YUAN YEUAN|ZHONG JONG
LING LIN|YING IN YIN ING|QING CHIN|JING CHIN JIN|XING HSIN SHIN|MING MIN|DING TIN|TING TIN
CHENG CHEN CHERNG|ZHENG CHEN|SHENG SHEN|FENG FON|GENG KEN|ZHEN JEN|SHAN SAN|SHU SU|ZHUANG JUANG
RU ZU RUU|ER ERL|YIN YING|XIN HSING|XIAO SHIAU|LUO LOH|HE HER HOR|LIU LEOU|DU TOO|TANG TARNG
YE YEE|JIN KING KIN|QIAN CHAN|SHEN SHUN SUN|KANG KHANG|MENG MON|LYU LUI"""
"""Pinyin and what else passports and newspapers of Taiwan write; also N for NG at the end."""
_CANTO_INITIALS = {"gw": "kw", "kw": "kw", "ng": "ng", "b": "p", "p": "p", "m": "m", "f": "f",
                   "d": "t", "t": "t", "n": "n", "l": "l", "g": "k", "k": "k", "h": "h", "w": "w",
                   "z": "ch ts", "c": "ch ts", "s": "s sh", "j": "y"}  # fmt: skip
_CANTO_FINALS = {
    "aa": "a ah", "aai": "ai", "aau": "au", "aam": "am", "aan": "an", "aang": "ang",
    "aap": "ap", "aat": "at", "aak": "ak", "a": "a", "ai": "ai", "au": "au ow", "am": "am um",
    "an": "an un", "ang": "ang", "ap": "ap", "at": "at", "ak": "ak", "e": "e eh", "ei": "ei i ee",
    "eng": "eng ing", "ek": "ek ik", "i": "i ee", "iu": "iu", "im": "im", "in": "in",
    "ip": "ip", "it": "it", "ing": "ing", "ik": "ik ick", "o": "o or aw", "oi": "oi oy",
    "ou": "o ou", "on": "on", "ong": "ong", "ot": "ot", "ok": "ok", "u": "u oo", "ui": "ui",
    "un": "un oon", "ung": "ung", "ut": "ut", "uk": "uk", "oe": "eu", "oek": "euk eok",
    "oeng": "eung eong", "eoi": "ui oy", "eon": "un on", "eot": "ut", "yu": "u ue yu",
    "yun": "uen un", "yut": "uet ut",
}  # fmt: skip
_CANTO_WHOLE = {"si": "si sze see sy sz", "zi": "chi tsz tsze che", "ci": "chi tsz chee che",
                "ze": "che tse je", "ce": "che tse cheh", "m": "m ng", "ng": "ng", "jyu": "yu yue",
                "jyun": "yuen un yun", "jyut": "yuet yut", "ji": "yi yee i yee", "jip": "yip ip",
                "jau": "yau", "jin": "yin", "jing": "ying", "ngok": "ngok nok",
                "jik": "yik yick", "au": "au", "aau": "au", "o": "o or", "on": "on",
                "ding": "ting ding", "dik": "tik dick", "daan": "tan dan", "cyu": "chu",
                "joeng": "yeung young", "lou": "lo lou", "mou": "mo", "zung": "chung tsung",
                "jung": "yung", "zan": "chun tsun", "ho": "ho",
                "lo": "law lo lor", "lei": "lee li lei", "wu": "wu woo", "gu": "ku koo",
                "gwok": "kwok kok", "hok": "hok", "faan": "fan", "loi": "loi",
                "kyun": "kuen kuen", "gyun": "kuen", "syut": "suet sit", "sit": "sit"}  # fmt: skip
SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭"
    "郎鲁韦昌马苗凤花方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于傅皮卞齐康伍余元卜顾孟平"
    "黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江"
    "童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉"
    "钮龚程嵇邢裴陆荣翁荀羊甄曲家封芮储靳段富巫乌焦巴弓牧山谷车侯全班仰秋仲伊宫宁仇栾甘厉戎祖武符"
    "刘景詹束龙叶幸司韶黎薄印白怀蒲从索咸籍赖卓蔺屠蒙池乔胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍"
    "璩桑桂牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终居衡步都耿满弘匡"
    "国文寇广东欧沃利师巩聂关荆游竺权盖益桓公岳帅亓况后归海晋楚闫简丘涂麦练官苑佟肖付区冼邝粘"
    "曾查沙丰红冷辛阚那饶詹佘覃谌揭晁邰苟敖阳原隋仝战代招"
)
"""Surnames of one sign of the Hundred Family Surnames (Song dynasty), with some of today."""
SURNAME_COUNTS = 6
"""A surname counts as a frequent sign."""
DOUBLE_SURNAMES = (
    "欧阳 司徒 司马 上官 诸葛 夏侯 皇甫 尉迟 公孙 慕容 令狐 端木 东方 南宫 长孙 宇文 张简 范姜"
)


def readings(folder: Path) -> tuple[dict[str, str], dict[str, list[str]], dict[str, int]]:
    """Return sign → pinyin, sign → syllables in Jyutping, frequent sign → rank (1 is the first)."""
    mandarin: dict[str, str] = {}
    cantonese: dict[str, list[str]] = {}
    common: dict[str, int] = {}
    for name in ("Readings", "DictionaryLikeData", "OtherMappings"):
        for line in (folder / f"Unihan_{name}.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("#") or not line:
                continue
            code, field, value = line.split("\t")
            sign = chr(int(code[2:], 16))
            if field == "kMandarin":
                mandarin[sign] = plain(value.split()[0])
            elif field == "kCantonese":
                cantonese[sign] = [re.sub("[0-9]", "", syllable) for syllable in value.split()]
            elif field == "kFrequency":
                common[sign] = min(int(value), common.get(sign, 9))
            elif field == "kBigFive" and _FREQUENT[0] <= value <= _FREQUENT[1]:
                common.setdefault(sign, 6)
    return mandarin, cantonese, common


def plain(pinyin: str) -> str:
    """Return a syllable without its tone; the vowel of LÜ and NÜ is YU, as passports write."""
    bare = unicodedata.normalize("NFD", pinyin.replace("ü", "\0"))
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    if "\u0308" in bare:
        letters = letters.replace("u", "yu") if letters[0] in "ln" else letters
    return letters.replace("\0", "yu")


def parted(pinyin: str) -> tuple[str, str]:
    """Return the initial and the final of a syllable in pinyin."""
    initial = next((start for start in _INITIALS if pinyin.startswith(start)), "")
    return initial, pinyin[len(initial) :]


def wade_giles(pinyin: str) -> str:
    """Return a syllable in Wade-Giles with apostrophes, without its other marks."""
    if pinyin in _BUZZED:
        return _BUZZED[pinyin]
    initial, final = parted(pinyin.replace("yu", "u") if pinyin[0] in "ln" else pinyin)
    if initial in _O and final == "uo":
        final = "o"
    final = re.sub("^ian$", "ien", re.sub("ong$", "ung", final))
    final = re.sub("^(i|u|yu)e$", r"\1eh", final)
    return _WADE_GILES.get(initial, initial) + final


def others(pinyin: str) -> set[str]:
    """Return a syllable in Tongyong Pinyin and in Mandarin Phonetic Symbols II."""
    initial, final = parted(pinyin)
    final = {"iu": "iou", "ui": "uei"}.get(final, final)
    front = final
    if initial in ("j", "q", "x"):
        front = re.sub("^u", "yu", final)
        front = "yong" if front == "iong" else front
    tongyong = _TONGYONG_WHOLE.get(pinyin, _TONGYONG.get(initial, initial) + front)
    back = re.sub("ao$", "au", final)
    if initial in ("j", "q", "x"):
        back = "iu" + back[1:] if back.startswith("u") else back
    second = _MPS2_WHOLE.get(pinyin, _MPS2.get(initial, initial) + back)
    return {tongyong, second}


def customary(jyutping: str) -> list[str]:
    """Return the spellings of a syllable in Jyutping that names in Hong Kong have."""
    if jyutping in _CANTO_WHOLE:
        return list(dict.fromkeys(_CANTO_WHOLE[jyutping].split()))
    initial = next((i for i in _CANTO_INITIALS if jyutping.startswith(i)), "")
    starts = _CANTO_INITIALS.get(initial, "").split() or [""]
    ends = _CANTO_FINALS.get(jyutping[len(initial) :], "").split()
    return [start + end for start in starts for end in ends]


def own() -> dict[str, list[str]]:
    """Return pinyin → spellings of :data:`OWN`."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in re.split(r"[|\n]", OWN):
        pinyin, *spellings = row.split()
        found[pinyin.lower()] += [spelling.lower() for spelling in spellings]
    return found


def surname_rows(mandarin: dict[str, str], cantonese: dict[str, list[str]]) -> list[list[str]]:
    """Return signs, pinyin and Jyutping of each surname; of one sign all of its syllables."""
    special = tomllib.loads((DATA / "syllables.toml").read_text(encoding="utf-8"))["han"][
        "surnames"
    ]
    single = [[sign, special.get(sign, mandarin[sign]).lower(), " ".join(cantonese[sign])]
              for sign in dict.fromkeys(SURNAMES)]  # fmt: skip
    return single + [
        [name, " ".join(mandarin[s] for s in name), " ".join(cantonese[s][0] for s in name)]
        for name in DOUBLE_SURNAMES.split()
    ]


def write(name: str, heads: list[str], rows: Iterable[list[str]]) -> None:
    """Write one table in upper case."""
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows([cell.upper() for cell in row] for row in rows)
    print(f"{name}: {(DATA / name).stat().st_size:,} bytes")


def main() -> None:
    mandarin, cantonese, common = readings(Path(sys.argv[1]))
    syllables = sorted({mandarin[sign] for sign in common if sign in mandarin} - {"m", "n", "ng"})
    mine = own()
    write(
        "chinese_syllables.csv",
        ["pinyin", "wade_giles", "taiwan"],
        ([p, wade_giles(p), " ".join(dict.fromkeys([*mine[p], *sorted(others(p) - {p})]))]
         for p in syllables),
    )  # fmt: skip
    surnames = surname_rows(mandarin, cantonese)
    meant: dict[str, Counter[str]] = defaultdict(Counter)
    for signs, pinyin, jyutping in surnames:
        for syllable in jyutping.split() if len(signs) == 1 else ():
            meant[syllable][pinyin] += SURNAME_COUNTS
    for sign, rank in common.items():
        for place, syllable in enumerate(cantonese.get(sign, ())[:2]):
            if sign in mandarin:
                meant[syllable][mandarin[sign]] += (7 - min(rank, 6)) if place == 0 else 1
    write(
        "cantonese_syllables.csv",
        ["jyutping", "spellings", "pinyin"],
        ([j, " ".join(customary(j)), " ".join(f"{p}:{n}" for p, n in meant[j].most_common())]
         for j in sorted(meant) if customary(j)),
    )  # fmt: skip
    write("chinese_surnames.csv", ["signs", "pinyin", "jyutping"], surnames)


if __name__ == "__main__":
    main()
