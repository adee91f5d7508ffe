"""The variables of a Compose file, and the example that they become."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from init.strangers import built, facts, port

from deploy.init.variables import Variable, env_example, public, stand_ins, variables_of
from deploy.secrets.env_file import fill

WEB = {"web": built(ports=[port(80, 80)])}


def example(text: str, **more: Any) -> str:
    return env_example(facts(WEB, text, **more))[0]


def test_variables_are_found_with_their_defaults() -> None:
    text = "a: ${A} ${B:-b} ${C?say it} $D $$E $${F}\n# ${G}\nh: ${H-x} ${H} ${I:-${J:-j}}"

    assert variables_of(text) == (
        Variable("A"),
        Variable("B", "b"),
        Variable("C"),
        Variable("D"),
        Variable("H", "x"),
        Variable("I", "${J:-j}"),
        Variable("J", "j"),
    )


def test_compose_can_read_a_file_whose_variables_have_no_value() -> None:
    found = stand_ins([Variable("PORT"), Variable("DATA_DIR"), Variable("X", "x")], {"PORT": "81"})

    assert found == {"PORT": "81", "DATA_DIR": "./data"}


def test_secrets_are_made_anew() -> None:
    made = example("${POSTGRES_PASSWORD?} ${SECRET_KEY:-insecure} ${MODE:-web} ${DB_USER}")

    assert "# generate\nPOSTGRES_PASSWORD=\n" in made
    assert "# generate\nSECRET_KEY=\n" in made
    assert "\n#MODE=web\n" in made
    assert "\nDB_USER=shop\n" in made
    assert "POSTGRES_PASSWORD=\n" not in fill(made)


def test_a_default_that_stands_elsewhere_too_stays() -> None:
    made = example("p: ${DB_PASSWORD:-hunter2}\nurl: postgres://me:hunter2@db/x")

    assert "\n#DB_PASSWORD=hunter2\n" in made
    assert "generate\nDB_PASSWORD" not in made


def test_two_ends_of_one_connection_have_one_password() -> None:
    known = {"SQL_PASSWORD": "pw", "POSTGRES_PASSWORD": "pw", "URL": "postgres://u:pw@db/x"}
    names = {"web": ("URL", "SQL_PASSWORD"), "db": ("POSTGRES_PASSWORD",)}
    made = example("", env_files=names, examples=known)

    assert "# generate\nSQL_PASSWORD=\n" in made
    assert "\nPOSTGRES_PASSWORD=${SQL_PASSWORD}\n" in made
    assert "\nURL=postgres://u:${SQL_PASSWORD}@db/x\n" in made
    assert made.index("\nSQL_PASSWORD=") < made.index("\nURL=")


def test_the_name_of_the_server_is_among_the_allowed_hosts() -> None:
    known = {"ALLOWED_HOSTS": "localhost 127.0.0.1", "TRUSTED_HOSTS": "a,b"}
    made = example("${ALLOWED_HOSTS} ${TRUSTED_HOSTS}", examples=known)

    assert "\nALLOWED_HOSTS=localhost 127.0.0.1 staging.sandbox\n" in made
    assert "\nTRUSTED_HOSTS=a,b,staging.sandbox\n" in made


def test_what_somebody_else_gives_out_is_said_so() -> None:
    assert "# Somebody else gives it out" in example("${STRIPE_API_KEY}")


def test_only_plain_values_of_a_private_env_file_are_public() -> None:
    for name, value in [("DEBUG", "true"), ("PORT", "8080"), ("DB_USER", "shop")]:
        assert public(name, value)
    assert not public("DB_PASSWORD", "shop")
    assert not public("MY_PW", "letmein")
    assert not public("PIN", "1234")
    assert not public("DATABASE_URL", "postgres://shop:hunter2@db/shop")
    assert not public("BUILD", "9f86d081884c7d65")


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=60))
def test_any_text_has_variables_that_have_names(text: str) -> None:
    assert all(one.name.isidentifier() or one.name.isalnum() for one in variables_of(text))
