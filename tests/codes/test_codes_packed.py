"""The packed lists are the bytes the manifest vouches for, and a damaged one is refused."""

from __future__ import annotations

import doctest
import gzip
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from esclusa.codes import packed
from esclusa.errors import ConfigError, EsclusaError

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(packed.manifest())

ROWS = {
    "unlocode": 115_928, "hs": 6_936, "hs_section": 21, "country": 250, "country_name": 437,
    "undg": 2_369, "package": 347, "mid": 290, "port": 3_766, "uncl_1001": 830, "uncl_3035": 633,
    "uncl_3227": 324, "icao_9303": 30, "country_variant": 230, "size_type": 42,
    "coast": 1_779,
}  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the data folder to damage."""
    return Path(shutil.copytree(packed.DATA, tmp_path / "data"))


class TestManifest:
    def test_every_list_has_the_published_number_of_rows(self):
        assert {name: entry.rows for name, entry in packed.manifest().items()} == ROWS

    @pytest.mark.parametrize("name", NAMES)
    def test_file_and_text_have_their_hashes(self, name):
        entry = packed.manifest()[name]
        data = (packed.DATA / entry.file).read_bytes()
        text = gzip.decompress(data) if entry.file.endswith(".gz") else data
        assert hashlib.sha256(data).hexdigest() == entry.sha256
        assert hashlib.sha256(text).hexdigest() == entry.content_sha256

    @pytest.mark.parametrize("name", NAMES)
    def test_every_row_has_the_columns_named(self, name):
        entry = packed.manifest()[name]
        lines = packed.read(name)
        assert len(lines) == entry.rows
        assert {line.count("\t") for line in lines} == {len(entry.columns) - 1}

    @pytest.mark.parametrize("name", NAMES)
    def test_edition_origin_licence_and_titles_are_stated(self, name):
        entry = packed.manifest()[name]
        stated = (entry.edition, entry.origin, entry.licence, entry.title_en, entry.title_es)
        assert all(stated) and entry.refresh

    @pytest.mark.parametrize("name", NAMES)
    def test_a_licence_that_asks_for_a_notice_has_one(self, name):
        entry = packed.manifest()[name]
        asks = (
            entry.licence.startswith(("MIT", "CC-BY", "Apache", "ISC"))
            and "by hand" not in entry.origin
        )
        assert bool(entry.attribution) == asks

    def test_nothing_in_the_folder_is_unlisted(self):
        listed = {entry.file for entry in packed.manifest().values()} | {packed.MANIFEST, "NOTICE"}
        assert {file.name for file in packed.DATA.iterdir()} == listed

    def test_the_examples_on_the_page_run(self):
        page = str(ROOT / "docs" / "code-lists.md")
        failed, tried = doctest.testfile(page, module_relative=False, encoding="utf-8")
        assert tried >= 8 and failed == 0

    def test_all_lists_together_stay_small(self):
        assert sum(file.stat().st_size for file in packed.DATA.iterdir()) < 3_000_000

    def test_the_page_on_code_lists_names_every_list_with_rows_and_edition(self):
        page = (ROOT / "docs" / "code-lists.md").read_text("utf-8")
        for name, entry in packed.manifest().items():
            line = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
            assert f"{entry.rows:,}" in line and entry.edition in line

    @pytest.mark.parametrize("file", [ROOT / "docs" / "code-lists.md", packed.DATA / "NOTICE"])
    def test_the_page_and_the_notice_beside_the_data_carry_every_notice(self, file):
        page = " ".join(file.read_text("utf-8").split())
        for entry in packed.manifest().values():
            assert entry.attribution in page


class TestDamage:
    @pytest.mark.parametrize("name", NAMES)
    def test_one_changed_byte_is_refused(self, name, copy):
        file = copy / packed.manifest()[name].file
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        with pytest.raises(ConfigError, match=f"code list '{name}'.*damaged"):
            packed.read(name, copy)

    def test_a_truncated_file_is_refused(self, copy):
        file = copy / "hs.tsv.gz"
        file.write_bytes(file.read_bytes()[:1000])
        with pytest.raises(ConfigError, match="damaged"):
            packed.read("hs", copy)

    def test_a_missing_file_is_named(self, copy):
        (copy / "mid.tsv.gz").unlink()
        with pytest.raises(ConfigError, match=r"mid\.tsv\.gz cannot be read"):
            packed.read("mid", copy)

    def test_a_missing_manifest_is_named(self, tmp_path):
        with pytest.raises(ConfigError, match=r"manifest\.json cannot be read"):
            packed.read("mid", tmp_path)

    @pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"mid": {}}', b"\xff"])
    def test_a_damaged_manifest_is_refused(self, text, tmp_path):
        (tmp_path / packed.MANIFEST).write_bytes(text)
        with pytest.raises(ConfigError, match="not a manifest"):
            packed.manifest(tmp_path)

    def test_an_unknown_list_is_named(self):
        with pytest.raises(ConfigError, match=r"'tariff' is not in manifest\.json"):
            packed.read("tariff")

    def test_the_error_is_one_of_the_family(self):
        assert issubclass(ConfigError, EsclusaError)


class TestPackingTool:
    def test_lists_kept_by_hand_are_already_taken_up(self, tmp_path):
        shutil.copytree(ROOT / "tools", tmp_path / "tools")
        data = tmp_path / "src" / "esclusa" / "codes" / "data"
        shutil.copytree(packed.DATA, data)
        before = {file.name: file.read_bytes() for file in data.iterdir()}
        tool = tmp_path / "tools" / "pack_codes.py"
        subprocess.run([sys.executable, str(tool)], check=True, capture_output=True)
        assert {file.name: file.read_bytes() for file in data.iterdir()} == before

    def test_an_edit_changes_count_and_hash(self, tmp_path):
        shutil.copytree(ROOT / "tools", tmp_path / "tools")
        data = tmp_path / "src" / "esclusa" / "codes" / "data"
        shutil.copytree(packed.DATA, data)
        with (data / "country_variant.tsv").open("a", encoding="utf-8") as stream:
            stream.write("PA\ten\tPanama Republic (old spelling)\n")
        tool = tmp_path / "tools" / "pack_codes.py"
        subprocess.run([sys.executable, str(tool)], check=True, capture_output=True)
        manifest = msgspec.json.decode((data / packed.MANIFEST).read_bytes())
        assert manifest["country_variant"]["rows"] == ROWS["country_variant"] + 1
        assert packed.read("country_variant", data)[-1].startswith("PA\ten\tPanama Republic")


class TestFirstUse:
    def test_importing_the_room_loads_no_list_and_no_submodule(self):
        program = (
            "import sys, esclusa.codes\n"
            "print([m for m in sys.modules if m.startswith('esclusa.codes.')"
            " or m in ('msgspec', 'numpy', 'gzip')])"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        )
        assert done.stdout.strip() == "[]"

    def test_a_name_that_is_no_submodule_is_an_attribute_error(self):
        import esclusa.codes

        with pytest.raises(AttributeError, match="tariff"):
            _ = esclusa.codes.tariff
