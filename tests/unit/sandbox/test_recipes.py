from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.sandbox import recipes
from deploy.sandbox.recipes import Recipe


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    monkeypatch.setattr(recipes, "FOLDER", tmp_path)
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing" / "Dockerfile").write_text("FROM x\n")
    return Recipe("thing", "base")


def test_the_same_content_has_the_same_name(recipe: Recipe) -> None:
    first = recipes.reference(recipe, "base:1")

    assert first == recipes.reference(recipe, "base:1")
    assert first.startswith("slipway-sandbox/thing:")


def test_another_base_is_another_image(recipe: Recipe) -> None:
    assert recipes.reference(recipe, "base:1") != recipes.reference(recipe, "base:2")


def test_other_arguments_are_another_image(recipe: Recipe) -> None:
    other = Recipe("thing", "base", args={"PG": "15"})

    assert recipes.reference(recipe, "base:1") != recipes.reference(other, "base:1")


def test_a_ca_file_of_the_machine_makes_another_image(recipe: Recipe) -> None:
    plain = recipes.reference(recipe, "base:1")

    assert recipes.reference(recipe, "base:1", [b"ca/company.crt", b"..."]) != plain


def test_a_changed_file_is_another_image(recipe: Recipe) -> None:
    before = recipes.reference(recipe, "base:1")
    (recipe.path / "Dockerfile").write_text("FROM y\n")

    assert recipes.reference(recipe, "base:1") != before


def test_a_renamed_file_is_another_image(recipe: Recipe) -> None:
    (recipe.path / "a").write_text("same")
    before = recipes.reference(recipe, "base:1")
    (recipe.path / "a").rename(recipe.path / "b")

    assert recipes.reference(recipe, "base:1") != before


def test_a_file_made_executable_is_another_image(recipe: Recipe) -> None:
    script = recipe.path / "entry.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o644)
    before = recipes.reference(recipe, "base:1")
    script.chmod(0o755)

    assert recipes.reference(recipe, "base:1") != before


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_where_one_part_ends_matters(one: list[bytes], two: list[bytes]) -> None:
    assert (recipes.digest(one) == recipes.digest(two)) == (one == two)


def test_every_recipe_of_the_table_has_its_folder_and_its_base() -> None:
    for recipe in recipes.RECIPES:
        assert (recipe.path / "Dockerfile").is_file(), recipe.name
        assert recipe.base in recipes.SUITES or recipe.base in recipes.BY_NAME, recipe.name


def test_an_official_name_has_one_recipe_and_a_tag() -> None:
    names = [name for recipe in recipes.official() for name in recipe.official]

    assert len(set(names)) == len(names)
    assert all(name.count(":") == 1 for name in names)


def test_a_recipe_stands_in_for_one_repository() -> None:
    for recipe in recipes.official():
        assert len({name.split(":")[0] for name in recipe.official}) == 1, recipe.name


@pytest.mark.parametrize(
    ("name", "package"), [("s3", "localstack-core==4.14.0"), ("chroma", "chromadb==1.5.9")]
)
def test_the_packages_of_an_image_have_exact_versions(name: str, package: str) -> None:
    lines = (recipes.BY_NAME[name].path / "requirements.txt").read_text().splitlines()
    wanted = [line.partition(";")[0].strip() for line in lines]

    assert all(each.count("==") == 1 for each in wanted)
    assert package in wanted


def test_extras_are_made_for_those_who_ask() -> None:
    assert not {recipe.name for recipe in recipes.official()} & set(recipes.EXTRAS)
    assert [recipe.name for recipe in recipes.official(["mysql"])] == ["mysql"]
