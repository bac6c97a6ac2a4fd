"""Write tests/data/names/spanish.csv: Spanish and Panamanian names, made by rules of naming.

    python benchmarks/spanish_names.py

No pair is a real person or firm: parts of names are drawn at random (seeded). Each pair says which
rule made it and whether the rule keeps the bearer (``true``) or makes another one (``false``).
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "tests/data/names/spanish.csv"
PER_RULE = 12

MEN = [
    "Jose",
    "Luis",
    "Carlos",
    "Juan",
    "Miguel",
    "Rafael",
    "Ricardo",
    "Ruben",
    "Roberto",
    "Eduardo",
    "Tomas",
    "Efrain",
    "Aristides",
    "Rogelio",
    "Olmedo",
    "Abdiel",
    "Edwin",
    "Irving",
    "Ernesto",
    "Francisco",
]
WOMEN = [
    "Maria",
    "Ana",
    "Luz",
    "Rosa",
    "Carmen",
    "Yadira",
    "Yamileth",
    "Itzel",
    "Damaris",
    "Gladys",
    "Mireya",
    "Xiomara",
    "Nitzia",
    "Guadalupe",
    "Dolores",
    "Mercedes",
    "Teresa",
    "Leydis",
    "Vielka",
    "Edilma",
]
FAMILY = [
    "Rodriguez",
    "Gonzalez",
    "Perez",
    "Castillo",
    "Vega",
    "Barrantes",
    "Quintero",
    "Arosemena",
    "Batista",
    "Caballero",
    "Camarena",
    "Cedeño",
    "Chavarria",
    "Delgado",
    "Espinosa",
    "Guerra",
    "Herrera",
    "Jaen",
    "Mendoza",
    "Moreno",
    "Muñoz",
    "Nuñez",
    "Ortega",
    "Peña",
    "Pitti",
    "Quiros",
    "Rios",
    "Samudio",
    "Saavedra",
    "Tejada",
    "Urriola",
    "Valdes",
    "Villarreal",
    "Yanguez",
    "Zambrano",
    "Bonilla",
    "Acuña",
    "Ibañez",
]
ACCENTS = {"Rodriguez": "Rodríguez", "Gonzalez": "González", "Perez": "Pérez", "Jose": "José",
           "Tomas": "Tomás", "Ruben": "Rubén", "Efrain": "Efraín", "Aristides": "Arístides",
           "Maria": "María", "Jaen": "Jaén", "Quiros": "Quirós", "Rios": "Ríos", "Valdes": "Valdés",
           "Chavarria": "Chavarría", "Pitti": "Pittí"}  # fmt: skip
PLAIN = str.maketrans("áéíóúñÁÉÍÓÚÑ", "aeiounAEIOUN")
NICK = {"Jose": "Pepe", "Francisco": "Paco", "Guadalupe": "Lupe", "Dolores": "Lola", "Roberto": "Beto",
        "Eduardo": "Lalo", "Mercedes": "Meche", "Teresa": "Tere", "Luis": "Lucho", "Rafael": "Rafa"}  # fmt: skip
SHORT = {"Maria": "Ma.", "Francisco": "Fco.", "Juan": "Jno.", "Roberto": "Rob.", "Rafael": "Raf."}
JOINED = [("De la Cruz", "Delacruz"), ("De la Rosa", "Delarosa"), ("De León", "Deleón"),
          ("De Gracia", "Degracia"), ("Del Río", "Delrío"), ("De los Santos", "Delossantos"),
          ("De la Torre", "Delatorre"), ("Del Cid", "Delcid"), ("Montenegro", "Monte Negro"),
          ("Villalobos", "Villa Lobos"), ("Casas Novas", "Casasnovas"), ("De la Guardia", "Delaguardia")]  # fmt: skip
SPELT = [("Gonzalez", "Gonzales"), ("Jimenez", "Gimenez"), ("Valdes", "Baldes"), ("Vasquez", "Vazquez"),
         ("Ibañez", "Ybañez"), ("Yesenia", "Jessenia"), ("Cedeño", "Sedeño"), ("Velasquez", "Velazquez"),
         ("Bejarano", "Vejarano"), ("Quesada", "Quezada"), ("Chavez", "Chaves"), ("Meza", "Mesa")]  # fmt: skip
LOCAL = [("Olonigdi", "Olonikdi"), ("Kantule", "Cantule"), ("Iguandili", "Iwandili"), ("Besiko", "Bessiko"),
         ("Archibold", "Archibald"), ("Brathwaite", "Braithwaite"), ("Cummings", "Cumings"),
         ("Philips", "Phillips"), ("Chong", "Chung"), ("Wong", "Huang"), ("Lau", "Liu"),
         ("Leung", "Liang")]  # fmt: skip
NEAR = [("Marin", "Martin"), ("Vega", "Vera"), ("Rosas", "Rojas"), ("Moreno", "Marino"), ("Rios", "Rivas"),
        ("Mendoza", "Mendieta"), ("Castillo", "Castro"), ("Herrera", "Herrero"), ("Guerra", "Guerrero"),
        ("Caballero", "Caballeria"), ("Peralta", "Perales"), ("Batista", "Bautista")]  # fmt: skip
TRADES = [
    "Naviera",
    "Comercial",
    "Inmobiliaria",
    "Distribuidora",
    "Transportes",
    "Importadora",
    "Constructora",
    "Agencia",
    "Logistica",
    "Inversiones",
]
BRANDS = [
    "Ceiba Dorada",
    "Tiburon Azul",
    "Istmeña",
    "Punta Brava",
    "Lago Gatun",
    "Marisol",
    "Cordillera Verde",
    "Bahia Serena",
    "Guayacan",
    "Tres Islas",
    "Altamira",
    "Cangrejal",
]

Pair = tuple[str, str]
Rule = Callable[[random.Random, int], Pair]


def _given(source: random.Random, count: int = 2) -> list[str]:
    return source.sample(source.choice((MEN, WOMEN)), count)


def _family(source: random.Random, count: int = 2) -> list[str]:
    return source.sample(FAMILY, count)


def _other(source: random.Random, pool: list[str], known: list[str]) -> str:
    return source.choice([name for name in pool if name not in known])


def _whole(source: random.Random) -> tuple[list[str], list[str]]:
    return _given(source), _family(source)


def _said(given: list[str], family: list[str]) -> str:
    return " ".join([*given, *family])


def _second_surname_left_out(source: random.Random, _: int) -> Pair:
    given, family = _whole(source)
    return _said(given, family), _said(given, family[:1])


def _second_given_left_out(source: random.Random, _: int) -> Pair:
    given, family = _whole(source)
    return _said(given, family), _said(given[:1], family)


def _surnames_first(source: random.Random, _: int) -> Pair:
    given, family = _whole(source)
    return _said(given, family), f"{' '.join(family).upper()}, {' '.join(given)}"


def _married(source: random.Random, number: int) -> Pair:
    given, family = source.sample(WOMEN, 2)[: 1 + number % 2], _family(source, 3)
    long = f"{_said(given, family[:2])} de {family[2]}"
    return long, f"{given[0]} {family[0]} de {family[2]}" if number % 3 else _said(
        given, family[:2]
    )


def _accents(source: random.Random, number: int) -> Pair:
    given, family = _whole(source)
    given[0], family[0] = source.choice(["Jose", "Maria", "Ruben", "Tomas"]), FAMILY[number % 3]
    family[1] = source.choice(["Peña", "Muñoz", "Nuñez", "Acuña", "Ibañez", "Cedeño"])
    accented = " ".join(ACCENTS.get(word, word) for word in [*given, *family])
    return accented, _said(given, family).translate(PLAIN)


def _initials(source: random.Random, number: int) -> Pair:
    given, family = _whole(source)
    letters = [f"{name[0]}." for name in given]
    short = [given[0], letters[1]] if number % 2 else letters
    return _said(given, family), _said(short, family)


def _second_surname_initial(source: random.Random, _: int) -> Pair:
    given, family = _whole(source)
    return _said(given, family), f"{_said(given, family[:1])} {family[1][0]}."


def _abbreviated(source: random.Random, number: int) -> Pair:
    first = list(SHORT)[number % len(SHORT)]
    family, second = _family(source), _other(source, MEN if first != "Maria" else WOMEN, [first])
    return _said([first, second], family), _said([SHORT[first], second], family)


def _nickname(source: random.Random, number: int) -> Pair:
    first, family = list(NICK)[number % len(NICK)], _family(source)
    return _said([first], family), _said([NICK[first]], family)


def _joined(source: random.Random, number: int) -> Pair:
    apart, joined = JOINED[number % len(JOINED)]
    given, family = _given(source), _family(source, 1)
    return f"{_said(given, [apart])} {family[0]}", f"{_said(given, [joined])} {family[0]}"


def _spelt(source: random.Random, number: int) -> Pair:
    left, right = SPELT[number % len(SPELT)]
    given, family = _given(source), _other(source, FAMILY, [left])
    return _said(given, [left, family]), _said(given, [right, family])


def _local(source: random.Random, number: int) -> Pair:
    left, right = LOCAL[number % len(LOCAL)]
    given, family = _given(source), _family(source, 1)
    return _said(given, [left, *family]), _said(given, [right, *family])


def _typing_error(source: random.Random, _: int) -> Pair:
    given, family = _whole(source)
    longest = max(family, key=len)
    at = source.randrange(1, len(longest) - 2)
    wrong = longest[:at] + longest[at + 1] + longest[at] + longest[at + 2 :]
    return _said(given, family), _said(
        given, [wrong if name == longest else name for name in family]
    )


def _joined_by_y(source: random.Random, _: int) -> Pair:
    given, family = _whole(source)
    return _said(given, family), f"{_said(given, family[:1])} y {family[1]}"


def _other_second_surname(source: random.Random, _: int) -> Pair:
    given, family = _whole(source)
    return _said(given, family), _said(given, [family[0], _other(source, FAMILY, family)])


def _other_first_surname(source: random.Random, _: int) -> Pair:
    given, family = _whole(source)
    return _said(given, family), _said(given, [_other(source, FAMILY, family), family[1]])


def _other_second_given(source: random.Random, _: int) -> Pair:
    given, family = _whole(source)
    pool = MEN if given[0] in MEN else WOMEN
    return _said(given, family), _said([given[0], _other(source, pool, given)], family)


def _sibling(source: random.Random, _: int) -> Pair:
    given, family = _whole(source)
    pool = [name for name in MEN + WOMEN if name not in given]
    return _said(given, family), _said(source.sample(pool, 2), family)


def _one_surname_in_common(source: random.Random, _: int) -> Pair:
    given, family = _given(source, 1), _family(source, 3)
    return _said(given, family[:2]), _said(given, family[1:])


def _near_surname(source: random.Random, number: int) -> Pair:
    left, right = NEAR[number % len(NEAR)]
    given, family = _given(source, 1), _other(source, FAMILY, [left, right])
    return _said(given, [left, family]), _said(
        given, [right, _other(source, FAMILY, [family, left])]
    )


def _same_surname_only(source: random.Random, _: int) -> Pair:
    family = _family(source, 1)
    return _said(_given(source), family), _said(_given(source), family)


def _firm(source: random.Random, number: int) -> tuple[str, str]:
    return source.choice(TRADES), BRANDS[number % len(BRANDS)]


FORMS = [("S.A.", "Sociedad Anónima"), ("S. de R.L.", "Sociedad de Responsabilidad Limitada"),
         ("Inc.", "Incorporated"), ("Corp.", "Corporation"), ("S.A.", "SA"), ("Inc.", ""), ("S.A.", "")]  # fmt: skip


def _firm_form(source: random.Random, number: int) -> Pair:
    trade, brand = _firm(source, number)
    left, right = FORMS[number % len(FORMS)]
    return f"{trade} {brand}, {left}", f"{trade.upper()} {brand.upper()} {right.upper()}".strip()


def _firm_glued(source: random.Random, number: int) -> Pair:
    trade, brand = _firm(source, number)
    return (
        f"{trade} {brand}, S.A.",
        f"{trade} {brand.replace(' ', '')} SA" if " " in brand else f"{trade}{brand} SA",
    )


def _firm_trade_short(source: random.Random, number: int) -> Pair:
    short = [("Compañía", "Cía."), ("Transportes", "Transp."), ("Hermanos", "Hnos."),
             ("Distribuidora", "Dist."), ("Internacional", "Intl.")]  # fmt: skip
    left, right = short[number % len(short)]
    brand, place = BRANDS[number % len(BRANDS)], source.choice(["Marina", "Portuaria", "Agricola"])
    return f"{left} {brand} {place}, S.A.", f"{right} {brand} {place}, S.A."


def _firm_other_brand(source: random.Random, number: int) -> Pair:
    trade, brand = _firm(source, number)
    return f"{trade} {brand}, S.A.", f"{trade} {BRANDS[(number + 5) % len(BRANDS)]}, S.A."


def _firm_number(source: random.Random, number: int) -> Pair:
    trade, brand = _firm(source, number)
    return f"{trade} {brand} II, S.A.", f"{trade} {brand} {source.choice(['III', 'IV'])}, S.A."


def _firm_country(source: random.Random, number: int) -> Pair:
    trade, brand = _firm(source, number)
    return (
        f"{trade} {brand} Panama, S.A.",
        f"{trade} {brand} {source.choice(['Colombia', 'Honduras', 'Mexico'])}, S.A.",
    )


SAME: dict[str, Rule] = {
    "second surname left out": _second_surname_left_out,
    "second given name left out": _second_given_left_out,
    "surnames first": _surnames_first,
    "married name": _married,
    "accents": _accents,
    "initials": _initials,
    "initial of the second surname": _second_surname_initial,
    "abbreviated given name": _abbreviated,
    "nickname": _nickname,
    "joined and apart": _joined,
    "spelling": _spelt,
    "indigenous, Antillean, Chinese": _local,
    "typing error": _typing_error,
    "joined by y": _joined_by_y,
    "firm: legal form": _firm_form,
    "firm: glued": _firm_glued,
    "firm: short trade word": _firm_trade_short,
}
OTHER: dict[str, Rule] = {
    "other second surname": _other_second_surname,
    "other first surname": _other_first_surname,
    "other second given name": _other_second_given,
    "sibling": _sibling,
    "one surname in common": _one_surname_in_common,
    "surname nearly alike": _near_surname,
    "one surname, other given names": _same_surname_only,
    "firm: other brand": _firm_other_brand,
    "firm: other number": _firm_number,
    "firm: other country": _firm_country,
}


def main() -> None:
    """Write the table; equal pairs are left out."""
    source, lines, seen = random.Random(507), [], set()
    for rules, same in ((SAME, "true"), (OTHER, "false")):
        for rule, make in rules.items():
            for number in range(PER_RULE if same == "true" else 2 * PER_RULE):
                left, right = make(source, number)
                if (left, right) not in seen:
                    seen.add((left, right))
                    kind = "organisation" if rule.startswith("firm") else "person"
                    lines.append((kind, left, right, same, rule))
    with OUT.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(("kind", "name1", "name2", "is_match", "rule"))
        table.writerows(lines)
    print(f"{len(lines)} pairs")


if __name__ == "__main__":
    main()
