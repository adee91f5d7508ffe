"""What services say about themselves in `x-` keys arrives at the server's nginx."""

from workspace import Workspace


def test_the_balance_of_an_upstream_is_what_its_service_says(tiny: Workspace) -> None:
    compose = tiny.folder / "compose.yaml"
    tuned = '    x-upstream: { balance: least_conn, keepalive: 8 }\n    expose: ["8000"]\n'
    compose.write_text(compose.read_text().replace('    expose: ["8000"]\n', tuned))
    ended = tiny.deploy("v1", REPLICAS="2")
    assert ended.code == 0, ended.all
    nginx = tiny.replicas("nginx")[0]
    running = tiny.on_server(f"docker exec {nginx} nginx -T 2>/dev/null")
    upstream = running.partition("upstream web {")[2].partition("}")[0]
    assert "least_conn;" in upstream
    assert "keepalive 8;" in upstream
    assert upstream.count("server ") == 2
