"""What a release brings along is where its containers look for it, whatever it is called."""

from workspace import Workspace

HTPASSWD, SIZE, SECURITY = ".htpasswd", "größe 😀.conf", ".well-known/security.txt"
NGINX, WEB = "      - ./nginx.conf:/etc/nginx/nginx.conf:ro\n", '    expose: ["8000"]\n'


def test_it_arrives_changes_and_comes_back(tiny: Workspace) -> None:
    compose = tiny.folder / "compose.yaml"
    (tiny.folder / ".well-known").mkdir()
    mounts = "".join(f'      - "./{name}:/srv/{name}:ro"\n' for name in (HTPASSWD, SIZE))
    mounts += "      - ./.well-known:/srv/.well-known:ro\n"
    given = "    configs: [{ source: words, target: /run/words, mode: 0555 }]\n"
    words = "configs:\n  words: { content: '${WORDS} 😀' }\n"
    text = compose.read_text().replace(NGINX, NGINX + mounts).replace(WEB, WEB + given)
    text = text.replace("  nginx:\n", '  nginx:\n    expose: ["9113"]\n')
    compose.write_text(text + words)
    for name in (HTPASSWD, SIZE, SECURITY):
        (tiny.folder / name).write_text(name)

    ended = tiny.deploy("v1", WORDS="first")
    assert ended.code == 0, ended.all
    (nginx,) = tiny.replicas("nginx")
    for name in (HTPASSWD, SIZE, SECURITY):
        assert tiny.on_server(f"docker exec {nginx} cat '/srv/{name}'") == name

    for verb, said in (("deploy", "second"), ("rollback", "first")):
        ended = (
            tiny.deploy("v1", WORDS=said)
            if verb == "deploy"
            else tiny.inv(verb, "--env", "staging")
        )
        assert ended.code == 0, ended.all
        (web,) = tiny.replicas("web")
        found = tiny.on_server(f"docker exec {web} sh -c 'cat /run/words; stat -c %a /run/words'")
        assert found.split() == [said, "😀555"]
