"""What is told of a migration when the deploy around it fails."""

from deploy.rollout.steps import Migrate, Pause, remains

MIGRATE = Migrate("web", ("migrate",), 60)
PAUSE = Pause(1)


def test_a_migration_that_ran_is_told() -> None:
    told = ["the migration has run and is not undone"]
    assert remains([MIGRATE, PAUSE], cut_off=False) == told
    assert remains([MIGRATE, PAUSE], cut_off=True) == told


def test_a_migration_that_was_not_heard_of_again_may_have_run() -> None:
    assert remains([PAUSE, MIGRATE], cut_off=True) == ["the migration may have run"]


def test_a_migration_that_failed_tells_itself() -> None:
    assert remains([PAUSE, MIGRATE], cut_off=False) == []


def test_other_steps_leave_nothing() -> None:
    assert remains([], cut_off=True) == remains([PAUSE, PAUSE], cut_off=True) == []
