"""Look-ups in the code lists: spot values of each edition, forms accepted, reasons given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.codes import country, hs, mid, package, port, size_type, uncl, undg, unlocode

LISTS = [unlocode, hs, undg, package, country, size_type]


class TestEveryList:
    @pytest.mark.parametrize("module", LISTS)
    @given(text=st.text())
    def test_no_text_makes_it_raise_and_verdict_agrees_with_reason(self, module, text):
        assert module.is_valid(text) == (module.fault(text) == "")

    @pytest.mark.parametrize("module", LISTS)
    @given(text=st.text())
    def test_normal_form_is_final_and_has_the_same_verdict(self, module, text):
        normal = module.normalise(text)
        assert module.normalise(normal) == normal
        assert module.is_valid(normal) == module.is_valid(text)

    @given(text=st.text())
    def test_look_ups_answer_none_for_what_they_do_not_have(self, text):
        for answer in (mid.get, port.get, port.by_locode, uncl.document, uncl.party_role):
            found = answer(text)
            assert found is None or text.strip()


class TestPlacesUnlocode:
    def test_a_port_with_its_position(self):
        colon = unlocode.get("PAONX")
        assert colon is not None
        assert (colon.name, colon.plain_name, colon.country) == ("Colón", "Colon", "PA")
        assert colon.is_port
        assert (colon.lat, colon.lon) == pytest.approx((9.35, -79.8667), abs=1e-4)

    @pytest.mark.parametrize(
        ("code", "plain_name"),
        [
            ("NLRTM", "Rotterdam"),
            ("CNSHG", "Shanghai Pt"),
            ("ESALG", "Algeciras"),
            ("COCTG", "Cartagena"),
        ],
    )
    def test_spot_values(self, code, plain_name):
        found = unlocode.get(code)
        assert found is not None and found.plain_name == plain_name

    def test_a_town_with_two_names_is_one_place(self):
        brussels = unlocode.get("BEBRU")
        assert brussels is not None and brussels.other_names
        assert brussels.name not in brussels.other_names

    def test_an_entry_that_leaves_the_list_is_known_and_says_so(self):
        leaving = [place for place in unlocode.all_places() if place.leaving]
        assert len(leaving) == 35
        assert all(unlocode.known(place.code) for place in leaving)

    def test_the_form_asked_first_does_not_matter(self):
        first = unlocode.get("nl rtm")
        assert first is not None and first is unlocode.get("NLRTM") is unlocode.get("nlrtm")

    @pytest.mark.parametrize("text", ["paonx", "PA ONX", "PA-ONX"])
    def test_case_and_separators_are_accepted(self, text):
        assert unlocode.get(text) is unlocode.get("PAONX")
        assert unlocode.known(text)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("PAZZZ", "not in UN/LOCODE 2023-2"),
            ("PA01X", "two letters"),
            ("PANAMA", "two letters"),
            ("", "two letters"),
        ],
    )
    def test_the_reason_tells_form_from_unknown(self, text, reason):
        assert reason in unlocode.fault(text)

    @pytest.mark.parametrize(
        ("text", "lat", "lon"),
        [("0921N 07954W", 9.35, -79.9), ("3352S 15112E", -33.8667, 151.2), ("0000N 00000E", 0, 0)],
    )
    def test_positions_are_degrees_and_minutes(self, text, lat, lon):
        assert unlocode.position(text) == pytest.approx((lat, lon), abs=1e-4)

    @pytest.mark.parametrize("text", ["", "9999N 00000E", "0921N", "0921X 07954W", "0921N 18100W"])
    def test_a_position_off_the_globe_or_off_the_form_is_none(self, text):
        assert unlocode.position(text) is None

    def test_all_positions_are_on_the_globe_and_most_places_have_one(self):
        places = unlocode.all_places()
        placed = [p for p in places if p.lat is not None and p.lon is not None]
        assert all(abs(p.lat) <= 90 and abs(p.lon) <= 180 for p in placed)
        assert len(placed) / len(places) > 0.75


class TestGoodsHs2022:
    def test_a_subheading_with_the_lines_above_it(self):
        bananas = hs.get("080390")
        assert bananas is not None
        assert "bananas" in bananas.text.lower()
        assert (bananas.chapter, bananas.heading, bananas.section) == ("08", "0803", "II")
        assert bananas.heading_text.startswith("Bananas")
        assert bananas.chapter_text.startswith("Fruit")
        assert (bananas.section_text, bananas.edition) == ("Vegetable products", "2022")

    def test_the_edition_has_its_published_size(self):
        sizes = [len(line.code) for line in hs.all_lines()]
        assert (sizes.count(2), sizes.count(4), sizes.count(6)) == (96, 1_228, 5_612)

    def test_every_line_hangs_on_a_heading_a_chapter_and_a_section(self):
        for line in hs.all_lines():
            assert line.chapter_text and line.section_text
            assert (line.heading_text != "") == (len(line.code) > 2)

    def test_a_national_code_falls_under_its_subheading(self):
        found = hs.find("0803.90.11.00")
        assert found is not None and found.code == "080390"

    def test_a_code_unknown_at_six_digits_falls_under_its_heading(self):
        found = hs.find("080399")
        assert found is not None and found.code == "0803"
        assert hs.fault("080399").endswith("0803 is")

    @pytest.mark.parametrize("text", ["08", "0803", "080390", "08039011", "0803.90"])
    def test_two_four_and_six_digits_or_more_are_known(self, text):
        assert hs.is_valid(text) and hs.known(text)

    @given(st.text("0123456789", max_size=14))
    def test_a_declared_code_falls_under_the_deepest_line_that_starts_it(self, text):
        fits = len(text) in (2, 4) or 6 <= len(text) <= 12
        lines = [line for line in (hs.get(text[:n]) for n in (6, 4, 2)) if line]
        assert hs.find(text) == (lines[0] if fits and lines else None)

    @pytest.mark.parametrize("text", ["", "8", "080", "08039", "0803A0", "0" * 13, "０８０３"])
    def test_other_forms_are_refused(self, text):
        assert "digits" in hs.fault(text)

    def test_chapters_98_and_99_belong_to_each_country(self):
        assert hs.fault("980100") == "" and not hs.known("980100")

    def test_chapter_77_is_kept_free(self):
        assert "not in the Harmonized System 2022" in hs.fault("770100")
        assert hs.find("770100") is None


class TestCountries:
    @pytest.mark.parametrize(
        ("alpha2", "alpha3", "numeric", "english", "spanish"),
        [
            ("PA", "PAN", "591", "Panama", "Panamá"),
            ("DE", "DEU", "276", "Germany", "Alemania"),
            ("KP", "PRK", "408", "North Korea", "Corea del Norte"),
            ("US", "USA", "840", "United States", "Estados Unidos"),
        ],
    )
    def test_codes_and_names(self, alpha2, alpha3, numeric, english, spanish):
        found = country.by_alpha2(alpha2)
        assert found is not None
        assert country.by_alpha3(alpha3) is country.by_numeric(numeric) is found
        assert (found.name_en, found.name_es) == (english, spanish)
        assert (country.name(alpha2), country.name(alpha3, "es")) == (english, spanish)

    def test_iso_3166_has_249_and_kosovo_is_added(self):
        codes = {entry.alpha2 for entry in country.all_countries()}
        assert len(codes) == 250 and "XK" in codes
        assert all(entry.name_en and entry.name_es for entry in country.all_countries())

    @pytest.mark.parametrize(
        ("name", "alpha2"),
        [
            ("Democratic People's Republic of Korea", "KP"),
            ("Korea, Democratic People’s Republic of", "KP"),
            ("República Popular Democrática de Corea", "KP"),
            ("Korea, South", "KR"),
            ("Republic of Korea", "KR"),
            ("Iran (Islamic Republic of)", "IR"),
            ("IRAN, ISLAMIC REPUBLIC OF", "IR"),
            ("Russian Federation", "RU"),
            ("Federación de Rusia", "RU"),
            ("Syrian Arab Republic", "SY"),
            ("Congo, Democratic Republic of the", "CD"),
            ("Congo (Brazzaville)", "CG"),
            ("Congo", "CG"),
            ("Cote d Ivoire", "CI"),
            ("Côte d'Ivoire", "CI"),
            ("U.S.A.", "US"),
            ("EE.UU.", "US"),
            ("The Gambia", "GM"),
            ("St. Kitts & Nevis", "KN"),
            ("Burma", "MM"),
            ("Turkey", "TR"),
            ("Türkiye", "TR"),
            ("Emiratos Árabes Unidos", "AE"),
            ("España", "ES"),
            ("PANAMA", "PA"),
            ("Venezuela, Bolivarian Republic of", "VE"),
            ("Taiwan, Province of China", "TW"),
            ("China, People's Republic of", "CN"),
        ],
    )
    def test_names_as_sanction_lists_and_manifests_write_them(self, name, alpha2):
        found = country.by_name(name)
        assert found is not None and found.alpha2 == alpha2

    def test_no_name_stands_for_two_countries(self):
        for alpha2, name in country.names():
            found = country.by_name(name)
            assert found is not None and found.alpha2 == alpha2, name

    @pytest.mark.parametrize(
        "name", ["", "the", "Atlantis", "Korea", "Guinea Ecuador", "-0-", "Virgin Islands"]
    )
    def test_nothing_is_guessed(self, name):
        assert country.by_name(name) is None

    def test_guinea_is_not_its_neighbours(self):
        names = ["Guinea", "Guinea-Bissau", "Equatorial Guinea", "Papua New Guinea"]
        found = [country.by_name(name) for name in names]
        assert [entry.alpha2 for entry in found if entry] == ["GN", "GW", "GQ", "PG"]

    @pytest.mark.parametrize("text", ["PA", "pa", "PAN", "Panamá", "Republic of Panama"])
    def test_find_takes_whatever_a_sender_put(self, text):
        found = country.find(text)
        assert found is not None and found.alpha2 == "PA"

    def test_find_takes_letters_that_are_a_name_only(self):
        found = country.find("UK")
        assert found is not None and found.alpha2 == "GB"

    @given(st.text())
    def test_any_text_is_answered(self, text):
        assert country.find(text) is None or text.strip()
        assert country.name(text) == "" or country.known(text)
        assert country.by_icao(text) is None or text.strip()

    def test_an_unknown_code_has_no_name_and_a_reason(self):
        assert country.name("ZZ") == ""
        assert "ISO 3166-1" in country.fault("ZZ")


class TestTravelDocumentCodesDoc9303Part3Section5:
    def test_every_country_is_an_issuer_under_its_three_letters(self):
        for state in country.all_countries():
            found = country.by_icao(state.alpha3)
            assert found is not None
            assert (found.code, found.kind, found.alpha2) == (state.alpha3, "state", state.alpha2)
            assert country.by_icao(f"{state.alpha3.lower()}<") is found

    @pytest.mark.parametrize(
        ("code", "kind", "alpha2"),
        [
            ("D<<", "state", "DE"),
            ("D", "state", "DE"),
            ("DEU", "state", "DE"),
            ("PAN", "state", "PA"),
            ("GBD", "nationality", "GB"),
            ("GBN", "nationality", "GB"),
            ("RKS", "state", "XK"),
            ("EUE", "organisation", ""),
            ("UNO", "organisation", ""),
            ("XPO", "organisation", ""),
            ("XOM", "organisation", ""),
            ("XXA", "person", ""),
            ("XXX", "person", ""),
            ("UTO", "specimen", ""),
        ],
    )
    def test_codes_and_what_stands_behind_them(self, code, kind, alpha2):
        found = country.by_icao(code)
        assert found is not None
        assert (found.kind, found.alpha2) == (kind, alpha2)
        assert found.name_en and found.name_es

    def test_every_code_beside_iso_3166_is_there(self):
        codes = "GBD GBN GBO GBP GBS UNO UNA UNK XOM XXA XXB XXC XXX EUE UTO XPO XBA XIM XCC XCE"
        assert all(country.by_icao(code) for code in f"{codes} XCO XEC XES XMP XDC RKS".split())

    def test_none_of_them_is_an_iso_code(self):
        assert country.by_alpha3("XXA") is None and country.by_alpha3("D") is None

    @pytest.mark.parametrize("code", ["", "<<<", "ZZZ", "XX"])
    def test_others_are_unknown(self, code):
        assert country.by_icao(code) is None


class TestDangerousGoods:
    @pytest.mark.parametrize("text", ["1203", "UN1203", "un 1203", "UN-1203", "ONU 1203"])
    def test_gasoline(self, text):
        found = undg.get(text)
        assert found is not None
        assert (found.number, found.name.split(" [")[0]) == ("1203", "Gasoline")

    def test_numbers_of_the_united_states_keep_their_letters(self):
        assert undg.known("NA1993") and undg.known("1993")
        assert undg.get("NA1993") is not undg.get("1993")

    def test_no_markup_is_left_in_names(self):
        assert all("<" not in good.name for good in map(undg.get, ["3480", "1057", "1203"]) if good)

    @pytest.mark.parametrize("text", ["", "123", "12034", "UN", "12O3"])
    def test_other_forms_are_refused(self, text):
        assert "four digits" in undg.fault(text)

    def test_an_unknown_number_is_named(self):
        assert "9999 is not in" in undg.fault("9999")


class TestMaritimeIdentificationDigits:
    @pytest.mark.parametrize(
        ("digits", "flag"),
        [("351", "PA"), ("636", "LR"), ("538", "MH"), ("224", "ES"), ("303", "US"), ("477", "HK")],
    )
    def test_flags(self, digits, flag):
        assert mid.flag(digits) == flag

    def test_panama_has_most_digits(self):
        assert mid.digits_of("PA") == (
            "351", "352", "353", "354", "355", "356", "357", "370", "371", "372", "373", "374",
        )  # fmt: skip

    def test_unallocated_digits_have_no_flag(self):
        assert mid.flag("299") == mid.flag("") == ""

    def test_every_flag_is_a_country(self):
        assert all(country.by_alpha2(mid.flag(str(d))) for d in range(200, 800) if mid.flag(str(d)))


class TestPorts:
    def test_by_locode(self):
        found = port.by_locode("PAONX")
        assert found is not None
        assert (found.name, found.country) == ("Puerto Colon", "PA")

    def test_a_locode_without_a_port_takes_the_place_of_the_town(self):
        assert port.by_locode("BOLPB") is None
        assert port.position("BOLPB") == (-16.5, -68.15)
        assert port.position("ZZZZZ") is None

    def test_the_port_is_taken_before_the_town(self):
        found = port.by_locode("PAONX")
        assert found is not None and port.position("PAONX") == (found.lat, found.lon)

    def test_near_the_atlantic_entrance_of_the_canal(self):
        found = port.near(9.35, -79.91)
        assert [p.country for _, p in found][:2] == ["PA", "PA"]
        assert found == sorted(found, key=lambda pair: pair[0])

    @given(st.floats(-90, 90), st.floats(-360, 360), st.floats(0, 2_000), st.integers(1, 8))
    def test_near_equals_measuring_every_port(self, lat, lon, within, limit):
        found = port.near(lat, lon, within_km=within, limit=limit)
        measured = ((port.distance_km(lat, lon, p.lat, p.lon), p.number) for p in port.all_ports())
        nearest = sorted(pair for pair in measured if pair[0] <= within)[:limit]
        assert [(d, p.number) for d, p in found] == nearest

    def test_the_search_crosses_the_date_line(self):
        east = {p.number for _, p in port.near(-17.0, 179.99, within_km=300, limit=50)}
        west = {p.number for _, p in port.near(-17.0, -180.01, within_km=300, limit=50)}
        assert east == west != set()

    @pytest.mark.parametrize(
        "lat,lon", [(91.0, 0.0), (float("nan"), 0.0), (0.0, float("inf")), (0.0, 400.0)]
    )
    def test_a_position_off_the_globe_has_no_port(self, lat, lon):
        assert port.near(lat, lon) == []

    def test_a_degree_along_a_meridian_is_111_kilometres(self):
        assert port.distance_km(0, 0, 1, 0) == pytest.approx(111.195, abs=0.001)
        assert port.distance_km(0, 0, 0, 180) == pytest.approx(20_015.1, abs=0.1)

    def test_nine_of_ten_ports_have_a_country_and_a_unlocode(self):
        ports = port.all_ports()
        assert sum(bool(p.country) for p in ports) > 0.99 * len(ports)
        assert sum(unlocode.known(p.locode) for p in ports if p.locode) > 0.85 * len(ports)


class TestManifestCodes:
    def test_documents_parties_places_and_packages(self):
        found = [uncl.document("705"), uncl.party_role("CN"), uncl.place_role("9")]
        assert [code.name for code in found if code] == [
            "Bill of lading", "Consignee", "Place of loading",
        ]  # fmt: skip
        carton, box = package.get("CT"), package.get("4G")
        assert carton is not None and carton.name == "Carton"
        assert box is not None and "fibreboard" in box.name.lower()

    def test_unknown_codes_are_none_and_the_package_has_a_reason(self):
        assert uncl.document("99999") is None
        assert "Recommendation 21" in package.fault("QQQ")

    def test_the_edition_is_stated(self):
        assert uncl.edition() == "D.24A"


class TestContainerSizeType:
    def test_a_high_cube_reefer(self):
        found = size_type.get("45R1")
        assert found is not None
        assert (found.length_mm, found.group) == (12_192, "R")
        assert "2895 mm high" in found.size_en and "thermal" in found.type_en
        assert "2895 mm de alto" in found.size_es and "térmico" in found.type_es

    @pytest.mark.parametrize(
        "code", ["22G1", "42G1", "L5G1", "22T6", "42U1", "45P3", "4532", "2210", "22GP"]
    )
    def test_codes_seen_every_day_are_valid(self, code):
        assert size_type.is_valid(code)

    @pytest.mark.parametrize(
        ("code", "reason"),
        [
            ("45", "form"),
            ("", "form"),
            ("62G1", "length"),
            ("43G1", "height"),
            ("42X1", "type"),
            ("9510", "length"),
        ],
    )
    def test_the_reason_names_the_part(self, code, reason):
        assert reason in size_type.fault(code)
