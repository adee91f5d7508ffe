"""Two may work on one environment at once: one of them does, and the other is told."""

from backups_come_back.large import LARGE
from backups_come_back.shop import KEY, Shop
from running import Running
from stage import wait_until

AT_WORK = ("works on the snapshots here since", "wait until that run has ended")


def test_a_second_backup_is_told_who_is_at_work(shop: Shop) -> None:
    shop.sql(LARGE)
    whole = shop.backup()
    with shop.locked("large") as release:
        first = Running(shop, "backup")
        wait_until(lambda: bool(shop.dumps()))
        shop.refused(shop.inv("backup"), *AT_WORK)
        shop.refused(shop.restore(), *AT_WORK)
        shop.refused(shop.inv("backup.drill", "--key", KEY), *AT_WORK)
        release()
        ended = first.ends()
    assert ended.code == 0, ended.all
    following = shop.listed()[0]["id"]
    assert [one["id"] for one in shop.listed()] == [following, whole]
    assert not shop.strays(following, whole)
    shop.assert_tidy()


def test_a_deploy_during_a_backup_is_told_and_changes_nothing(shop: Shop) -> None:
    shop.sql(LARGE)
    before = shop.current()
    with shop.locked("large") as release:
        first = Running(shop, "backup")
        wait_until(lambda: bool(shop.dumps()))
        shop.refused(shop.deploy(shop.next_tag()), *AT_WORK)
        assert shop.current() == before
        shop.release(shop.next_tag(), "--no-backup")
        release()
        ended = first.ends()
    assert ended.code == 0, ended.all
    assert shop.serving() == shop.tag


def test_a_backup_during_a_deploy(shop: Shop) -> None:
    tag = shop.next_tag()
    deploy = Running(shop, "deploy", "--env", shop.env, "--tag", tag)
    deploy.says("done  back up")
    shop.backup()
    ended = deploy.ends()
    assert ended.code == 0, ended.all
    assert shop.serving() == tag
    shop.assert_tidy()
